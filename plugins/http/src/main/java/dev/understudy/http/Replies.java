package dev.understudy.http;

import dev.understudy.http.compare.CompareSettings;
import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.message.ResponseHead;

/** Begins the records of answers, of which a comparison is made. */
record Replies(int keepBytes, CompareSettings settings) {
    HttpReply.Builder begin(ResponseHead head) {
        return new HttpReply.Builder(
                keepBytes, settings, head.status(), head.reason(), head.fields().headers());
    }
}
