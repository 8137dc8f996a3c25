package dev.understudy.http;

import dev.understudy.http.message.Header;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.protocol.Reply;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.zip.CRC32C;

/** An answer's status, and its body's length and checksum. */
final class PlainRecord implements AnswerRecord {
    record Plain(int status, long bytes, long checksum, AnswerEnd how) implements Reply {
        @Override
        public String describe() {
            return "%d, %d bytes, %s".formatted(status, bytes, how);
        }
    }

    private final ResponseHead head;
    private final CRC32C checksum = new CRC32C();
    private long bytes;

    private PlainRecord(ResponseHead head) {
        this.head = head;
    }

    static Maker maker() {
        return new Maker() {
            @Override
            public AnswerRecord begin(ResponseHead head) {
                return new PlainRecord(head);
            }

            @Override
            public Reply none(AnswerEnd how) {
                return new Plain(0, 0, 0, how);
            }
        };
    }

    @Override
    public void body(ByteBuf piece) {
        bytes += piece.readableBytes();
        checksum.update(piece.nioBuffer());
    }

    @Override
    public Reply end(AnswerEnd how, List<Header> trailers) {
        return new Plain(head.status(), bytes, checksum.getValue(), how);
    }
}
