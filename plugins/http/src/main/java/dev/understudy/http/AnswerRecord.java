package dev.understudy.http;

import dev.understudy.http.message.Header;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.protocol.Reply;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** Keeps of one answer what its comparison needs, while it passes. */
interface AnswerRecord {
    /** Begins the records of a run. */
    interface Maker {
        AnswerRecord begin(ResponseHead head);

        /** An answer that never began. */
        Reply none(AnswerEnd how);
    }

    /** Takes a piece of the body, transfer coding undone; its indices stay. */
    void body(ByteBuf piece);

    /** The answer has ended. */
    Reply end(AnswerEnd how, List<Header> trailers);
}
