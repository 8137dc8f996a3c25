package dev.understudy.mysql.command;

import java.nio.charset.StandardCharsets;

/**
 * Values of the binary protocol: where one ends, and what it is as text. The text is the same for
 * the same value, whatever type and length a server chose for it.
 *
 * @see "MySQL protocol manual, Binary Protocol Value"
 */
final class BinaryValue {
    static final int TYPE_DECIMAL = 0;
    static final int TYPE_TINY = 1;
    static final int TYPE_SHORT = 2;
    static final int TYPE_LONG = 3;
    static final int TYPE_FLOAT = 4;
    static final int TYPE_DOUBLE = 5;
    static final int TYPE_NULL = 6;
    static final int TYPE_TIMESTAMP = 7;
    static final int TYPE_LONGLONG = 8;
    static final int TYPE_INT24 = 9;
    static final int TYPE_DATE = 10;
    static final int TYPE_TIME = 11;
    static final int TYPE_DATETIME = 12;
    static final int TYPE_YEAR = 13;
    static final int TYPE_NEWDATE = 14;

    /** The length of a value that is not whole or not well formed. */
    static final int BROKEN = -1;

    private BinaryValue() {}

    /**
     * Bytes that a value takes, its own length prefix included; {@link #BROKEN} where they are not
     * all there, or its length prefix is none.
     */
    static int length(int type, byte[] bytes, int from, int to) {
        long length =
                switch (type) {
                    case TYPE_NULL -> 0;
                    case TYPE_TINY -> 1;
                    case TYPE_SHORT, TYPE_YEAR -> 2;
                    case TYPE_LONG, TYPE_INT24, TYPE_FLOAT -> 4;
                    case TYPE_LONGLONG, TYPE_DOUBLE -> 8;
                    case TYPE_DATE, TYPE_NEWDATE, TYPE_DATETIME, TYPE_TIMESTAMP ->
                            temporalLength(bytes, from, to, 4, 7, 11);
                    case TYPE_TIME -> temporalLength(bytes, from, to, 8, 12, 12);
                    default -> {
                        int prefix = Text.prefixLength(bytes, from, to);
                        long content = prefix < 0 ? -1 : Text.contentLength(bytes, from);
                        yield content < 0 || content > to - from ? BROKEN : prefix + content;
                    }
                };
        return length < 0 || length > to - from ? BROKEN : (int) length;
    }

    private static int temporalLength(byte[] bytes, int from, int to, int a, int b, int c) {
        if (from >= to) {
            return BROKEN;
        }
        int length = bytes[from];
        return length == 0 || length == a || length == b || length == c ? length + 1 : BROKEN;
    }

    /** What the protocol's manual calls a type, without its {@code MYSQL_TYPE_}. */
    static String typeName(int type) {
        return switch (type) {
            case TYPE_DECIMAL -> "DECIMAL";
            case TYPE_TINY -> "TINY";
            case TYPE_SHORT -> "SHORT";
            case TYPE_LONG -> "LONG";
            case TYPE_FLOAT -> "FLOAT";
            case TYPE_DOUBLE -> "DOUBLE";
            case TYPE_NULL -> "NULL";
            case TYPE_TIMESTAMP -> "TIMESTAMP";
            case TYPE_LONGLONG -> "LONGLONG";
            case TYPE_INT24 -> "INT24";
            case TYPE_DATE -> "DATE";
            case TYPE_TIME -> "TIME";
            case TYPE_DATETIME -> "DATETIME";
            case TYPE_YEAR -> "YEAR";
            case 16 -> "BIT";
            case 245 -> "JSON";
            case 246 -> "NEWDECIMAL";
            case 247 -> "ENUM";
            case 248 -> "SET";
            case 249 -> "TINY_BLOB";
            case 250 -> "MEDIUM_BLOB";
            case 251 -> "LONG_BLOB";
            case 252 -> "BLOB";
            case 253 -> "VAR_STRING";
            case 254 -> "STRING";
            case 255 -> "GEOMETRY";
            default -> "type " + type;
        };
    }

    /** Whether the value is a string behind its length: its content is its text. */
    static boolean isString(int type) {
        return switch (type) {
            case TYPE_TINY,
                    TYPE_SHORT,
                    TYPE_LONG,
                    TYPE_FLOAT,
                    TYPE_DOUBLE,
                    TYPE_NULL,
                    TYPE_TIMESTAMP,
                    TYPE_LONGLONG,
                    TYPE_INT24,
                    TYPE_DATE,
                    TYPE_TIME,
                    TYPE_DATETIME,
                    TYPE_YEAR,
                    TYPE_NEWDATE ->
                    false;
            default -> true;
        };
    }

    /** The text of a value that is no string, and whose length is known to be there. */
    static String text(int type, boolean unsigned, byte[] b, int at) {
        return switch (type) {
            case TYPE_TINY -> Integer.toString(unsigned ? b[at] & 0xFF : b[at]);
            case TYPE_SHORT, TYPE_YEAR -> {
                int value = (int) number(b, at, 2);
                yield Integer.toString(unsigned ? value : (short) value);
            }
            case TYPE_LONG, TYPE_INT24 -> {
                long value = number(b, at, 4);
                yield Long.toString(unsigned ? value : (int) value);
            }
            case TYPE_LONGLONG -> {
                long value = number(b, at, 8);
                yield unsigned ? Long.toUnsignedString(value) : Long.toString(value);
            }
            case TYPE_FLOAT -> plain(Float.toString(Float.intBitsToFloat((int) number(b, at, 4))));
            case TYPE_DOUBLE -> plain(Double.toString(Double.longBitsToDouble(number(b, at, 8))));
            case TYPE_DATE, TYPE_NEWDATE, TYPE_DATETIME, TYPE_TIMESTAMP ->
                    dateTime(b, at, type == TYPE_DATE || type == TYPE_NEWDATE);
            case TYPE_TIME -> time(b, at);
            default -> "";
        };
    }

    /** The text of a floating-point number that came as text; as it came where it is none. */
    static String floatingText(int type, String text) {
        try {
            return plain(
                    type == TYPE_FLOAT
                            ? Float.toString(Float.parseFloat(text))
                            : Double.toString(Double.parseDouble(text)));
        } catch (NumberFormatException e) {
            return text;
        }
    }

    private static String plain(String number) {
        return number.endsWith(".0") ? number.substring(0, number.length() - 2) : number;
    }

    /** Bytes little-endian, unsigned but for eight of them. */
    private static long number(byte[] b, int at, int length) {
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | (b[at + i] & 0xFF);
        }
        return value;
    }

    private static String dateTime(byte[] b, int at, boolean dateOnly) {
        int length = b[at];
        long year = length >= 4 ? number(b, at + 1, 2) : 0;
        int month = length >= 4 ? b[at + 3] : 0;
        int day = length >= 4 ? b[at + 4] : 0;
        String date = "%04d-%02d-%02d".formatted(year, month, day);
        if (length < 7) {
            return dateOnly ? date : date + " 00:00:00";
        }
        long micros = length == 11 ? number(b, at + 8, 4) : 0;
        return date + " " + clock(b[at + 5], b[at + 6], b[at + 7], micros);
    }

    private static String time(byte[] b, int at) {
        int length = b[at];
        if (length == 0) {
            return "00:00:00";
        }
        long hours = number(b, at + 2, 4) * 24 + b[at + 6];
        long micros = length == 12 ? number(b, at + 9, 4) : 0;
        return (b[at + 1] != 0 ? "-" : "") + clock(hours, b[at + 7], b[at + 8], micros);
    }

    /** A fraction is written without its last zeros: how many digits were sent says nothing. */
    private static String clock(long hours, int minutes, int seconds, long micros) {
        String clock = "%02d:%02d:%02d".formatted(hours, minutes, seconds);
        return micros == 0 ? clock : clock + ".%06d".formatted(micros).replaceAll("0+$", "");
    }

    /** Length prefixes of strings, read in place. */
    static final class Text {
        private Text() {}

        /** Bytes of the prefix; {@link #BROKEN} where it is no prefix or not whole. */
        static int prefixLength(byte[] b, int from, int to) {
            if (from >= to) {
                return BROKEN;
            }
            int length =
                    switch (b[from] & 0xFF) {
                        case 0xFB, 0xFF -> BROKEN;
                        case 0xFC -> 3;
                        case 0xFD -> 4;
                        case 0xFE -> 9;
                        default -> 1;
                    };
            return length > to - from ? BROKEN : length;
        }

        /** What the prefix says, where it is known to be whole; negative when above 2^63. */
        static long contentLength(byte[] b, int from) {
            return switch (b[from] & 0xFF) {
                case 0xFC -> number(b, from + 1, 2);
                case 0xFD -> number(b, from + 1, 3);
                case 0xFE -> number(b, from + 1, 8);
                default -> b[from] & 0xFF;
            };
        }

        /** Bytes as UTF-8. */
        static String of(byte[] b, int from, int length) {
            return new String(b, from, length, StandardCharsets.UTF_8);
        }
    }
}
