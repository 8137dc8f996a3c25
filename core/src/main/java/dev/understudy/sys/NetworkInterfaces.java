package dev.understudy.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The interfaces of this process's network namespace, those without an address included, which
 * {@link java.net.NetworkInterface} does not list.
 */
public final class NetworkInterfaces {
    /** The name that stands for all interfaces at once. */
    public static final String ANY = "any";

    private NetworkInterfaces() {}

    /** Their names, in the order of their indices. */
    public static List<String> names() {
        try (Arena arena = Arena.ofConfined()) {
            return LibC.interfaceNames(arena.allocate(LibC.CALL_STATE));
        }
    }

    /**
     * The index the kernel knows an interface by; 0 for {@link #ANY}.
     *
     * @throws SystemCallException with ENODEV if there is none of that name; it lists those there
     *     are
     */
    public static int index(String name) throws SystemCallException {
        if (name.equals(ANY)) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(LibC.CALL_STATE);
            int index = LibC.interfaceIndex(arena, state, name);
            if (index == 0) {
                throw noSuch(name);
            }
            return index;
        }
    }

    static SystemCallException noSuch(String name) {
        return new SystemCallException(
                "no such interface '" + name + "'",
                Errno.ENODEV,
                "there are: " + String.join(", ", names()) + "; or 'any' for all");
    }
}
