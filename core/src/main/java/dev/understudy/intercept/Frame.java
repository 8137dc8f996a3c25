package dev.understudy.intercept;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What copier and agent say to one another once they believe each other; with every change the
 * version of {@link dev.understudy.link.Service#INTERCEPT} changes. On the wire each is a length (4
 * bytes, big-endian, of what follows), a type (1 byte) and its fields. Streams are numbered by the
 * copier, each number once in the life of a link.
 */
sealed interface Frame {
    int LENGTH_BYTES = 4;

    /** Bytes behind the length. */
    int MAX_LENGTH = 64 * 1024;

    /** Bytes of one {@link Data}. */
    int MAX_DATA = 32 * 1024;

    int MAX_REASON = 64;
    int MAX_COUNTS = 64;

    /**
     * Connect.
     *
     * @param keepPort whether from the client's port
     * @param client from whose address; empty: from the agent's own
     */
    record Open(
            int stream,
            boolean tls,
            boolean keepPort,
            InetSocketAddress peer,
            Optional<InetSocketAddress> client)
            implements Frame {}

    /** The connection is up. */
    record Opened(int stream) implements Frame {}

    /** Bytes; whoever reads the frame owns them. */
    record Data(int stream, ByteBuf bytes) implements Frame {}

    /** So many bytes more may be sent. */
    record Credit(int stream, int bytes) implements Frame {}

    /** From here on the connection is TLS. */
    record StartTls(int stream) implements Frame {}

    /** The copier has no more bytes. */
    record Fin(int stream) implements Frame {}

    /** The copier is done with it. */
    record Close(int stream) implements Frame {}

    /** The connection has ended or could not be made. */
    record Ended(int stream, String reason) implements Frame {}

    /** How much has been counted for this run? */
    record AskCounts() implements Frame {}

    /** By name. */
    record Counts(SortedMap<String, Long> counts) implements Frame {}

    /** Is anybody there? */
    record Ping() implements Frame {}

    /** Somebody is. */
    record Pong() implements Frame {}

    /** Writes the frame with its length; bytes of {@link Data} are copied and stay the caller's. */
    default void encode(ByteBuf out) {
        int start = out.writerIndex();
        out.writeInt(0);
        switch (this) {
            case Open(
                            int stream,
                            boolean tls,
                            boolean keepPort,
                            InetSocketAddress peer,
                            Optional<InetSocketAddress> client) -> {
                out.writeByte(4).writeInt(stream).writeBoolean(tls).writeBoolean(keepPort);
                writeAddress(out, peer);
                out.writeBoolean(client.isPresent());
                client.ifPresent(address -> writeAddress(out, address));
            }
            case Opened(int stream) -> out.writeByte(5).writeInt(stream);
            case Data(int stream, ByteBuf bytes) ->
                    out.writeByte(6)
                            .writeInt(stream)
                            .writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
            case Credit(int stream, int bytes) -> out.writeByte(7).writeInt(stream).writeInt(bytes);
            case StartTls(int stream) -> out.writeByte(8).writeInt(stream);
            case Fin(int stream) -> out.writeByte(9).writeInt(stream);
            case Close(int stream) -> out.writeByte(10).writeInt(stream);
            case Ended(int stream, String reason) ->
                    writeText(out.writeByte(11).writeInt(stream), reason);
            case AskCounts() -> out.writeByte(12);
            case Counts(SortedMap<String, Long> counts) -> {
                out.writeByte(13).writeByte(counts.size());
                counts.forEach(
                        (name, count) -> {
                            writeText(out, name);
                            out.writeLong(count);
                        });
            }
            case Ping() -> out.writeByte(14);
            case Pong() -> out.writeByte(15);
        }
        out.setInt(start, out.writerIndex() - start - LENGTH_BYTES);
    }

    /**
     * Reads one frame, without its length, to the end of {@code in}.
     *
     * @throws CorruptedFrameException for what no frame looks like
     */
    static Frame decode(ByteBuf in) {
        try {
            Frame frame = decodeKnown(in);
            if (in.isReadable()) {
                throw new CorruptedFrameException("bytes behind a frame");
            }
            return frame;
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException("half a frame", e);
        }
    }

    private static Frame decodeKnown(ByteBuf in) {
        int type = in.readUnsignedByte();
        return switch (type) {
            case 4 ->
                    new Open(
                            in.readInt(),
                            in.readBoolean(),
                            in.readBoolean(),
                            readAddress(in),
                            in.readBoolean() ? Optional.of(readAddress(in)) : Optional.empty());
            case 5 -> new Opened(in.readInt());
            case 6 -> new Data(in.readInt(), in.readRetainedSlice(in.readableBytes()));
            case 7 -> new Credit(in.readInt(), in.readInt());
            case 8 -> new StartTls(in.readInt());
            case 9 -> new Fin(in.readInt());
            case 10 -> new Close(in.readInt());
            case 11 -> new Ended(in.readInt(), readText(in));
            case 12 -> new AskCounts();
            case 13 -> {
                SortedMap<String, Long> counts = new TreeMap<>();
                int size = in.readUnsignedByte();
                if (size > MAX_COUNTS) {
                    throw new CorruptedFrameException("too many counts: " + size);
                }
                for (int i = 0; i < size; i++) {
                    counts.put(readText(in), in.readLong());
                }
                yield new Counts(counts);
            }
            case 14 -> new Ping();
            case 15 -> new Pong();
            default -> throw new CorruptedFrameException("no frame has the type " + type);
        };
    }

    private static byte[] bytes(ByteBuf in, int length) {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    private static void writeText(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int length = Math.min(MAX_REASON, bytes.length);
        out.writeByte(length).writeBytes(bytes, 0, length);
    }

    /** Words that are shown and counted: what is not printable is no word. */
    private static String readText(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length > MAX_REASON) {
            throw new CorruptedFrameException("a word of " + length + " bytes");
        }
        String text = new String(bytes(in, length), StandardCharsets.US_ASCII);
        if (!text.chars().allMatch(c -> c >= ' ' && c < 127)) {
            throw new CorruptedFrameException("a word that cannot be printed");
        }
        return text;
    }

    private static void writeAddress(ByteBuf out, InetSocketAddress address) {
        byte[] bytes = address.getAddress().getAddress();
        out.writeByte(bytes.length).writeBytes(bytes).writeShort(address.getPort());
    }

    private static InetSocketAddress readAddress(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length != 4 && length != 16) {
            throw new CorruptedFrameException("an address of " + length + " bytes");
        }
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(bytes(in, length)), in.readUnsignedShort());
        } catch (UnknownHostException e) {
            throw new CorruptedFrameException("no address", e);
        }
    }
}
