package dev.understudy.http.compare;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What is kept of a body as it was sent, transfer coding undone and content codings not: all of it,
 * or its beginning and the hashes of its blocks.
 */
final class Body {
    private final byte[] kept;
    private final long length;
    private final List<String> codings;
    private final Optional<BlockHashes.Sum> sent;
    private final Optional<BlockHashes.Sum> content;

    private Body(
            byte[] kept,
            long length,
            List<String> codings,
            Optional<BlockHashes.Sum> sent,
            Optional<BlockHashes.Sum> content) {
        this.kept = kept;
        this.length = length;
        this.codings = codings;
        this.sent = sent;
        this.content = content;
    }

    /** Bytes as sent. */
    long length() {
        return length;
    }

    /** The content codings, in the order they were applied. */
    List<String> codings() {
        return codings;
    }

    /** Whether all of it was kept. */
    boolean whole() {
        return kept.length == length;
    }

    /** The first bytes, or all of them; not a copy. */
    byte[] kept() {
        return kept;
    }

    /** The hashes of the content of a body that was not kept; empty where it could not be read. */
    Optional<BlockHashes.Sum> content() {
        return codings.isEmpty() ? sent : content;
    }

    /** Whether both were sent in the same bytes. */
    boolean sentAs(Body other) {
        return length == other.length
                && codings.equals(other.codings)
                && Arrays.equals(kept, other.kept)
                && (whole()
                        || (sent.isPresent()
                                && other.sent.isPresent()
                                && sent.get().differsFrom(other.sent.get()).isEmpty()));
    }

    /** Takes a body in as its bytes come. */
    static final class Intake {
        private static final int FIRST_BYTES = 512;

        private final int keepBytes;
        private final int maxDecodedBytes;
        private final List<String> codings;
        private byte[] kept = new byte[0];
        private int keptBytes;
        private long length;
        private Optional<BlockHashes> sent = Optional.empty();
        private Optional<PushInflater> inflater = Optional.empty();

        Intake(int keepBytes, int maxDecodedBytes, List<String> codings) {
            this.keepBytes = keepBytes;
            this.maxDecodedBytes = maxDecodedBytes;
            this.codings = codings;
        }

        /** Copies what it keeps, and leaves the indices where they are. */
        void add(ByteBuf piece) {
            int bytes = piece.readableBytes();
            if (sent.isEmpty() && bytes > keepBytes - keptBytes) {
                beginHashing();
            }
            int take = Math.min(bytes, keepBytes - keptBytes);
            makeRoom(keptBytes + take);
            piece.getBytes(piece.readerIndex(), kept, keptBytes, take);
            keptBytes += take;
            length += bytes;
            sent.ifPresent(hashes -> hashes.add(piece.nioBuffer()));
            inflater.ifPresent(stream -> stream.add(piece.nioBuffer()));
        }

        private void beginHashing() {
            ByteBuffer soFar = ByteBuffer.wrap(kept, 0, keptBytes);
            BlockHashes hashes = new BlockHashes();
            hashes.add(soFar.duplicate());
            sent = Optional.of(hashes);
            if (codings.equals(List.of("gzip")) || codings.equals(List.of("deflate"))) {
                PushInflater stream = new PushInflater(codings.contains("gzip"), maxDecodedBytes);
                stream.add(soFar.duplicate());
                inflater = Optional.of(stream);
            }
        }

        private void makeRoom(int bytes) {
            if (kept.length < bytes) {
                long doubled = Math.max(FIRST_BYTES, 2L * kept.length);
                kept = Arrays.copyOf(kept, (int) Math.max(bytes, Math.min(doubled, keepBytes)));
            }
        }

        /** The body; nothing may follow. */
        Body end() {
            return new Body(
                    keptBytes == kept.length ? kept : Arrays.copyOf(kept, keptBytes),
                    length,
                    codings,
                    sent.map(BlockHashes::end),
                    inflater.flatMap(PushInflater::end));
        }
    }
}
