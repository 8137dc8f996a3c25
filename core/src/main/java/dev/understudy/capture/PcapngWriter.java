package dev.understudy.capture;

import dev.understudy.wire.LinkLayer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Writes packets as pcapng: one section, an interface for each link type that comes, stamps in
 * nanoseconds, and at the end what was received and lost. Little-endian. After each batch all of it
 * is with the operating system, so that a reader can follow. Not thread safe.
 *
 * @see "draft-ietf-opsawg-pcapng"
 */
public final class PcapngWriter implements Closeable {
    /** Bytes gathered before they go to the file. */
    private static final int BUFFER_BYTES = 2 * PacketBatch.MAX_PACKET_BYTES;

    private static final int SECTION_HEADER = 0x0a0d0d0a;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;

    private static final int OPTION_END = 0;
    private static final int USER_APPLICATION = 4;
    private static final int IF_NAME = 2;
    private static final int IF_TSRESOL = 9;
    private static final byte NANOSECONDS = 9;
    private static final int ISB_IFRECV = 4;
    private static final int ISB_IFDROP = 5;
    private static final int ISB_OSDROP = 7;
    private static final int ISB_USRDELIV = 8;

    /** Bytes of a packet's block besides the packet and what fills it up to a multiple of 4. */
    private static final int PACKET_OVERHEAD_BYTES = 32;

    /** Room kept below a limit for interfaces and statistics, in bytes. */
    private static final int CLOSING_BYTES = 4096;

    /** Of a longer name of an interface the rest is left out. */
    private static final int MAX_NAME_CHARS = 255;

    private final WritableByteChannel out;
    private final String interfaceName;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Map<Integer, Integer> interfaceIds = new HashMap<>();
    private long flushedBytes;
    private long lastTimeNanos;

    /**
     * Begins a recording on {@code out}, which {@link #close} closes.
     *
     * @param interfaceName where packets come from, to be read in the recording
     */
    public PcapngWriter(WritableByteChannel out, String interfaceName) throws IOException {
        this.out = out;
        this.interfaceName =
                interfaceName.substring(0, Math.min(interfaceName.length(), MAX_NAME_CHARS));
        int start = begin(SECTION_HEADER);
        buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
        option(USER_APPLICATION, "understudy");
        buffer.putInt(OPTION_END);
        end(start);
        flush();
    }

    /**
     * Begins a recording in a file, over what is there. The file is readable by its owner only,
     * also where it was there and was not: recorded traffic holds what the clients said.
     *
     * @throws IOException also where the file is another user's, whose mode cannot be changed
     */
    public static PcapngWriter create(Path file, String interfaceName) throws IOException {
        Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
        if (Files.isRegularFile(file)) {
            // Before the first byte of it; a device or a pipe keeps the mode it needs.
            Files.setPosixFilePermissions(file, ownerOnly);
        }
        FileChannel channel =
                FileChannel.open(
                        file,
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(ownerOnly));
        return new PcapngWriter(channel, interfaceName);
    }

    /**
     * Writes packets until all are written or one more would lead past {@code maxBytes} of
     * recording in all.
     *
     * @return how many were written
     */
    public int write(PacketBatch batch, long maxBytes) throws IOException {
        int written = 0;
        while (written < batch.count()) {
            int length = batch.capturedLength(written);
            int blockBytes = PACKET_OVERHEAD_BYTES + padded(length);
            if (bytes() + blockBytes + CLOSING_BYTES > maxBytes) {
                break;
            }
            ensure(blockBytes + CLOSING_BYTES);
            packet(batch, written);
            written++;
        }
        flush();
        return written;
    }

    /** Bytes of the recording so far. */
    public long bytes() {
        return flushedBytes + buffer.position();
    }

    private void packet(PacketBatch batch, int i) {
        lastTimeNanos = batch.timeNanos(i);
        int interfaceId = interfaceId(batch.linkType(i));
        int length = batch.capturedLength(i);
        int start = begin(ENHANCED_PACKET);
        buffer.putInt(interfaceId);
        time(lastTimeNanos);
        buffer.putInt(length).putInt(batch.originalLength(i));
        buffer.put(batch.data(), batch.offset(i), length);
        end(start);
    }

    private int interfaceId(int linkType) {
        Integer known = interfaceIds.get(linkType);
        if (known != null) {
            return known;
        }
        int id = interfaceIds.size();
        interfaceIds.put(linkType, id);
        int start = begin(INTERFACE_DESCRIPTION);
        // Snap length 0: no limit.
        buffer.putShort((short) linkType).putShort((short) 0).putInt(0);
        option(IF_NAME, interfaceName);
        buffer.putShort((short) IF_TSRESOL).putShort((short) 1).put(NANOSECONDS);
        pad(1);
        buffer.putInt(OPTION_END);
        end(start);
        return id;
    }

    /** Ends the recording with what the source counted, and closes it. */
    public void finish(CaptureCounts counts) throws IOException {
        ensure(CLOSING_BYTES);
        int interfaceId = interfaceIds.isEmpty() ? interfaceId(LinkLayer.RAW) : 0;
        int start = begin(INTERFACE_STATISTICS);
        buffer.putInt(interfaceId);
        time(lastTimeNanos);
        option(ISB_IFRECV, counts.delivered() + counts.droppedByKernel());
        option(ISB_IFDROP, counts.interfaceDropped());
        option(ISB_OSDROP, counts.droppedByKernel());
        option(ISB_USRDELIV, counts.delivered());
        buffer.putInt(OPTION_END);
        end(start);
        close();
    }

    private void time(long nanos) {
        buffer.putInt((int) (nanos >>> 32)).putInt((int) nanos);
    }

    private void option(int code, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        buffer.putShort((short) code).putShort((short) bytes.length).put(bytes);
        pad(bytes.length);
    }

    private void option(int code, long value) {
        buffer.putShort((short) code).putShort((short) 8).putLong(value);
    }

    private int begin(int type) {
        int start = buffer.position();
        buffer.putInt(type).putInt(0);
        return start;
    }

    /** Fills the block up to a multiple of 4, and writes its length at both its ends. */
    private void end(int start) {
        pad(buffer.position() - start);
        int length = buffer.position() + 4 - start;
        buffer.putInt(length).putInt(start + 4, length);
    }

    private void pad(int length) {
        for (int i = length; i < padded(length); i++) {
            buffer.put((byte) 0);
        }
    }

    private static int padded(int length) {
        return length + 3 & ~3;
    }

    private void ensure(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            flushedBytes += out.write(buffer);
        }
        buffer.clear();
    }

    /** Writes what is left and closes. Idempotent. */
    @Override
    public void close() throws IOException {
        if (out.isOpen()) {
            try (out) {
                flush();
            }
        }
    }
}
