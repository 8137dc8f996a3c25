package dev.understudy.memcached;

import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Detection;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** What the first bytes of a connection say. */
final class FirstBytes {
    private static final int MAX_WORD = 16;

    /** What many other protocols do not begin with: a few of the words are theirs as well. */
    private static final Set<String> COMMANDS =
            Set.of(
                    "get",
                    "gets",
                    "gat",
                    "gats",
                    "set",
                    "add",
                    "replace",
                    "append",
                    "prepend",
                    "cas",
                    "delete",
                    "incr",
                    "decr",
                    "touch",
                    "mg",
                    "ms",
                    "md",
                    "ma",
                    "me",
                    "mn",
                    "flush_all",
                    "version",
                    "stats",
                    "verbosity");

    private FirstBytes() {}

    static Detection ofClient(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            return Detection.NEED_MORE;
        }
        int start = bytes.readerIndex();
        if (bytes.getUnsignedByte(start) == Magic.REQUEST.code()) {
            return binary(bytes);
        }
        int seen = Math.min(bytes.readableBytes(), MAX_WORD);
        for (int i = 0; i < seen; i++) {
            byte c = bytes.getByte(start + i);
            if (c == ' ' || c == '\r' || c == '\n') {
                String word = bytes.toString(start, i, StandardCharsets.ISO_8859_1);
                return COMMANDS.contains(word) ? Detection.MATCH : Detection.NO_MATCH;
            }
            if ((c < 'a' || c > 'z') && c != '_') {
                return Detection.NO_MATCH;
            }
        }
        return seen == MAX_WORD ? Detection.NO_MATCH : Detection.NEED_MORE;
    }

    /** A server waits to be asked, so its answer alone never settles the matter. */
    static Detection ofServer(ByteBuf bytes) {
        if (!bytes.isReadable()
                || bytes.getUnsignedByte(bytes.readerIndex()) == Magic.ANSWER.code()) {
            return Detection.NEED_MORE;
        }
        int seen = Math.min(bytes.readableBytes(), MAX_WORD);
        for (int i = 0; i < seen; i++) {
            byte c = bytes.getByte(bytes.readerIndex() + i);
            if (c == '\r' || c == '\n') {
                return Detection.NEED_MORE;
            }
            if (c < ' ' || c == 0x7F) {
                return Detection.NO_MATCH;
            }
        }
        return Detection.NEED_MORE;
    }

    private static Detection binary(ByteBuf bytes) {
        return switch (BinaryHeader.decode(bytes, Magic.REQUEST, BinaryLimits.MEMCACHED)) {
            case Decoded.Incomplete<BinaryHeader> _ -> Detection.NEED_MORE;
            case Decoded.Malformed<BinaryHeader> _ -> Detection.NO_MATCH;
            case Decoded.Complete<BinaryHeader>(BinaryHeader header, int _) ->
                    header.knownOpcode().isPresent() && header.dataType() == 0
                            ? Detection.MATCH
                            : Detection.NO_MATCH;
        };
    }
}
