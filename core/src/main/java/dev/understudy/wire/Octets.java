package dev.understudy.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big-endian numbers in an array. Bounds are the caller's to check. */
final class Octets {
    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Octets() {}

    static int unsignedByte(byte[] in, int offset) {
        return Byte.toUnsignedInt(in[offset]);
    }

    static int unsignedShort(byte[] in, int offset) {
        return Short.toUnsignedInt((short) SHORT.get(in, offset));
    }

    static int integer(byte[] in, int offset) {
        return (int) INT.get(in, offset);
    }

    static long longInteger(byte[] in, int offset) {
        return (long) LONG.get(in, offset);
    }
}
