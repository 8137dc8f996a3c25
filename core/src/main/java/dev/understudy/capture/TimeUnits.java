package dev.understudy.capture;

/**
 * How an interface of a pcapng section counts time: units of a power of 10 or of 2 of a second,
 * since the epoch moved by some seconds ({@code if_tsresol}, {@code if_tsoffset}).
 */
final class TimeUnits {
    /** {@code if_tsresol} where none is given: millionths of a second. */
    static final int MICROS_RESOLUTION = 6;

    static final TimeUnits MICROS = new TimeUnits(MICROS_RESOLUTION, 0);

    private static final int BINARY_FLAG = 0x80;
    private static final int NANO_DIGITS = 9;
    private static final int MAX_DECIMAL_DIGITS = 18;
    private static final int MAX_BINARY_DIGITS = 63;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final boolean binary;
    private final int digits;
    private final long unitsPerSecond;
    private final long offsetNanos;

    /** Units of {@code resolution}, for which {@link #isKnown} has to hold. */
    TimeUnits(int resolution, long offsetSeconds) {
        binary = (resolution & BINARY_FLAG) != 0;
        digits = resolution & ~BINARY_FLAG;
        unitsPerSecond = binary ? 1L << digits : powerOfTen(digits);
        offsetNanos = saturatedNanos(offsetSeconds);
    }

    /** Whether a unit of that resolution fits 64 bits a second. */
    static boolean isKnown(int resolution) {
        int digits = resolution & ~BINARY_FLAG;
        return digits <= ((resolution & BINARY_FLAG) == 0 ? MAX_DECIMAL_DIGITS : MAX_BINARY_DIGITS);
    }

    /**
     * Nanoseconds since the epoch, rounded down; what does not fit, which no capture of this world
     * has, is the nearest that does.
     *
     * @param units unsigned
     */
    long toEpochNanos(long units) {
        long seconds = Long.divideUnsigned(units, unitsPerSecond);
        long fraction = Long.remainderUnsigned(units, unitsPerSecond);
        long nanos = binary ? binaryFraction(fraction) : decimalFraction(fraction);
        return saturatedAdd(saturatedAdd(saturatedNanos(seconds), nanos), offsetNanos);
    }

    private long decimalFraction(long fraction) {
        return digits <= NANO_DIGITS
                ? fraction * powerOfTen(NANO_DIGITS - digits)
                : fraction / powerOfTen(digits - NANO_DIGITS);
    }

    private long binaryFraction(long fraction) {
        long high = Math.multiplyHigh(fraction, NANOS_PER_SECOND);
        long low = fraction * NANOS_PER_SECOND;
        return digits == 0 ? 0 : high << (64 - digits) | low >>> digits;
    }

    private static long saturatedNanos(long seconds) {
        long limit = Long.MAX_VALUE / NANOS_PER_SECOND;
        return Math.clamp(seconds, -limit, limit) * NANOS_PER_SECOND;
    }

    private static long saturatedAdd(long a, long b) {
        long sum = a + b;
        boolean overflow = ((a ^ sum) & (b ^ sum)) < 0;
        return overflow ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
    }

    private static long powerOfTen(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }
}
