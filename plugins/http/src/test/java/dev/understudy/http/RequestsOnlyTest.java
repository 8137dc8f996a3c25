package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sessions of captures that show what clients say, and nothing else. */
class RequestsOnlyTest {
    private static final String OK = "HTTP/1.1 200 OK~Content-Length: 2~~ok";

    private static String get(String path, String... fields) {
        return "GET " + path + " HTTP/1.1~Host: a~" + String.join("", fields) + "~";
    }

    private static Story begin() {
        return Story.run(Map.of()).requestsOnly();
    }

    @Test
    void aRequestIsToldByTheTargetsAnswerAlone() {
        Story story = begin().client(get("/a")).up().target(OK).client(get("/b")).target(OK);
        assertEquals(get("/a") + get("/b"), story.sent());
        assertEquals(2, story.answered(Side.TARGET).size());
        assertEquals(List.of(), story.answered(Side.ONLINE));
        story.clientEnds();
        assertEquals(1, story.all(SessionAction.Close.class).size());
    }

    @Test
    void whatTheClientPipelinedIsPipelined() {
        Story story = begin().client(get("/a") + get("/b")).up();
        assertEquals(get("/a") + get("/b"), story.sent());
        assertEquals(2, story.target(OK + OK).answered(Side.TARGET).size());
    }

    @Test
    void aCookieThatNoAnswerWasSeenToGiveGoesAsItWasCaptured() {
        Story story = begin().client(get("/a", "Cookie: sid=1~")).up();
        assertEquals(get("/a", "Cookie: sid=1~"), story.sent());
        story.target("HTTP/1.1 200 OK~Set-Cookie: sid=9~Content-Length: 0~~");
        story.client(get("/b", "Cookie: sid=1~"));
        assertEquals(get("/a", "Cookie: sid=1~") + get("/b", "Cookie: sid=1~"), story.sent());
    }

    @Test
    void theTargetSaysWhetherAConnectionBecomesATunnel() {
        Story story = begin().client(get("/ws", "Connection: upgrade~Upgrade: websocket~")).up();
        story.client("frame");
        String asked = story.sent();
        story.target("HTTP/1.1 101 Switching Protocols~Connection: upgrade~Upgrade: websocket~~");
        assertEquals(asked + "frame", story.sent());
    }
}
