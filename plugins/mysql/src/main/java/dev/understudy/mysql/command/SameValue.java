package dev.understudy.mysql.command;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.Set;

/**
 * Whether two texts are the same value, written by columns of unlike types: {@code 1.50} and {@code
 * 1.5}, a time with and without a fraction of zeros, JSON with its keys in another order.
 */
final class SameValue {
    private static final int TYPE_JSON = 245;
    private static final int TYPE_NEWDECIMAL = 246;

    private static final Set<Integer> NUMBERS =
            Set.of(
                    BinaryValue.TYPE_DECIMAL,
                    BinaryValue.TYPE_TINY,
                    BinaryValue.TYPE_SHORT,
                    BinaryValue.TYPE_LONG,
                    BinaryValue.TYPE_FLOAT,
                    BinaryValue.TYPE_DOUBLE,
                    BinaryValue.TYPE_LONGLONG,
                    BinaryValue.TYPE_INT24,
                    BinaryValue.TYPE_YEAR,
                    TYPE_NEWDECIMAL);

    private static final Set<Integer> TIMES =
            Set.of(
                    BinaryValue.TYPE_TIMESTAMP,
                    BinaryValue.TYPE_DATE,
                    BinaryValue.TYPE_TIME,
                    BinaryValue.TYPE_DATETIME,
                    BinaryValue.TYPE_NEWDATE);

    /** A DECIMAL has at most 65 digits; an exponent must not make a number of many more. */
    private static final String NUMBER = "[+-]?[0-9]{1,70}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?";

    private static final String TIME = "[0-9 :-]{4,20}(\\.[0-9]{1,6})?";

    private SameValue() {}

    /** One of the types at least has to be of the kind that the values are the same by. */
    static boolean of(
            int onlineType, Optional<String> online, int targetType, Optional<String> target) {
        if (online.isEmpty() || target.isEmpty()) {
            return false;
        }
        String mine = online.get();
        String theirs = target.get();
        if (onlineType == TYPE_JSON || targetType == TYPE_JSON) {
            return JsonText.sameValue(mine, theirs);
        }
        if (NUMBERS.contains(onlineType) || NUMBERS.contains(targetType)) {
            return mine.matches(NUMBER)
                    && theirs.matches(NUMBER)
                    && new BigDecimal(mine).compareTo(new BigDecimal(theirs)) == 0;
        }
        if (TIMES.contains(onlineType) || TIMES.contains(targetType)) {
            return mine.matches(TIME)
                    && theirs.matches(TIME)
                    && plainTime(mine).equals(plainTime(theirs));
        }
        return false;
    }

    /** Without a fraction of zeros, and without a clock that shows midnight. */
    private static String plainTime(String text) {
        String time = text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
        return time.length() > 10 && time.endsWith(" 00:00:00")
                ? time.substring(0, time.length() - 9)
                : time;
    }
}
