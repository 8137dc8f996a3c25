package dev.understudy.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The C library's functions that we call. Those that set errno write it to a segment of {@link
 * #CALL_STATE} that the caller brings, since the JVM may overwrite errno before Java reads it.
 */
@SuppressWarnings("restricted") // linking to C is what this class is for
final class LibC {
    static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();

    /** Longest text of strerror that we look at, in bytes. */
    private static final int MAX_ERROR_TEXT_BYTES = 256;

    /** Longest interface name, its zero included (IFNAMSIZ). */
    private static final int INTERFACE_NAME_BYTES = 16;

    private static final long INTERFACE_ENTRY_BYTES = 16;

    /** Interfaces listed in a message. */
    private static final long MAX_INTERFACES = 4096;

    private static final VarHandle ERRNO =
            CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker LINKER = Linker.nativeLinker();

    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE =
            link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            link(
                    "setsockopt",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            link(
                    "getsockopt",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle BIND =
            link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle POLL =
            link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle RECVMMSG =
            link(
                    "recvmmsg",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MMAP =
            link(
                    "mmap",
                    FunctionDescriptor.of(
                            JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG));
    private static final MethodHandle MUNMAP =
            link("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle IF_NAMETOINDEX =
            link("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle IF_NAMEINDEX =
            link("if_nameindex", FunctionDescriptor.of(ADDRESS));
    private static final MethodHandle IF_FREENAMEINDEX =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("if_freenameindex"),
                    FunctionDescriptor.ofVoid(ADDRESS));
    private static final MethodHandle STRERROR =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("strerror"),
                    FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private LibC() {}

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                descriptor,
                Linker.Option.captureCallState("errno"));
    }

    /** What the last call that failed left in {@code state}. */
    static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    static String errorText(int errno) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(MAX_ERROR_TEXT_BYTES).getString(0);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int socket(MemorySegment state, int family, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(state, family, type, protocol);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int close(MemorySegment state, int fd) {
        try {
            return (int) CLOSE.invokeExact(state, fd);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int setsockopt(MemorySegment state, int fd, int level, int name, MemorySegment value) {
        try {
            return (int)
                    SETSOCKOPT.invokeExact(state, fd, level, name, value, (int) value.byteSize());
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** {@code length} holds the bytes of {@code value}, and afterwards the bytes filled. */
    static int getsockopt(
            MemorySegment state,
            int fd,
            int level,
            int name,
            MemorySegment value,
            MemorySegment length) {
        try {
            return (int) GETSOCKOPT.invokeExact(state, fd, level, name, value, length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int bind(MemorySegment state, int fd, MemorySegment address) {
        try {
            return (int) BIND.invokeExact(state, fd, address, (int) address.byteSize());
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int poll(MemorySegment state, MemorySegment pollfds, long count, int timeoutMillis) {
        try {
            return (int) POLL.invokeExact(state, pollfds, count, timeoutMillis);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** How many of the {@code count} messages were filled; does not wait for a time. */
    static int recvmmsg(MemorySegment state, int fd, MemorySegment messages, int count, int flags) {
        try {
            return (int)
                    RECVMMSG.invokeExact(state, fd, messages, count, flags, MemorySegment.NULL);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** The mapping, or {@link MemorySegment#NULL}; it lives until {@link #munmap}. */
    static MemorySegment mmap(MemorySegment state, long length, int protection, int flags, int fd) {
        try {
            long address =
                    (long)
                            MMAP.invokeExact(
                                    state, MemorySegment.NULL, length, protection, flags, fd, 0L);
            return address == -1
                    ? MemorySegment.NULL
                    : MemorySegment.ofAddress(address).reinterpret(length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int munmap(MemorySegment state, MemorySegment mapping) {
        try {
            return (int) MUNMAP.invokeExact(state, mapping, mapping.byteSize());
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** The index, or 0. */
    static int interfaceIndex(Arena arena, MemorySegment state, String name) {
        try {
            return (int) IF_NAMETOINDEX.invokeExact(state, arena.allocateFrom(name));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** The names of all interfaces, in the order of their indices. */
    static List<String> interfaceNames(MemorySegment state) {
        try {
            MemorySegment start = (MemorySegment) IF_NAMEINDEX.invokeExact(state);
            if (start.equals(MemorySegment.NULL)) {
                return List.of();
            }
            List<String> names = new ArrayList<>();
            // struct if_nameindex { unsigned if_index; char *if_name; }, ended by a zero index.
            MemorySegment entries = start.reinterpret(MAX_INTERFACES * INTERFACE_ENTRY_BYTES);
            for (long at = 0;
                    at < entries.byteSize() && entries.get(JAVA_INT, at) != 0;
                    at += INTERFACE_ENTRY_BYTES) {
                MemorySegment name = entries.get(ADDRESS, at + 8);
                names.add(name.reinterpret(INTERFACE_NAME_BYTES).getString(0));
            }
            IF_FREENAMEINDEX.invokeExact(start);
            return names;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private static LinkageError impossible(Throwable e) {
        return new LinkageError("a call to the C library that its signature does not allow", e);
    }
}
