package dev.understudy.mysql.compression;

import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.zip.Deflater;

/** Bytes as a client or server compresses them. */
final class Squeezed {
    private Squeezed() {}

    static byte[] with(Compression compression, byte[] plain) {
        byte[] out = new byte[plain.length + 1024];
        int length =
                switch (compression) {
                    case ZLIB -> {
                        Deflater deflater = new Deflater();
                        deflater.setInput(plain);
                        deflater.finish();
                        int written = deflater.deflate(out);
                        deflater.end();
                        yield written;
                    }
                    case ZSTD ->
                            new ZstdJavaCompressor()
                                    .compress(plain, 0, plain.length, out, 0, out.length);
                };
        return Arrays.copyOf(out, length);
    }

    /** One compressed packet. */
    static ByteBuf packet(Compression compression, int sequence, byte[] plain) {
        byte[] body = with(compression, plain);
        return Unpooled.buffer()
                .writeMediumLE(body.length)
                .writeByte(sequence)
                .writeMediumLE(plain.length)
                .writeBytes(body);
    }

    /** One whose body is not compressed, as small ones are. */
    static ByteBuf stored(int sequence, byte[] plain) {
        return Unpooled.buffer()
                .writeMediumLE(plain.length)
                .writeByte(sequence)
                .writeMediumLE(0)
                .writeBytes(plain);
    }
}
