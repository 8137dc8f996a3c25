package dev.understudy.mysql.wire;

import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's version, read from its greeting. Ordered by flavour, then by number.
 *
 * @param text what the greeting said, less MariaDB's {@code 5.5.5-} prefix
 */
public record ServerVersion(Flavour flavour, int major, int minor, int patch, String text)
        implements Comparable<ServerVersion> {
    /** MariaDB 10 to 11.0 put this before their version, for the sake of old replicas. */
    private static final String REPLICATION_PREFIX = "5.5.5-";

    private static final Pattern NUMBERS =
            Pattern.compile("^(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");

    private static final Comparator<ServerVersion> ORDER =
            Comparator.comparing(ServerVersion::flavour)
                    .thenComparingInt(ServerVersion::major)
                    .thenComparingInt(ServerVersion::minor)
                    .thenComparingInt(ServerVersion::patch)
                    .thenComparing(ServerVersion::text);

    /** Reads the text of a greeting; numbers that are not there are 0. */
    public static ServerVersion parse(String greeting) {
        boolean mariaDb = greeting.toLowerCase(Locale.ROOT).contains("mariadb");
        String text =
                mariaDb && greeting.startsWith(REPLICATION_PREFIX)
                        ? greeting.substring(REPLICATION_PREFIX.length())
                        : greeting;
        Matcher numbers = NUMBERS.matcher(text);
        boolean found = numbers.find();
        return new ServerVersion(
                mariaDb ? Flavour.MARIADB : Flavour.MYSQL,
                found ? Integer.parseInt(numbers.group(1)) : 0,
                found ? Integer.parseInt(numbers.group(2)) : 0,
                found && numbers.group(3) != null ? Integer.parseInt(numbers.group(3)) : 0,
                text);
    }

    /** Whether this is MariaDB. */
    public boolean isMariaDb() {
        return flavour == Flavour.MARIADB;
    }

    /** Whether the numbers, whatever the flavour, are these or later ones. */
    public boolean isAtLeast(int wantedMajor, int wantedMinor, int wantedPatch) {
        if (major != wantedMajor) {
            return major > wantedMajor;
        }
        return minor != wantedMinor ? minor > wantedMinor : patch >= wantedPatch;
    }

    @Override
    public int compareTo(ServerVersion other) {
        return ORDER.compare(this, other);
    }
}
