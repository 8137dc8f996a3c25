package dev.understudy.plugins;

import java.util.SortedSet;

/**
 * A protocol that can be chosen.
 *
 * @param name as {@code --protocol} takes it
 * @param version of the plugin; of Understudy, for a protocol that is built in
 * @param file name of the jar or zip it came from; {@value #BUILT_IN} where there is none
 * @param usualPorts the ports it is chosen for when no name is given
 */
public record LoadedProtocol(
        String name, String version, String file, SortedSet<Integer> usualPorts) {
    /** The file of a protocol that is part of Understudy. */
    public static final String BUILT_IN = "(built in)";
}
