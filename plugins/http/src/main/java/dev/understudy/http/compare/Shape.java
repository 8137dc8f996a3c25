package dev.understudy.http.compare;

import java.util.regex.Pattern;

/**
 * What two different values have in common in their looks, where these say that each server made
 * its own. It makes a difference likely to be noise, never more.
 */
enum Shape {
    /** Nothing that would explain it. */
    NONE,
    /** A UUID (RFC 9562). */
    UUID,
    /** A point in time, written as text or as seconds, milliseconds or finer since the epoch. */
    TIME,
    /** The same number of hexadecimal digits, 16 or more. */
    HEX,
    /** About as many characters of base64, 20 or more, of letters and digits. */
    BASE64,
    /** A signed token of three parts (RFC 7519). */
    JWT;

    /** Longer values have no shape: nobody makes them for each answer. */
    private static final int MAX_CHARACTERS = 4096;

    /** Two servers of one run are asked within a day: times further apart are data. */
    private static final long MAX_APART_SECONDS = 86_400;

    /** Characters of a token; a shorter one is a word. */
    static final int LEAST_DRAWN = 8;

    private static final Pattern UUIDS =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern TIMES =
            Pattern.compile(
                    "\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d([.,]\\d{1,9})?)?"
                            + "( ?(Z|[+-]\\d\\d:?\\d\\d|UTC|GMT))?");
    private static final Pattern FRACTION = Pattern.compile("(?<=:\\d\\d)[.,]\\d{1,9}");
    private static final Pattern HTTP_DATES =
            Pattern.compile("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
    private static final Pattern EPOCHS = Pattern.compile("1\\d{9}(\\d{3}){0,3}([.]\\d{1,9})?");
    private static final Pattern HEXES = Pattern.compile("[0-9a-fA-F]{16,1024}");
    private static final Pattern BASE64S = Pattern.compile("[A-Za-z0-9+/_-]{20,4096}={0,2}");
    private static final Pattern JWTS =
            Pattern.compile("eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*");

    /** Whether each value of that kind looks so; those drawn at random may by chance not. */
    boolean isCertain() {
        return switch (this) {
            case UUID, TIME, JWT -> true;
            case NONE, HEX, BASE64 -> false;
        };
    }

    /** What both look like. */
    static Shape ofBoth(String online, String target) {
        if (online.length() > MAX_CHARACTERS || target.length() > MAX_CHARACTERS) {
            return NONE;
        }
        if (both(UUIDS, online, target)) {
            return UUID;
        }
        if ((both(TIMES, online, target) && toTheSecond(online).equals(toTheSecond(target)))
                || both(HTTP_DATES, online, target)
                || (both(EPOCHS, online, target) && close(online, target))) {
            return TIME;
        }
        if (both(HEXES, online, target)) {
            return online.length() == target.length() ? HEX : NONE;
        }
        if (both(JWTS, online, target)) {
            return JWT;
        }
        return both(BASE64S, online, target)
                        && Math.abs(online.length() - target.length()) <= 4
                        && random(online)
                        && random(target)
                ? BASE64
                : NONE;
    }

    /** Whether both may be what a server draws for a value that is known to be its own. */
    static boolean drawnAlike(String online, String target) {
        int longer = Math.max(online.length(), target.length());
        int shorter = Math.min(online.length(), target.length());
        return shorter >= LEAST_DRAWN && longer - shorter <= Math.max(4, longer / 4);
    }

    /** How a time is written; servers leave out a fraction that is none, or its last zeros. */
    private static String toTheSecond(String time) {
        return FRACTION.matcher(time).replaceFirst("").replaceAll("\\d", "0");
    }

    private static boolean both(Pattern pattern, String online, String target) {
        return pattern.matcher(online).matches() && pattern.matcher(target).matches();
    }

    private static boolean close(String online, String target) {
        int point = online.indexOf('.');
        int digits = point < 0 ? online.length() : point;
        int other = target.indexOf('.');
        return digits == (other < 0 ? target.length() : other)
                && Math.abs(seconds(online) - seconds(target)) <= MAX_APART_SECONDS;
    }

    private static long seconds(String epoch) {
        return Long.parseLong(epoch.substring(0, 10));
    }

    /** Words joined by dashes are long, too; what is drawn at random has digits and both cases. */
    private static boolean random(String text) {
        return text.chars().anyMatch(c -> c >= '0' && c <= '9')
                && text.chars().anyMatch(c -> c >= 'a' && c <= 'z')
                && text.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
    }
}
