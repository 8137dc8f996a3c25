package dev.understudy.tls;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What a hello begins with, no secret. The client's names the connection in a key log. */
record HelloRandom(long a, long b, long c, long d) {
    static final int LENGTH = 32;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    static HelloRandom of(byte[] bytes) {
        return new HelloRandom(
                (long) LONG.get(bytes, 0),
                (long) LONG.get(bytes, 8),
                (long) LONG.get(bytes, 16),
                (long) LONG.get(bytes, 24));
    }

    /** Takes the next bytes of {@code in}. */
    static HelloRandom read(ByteBuf in) {
        return new HelloRandom(in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }

    /** The bytes of both, this one's first. */
    byte[] then(HelloRandom second) {
        byte[] bytes = new byte[2 * LENGTH];
        write(bytes, 0);
        second.write(bytes, LENGTH);
        return bytes;
    }

    private void write(byte[] into, int at) {
        LONG.set(into, at, a);
        LONG.set(into, at + 8, b);
        LONG.set(into, at + 16, c);
        LONG.set(into, at + 24, d);
    }

    /** The first 8 bytes: as many as tell it from others. */
    @Override
    public String toString() {
        return "%016x…".formatted(a);
    }
}
