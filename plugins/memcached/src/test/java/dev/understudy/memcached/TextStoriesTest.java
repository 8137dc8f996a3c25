package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections that speak text, classic and meta, from their first byte to their last. */
class TextStoriesTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # client                          | online                 | target                 | outcome
            get k~                            | VALUE k 5 3~abc~END~   | VALUE k 5 3~abc~END~   | get same
            get k~                            | VALUE k 5 3~abc~END~   | VALUE k 5 3~abd~END~   | get value
            get k~                            | VALUE k 5 3~abc~END~   | VALUE k 6 3~abc~END~   | get flags
            get k~                            | VALUE k 5 3~abc~END~   | END~                   | get (cold)
            get k~                            | END~                   | VALUE k 5 3~abc~END~   | get extra
            get k~                            | END~                   | END~                   | get same
            get k~                            | VALUE k 0 2~9 ~END~    | VALUE k 0 1~9~END~     | get same
            get k~                            | VALUE k 0 2~9 ~END~    | VALUE k 0 1~8~END~     | get value
            get k~                            | VALUE k 0 8~~END~1~END~ | VALUE k 0 8~~END~1~END~ | get same
            get a b c~                        | VALUE a 0 1~1~VALUE c 0 1~3~END~ | VALUE c 0 1~3~VALUE a 0 1~1~END~ | get same
            get a b c~                        | VALUE a 0 1~1~VALUE c 0 1~3~END~ | VALUE a 0 1~1~END~ | get (cold)
            gets k~                           | VALUE k 0 1 77~1~END~  | VALUE k 0 1 8~1~END~   | gets same
            gat 10 k~                         | VALUE k 0 1~1~END~     | VALUE k 0 1~1~END~     | gat same
            set k 0 0 3~abc~                  | STORED~                | STORED~                | set same
            set k 0 0 3~abc~                  | STORED~                | SERVER_ERROR out of memory storing object~ | set error
            set k 0 0 3~abc~                  | SERVER_ERROR a~        | SERVER_ERROR b~        | set same
            add k 0 0 3~abc~                  | STORED~                | STORED~                | add same
            add k 0 0 3~abc~                  | STORED~                | NOT_STORED~            | add (cold)
            append k 0 0 3~abc~               | STORED~                | NOT_STORED~            | append (cold)
            delete k~                         | DELETED~               | NOT_FOUND~             | delete (cold)
            delete k~                         | NOT_FOUND~             | DELETED~               | delete status
            delete k 0~                       | DELETED~               | DELETED~               | delete same
            touch k 10~                       | TOUCHED~               | TOUCHED~               | touch same
            incr k 1~                         | 10~                    | 10~                    | incr same
            incr k 1~                         | 10~                    | NOT_FOUND~             | incr (cold)
            incr k x~                         | CLIENT_ERROR a~        | CLIENT_ERROR b~        | incr same
            incr k 1~                         | 10~                    | CLIENT_ERROR a~        | incr error
            version~                          | VERSION 1.6.18~        | VERSION 1.6.40~        | version same
            get~                              | ERROR~                 | ERROR~                 | get same
            mg k v f~                         | VA 3 f5~abc~           | VA 3 f5~abc~           | mg same
            mg k f v c~                       | VA 3 f5 c9~abc~        | VA 3 f5 c1~abc~        | mg same
            mg k v f~                         | VA 3 f5~abc~           | VA 3 f6~abc~           | mg flags
            mg k t s~                         | HD t100 s3~            | HD t99 s3~             | mg same
            mg k t s~                         | HD t100 s3~            | HD t90 s3~             | mg ttl
            mg k v~                           | EN~                    | EN~                    | mg same
            mg k v~                           | VA 1~1~                | EN~                    | mg (cold)
            mg k v N30~                       | VA 0 W~~               | VA 1 Z~1~              | mg (recache)
            mg aw== b v k~                    | VA 1 kaw== b~1~        | VA 1 kaw== b~1~        | mg same
            ms k 3 T0~abc~                    | HD~                    | HD~                    | ms same
            ms k 3~abc~                       | HD~                    | NS~                    | ms status
            md k~                             | HD~                    | NF~                    | md (cold)
            ma k v~                           | VA 2~11~               | VA 2~12~               | ma (cold)
            mn~                               | MN~                    | MN~                    | mn same
            flush_all~                        | OK~                    |                        | flush_all skipped flush_all
            config get cluster~               | CONFIG cluster 0 15~2~a::1:11211~~END~ |        | config skipped config
            config get cluster~               | ERROR~                 |                        | config skipped config
            lru_crawler mgdump all~           | mg a~mg b b~EN~        |                        | lru_crawler skipped lru_crawler
            stats items~                      | STAT a b~STAT c d~END~ |                        | stats skipped stats
            lru_crawler metadump all~         | key=a exp=1~key=b exp=2~END~ |                  | lru_crawler skipped lru_crawler
            shutdown~                         |                        |                        | shutdown skipped shutdown
            lease-get k~                      | ERROR~                 |                        | unknown skipped unknown-command
            """)
    void oneRequestComesToItsOutcome(String client, String online, String target, String outcome) {
        Story story = Story.plain().client(client).online(online == null ? "" : online);
        assertEquals(
                "", story.leftOut(), () -> story.playbook().all(SessionAction.class).toString());
        if (target != null) {
            assertEquals(client.replace("~", "\r\n"), story.sent().replace("~", "\r\n"));
            story.target(target);
        } else {
            assertEquals("", story.sent());
        }
        assertEquals(List.of(outcome), story.outcomes());
        assertEquals("", story.leftOut());
    }

    @ParameterizedTest(name = "{0} {1}: {2} of {3}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            deny | key     | session:* | get a session:1~          | END~    | skipped deny-mine
            deny | key     | session:* | set session:1 0 0 1~x~    | STORED~ | skipped deny-mine
            deny | key     | session:* | get a~                    | END~    | same
            only | key     | session:* | get session:1 session:2~  | END~    | same
            only | key     | session:* | get a session:1~          | END~    | skipped not-in-only
            only | key     | session:* | version~                  | VERSION 1~ | same
            deny | command | ?et       | get a~                    | END~    | skipped deny-mine
            deny | command | ?et       | delete a~                 | NOT_FOUND~ | same
            only | user    | app       | get a~                    | END~    | skipped not-in-only
            deny | user    | app       | get a~                    | END~    | same
            only | client  | 192.0.2.0/24 | get a~                 | END~    | same
            """)
    void aRequestIsHeldAgainstTheFilters(
            String section, String key, String value, String client, String answer, String end) {
        Map<String, ?> settings = Map.of(section, Map.of("mine", Map.of(key, value)));
        Story story = Story.with(settings).client(client).online(answer);
        if (end.equals("same")) {
            story.target(answer);
        }
        assertEquals(
                end.equals("same") ? client.replace("~", "\r\n") : "",
                story.sent().replace("~", "\r\n"));
        assertEquals(client.split("[ ~]", -1)[0] + " " + end, story.outcomes().getFirst());
    }

    @Test
    void aClientWhoIsFilteredIsPassedOverFromTheStart() {
        Story story =
                Story.with(Map.of("deny", Map.of("mine", Map.of("client", "192.0.2.1"))))
                        .client("get a~");
        assertEquals(
                List.of(new SessionAction.PassOver("deny-mine")),
                story.playbook().all(SessionAction.class));
    }

    private static final String CLIENT =
            "set k 7 0 14~a~END~STORED~set q 0 0 1 noreply~x~get k q z~gets k~cas k 0 0 1 5~y~delete q noreply~"
                    + "mg k v f k Oab q~mg none v q~ms k 2 q~zz~mn~incr n 1~version~quit~";
    private static final String SERVER =
            "STORED~VALUE k 7 14~a~END~STORED~VALUE q 0 1~x~END~VALUE k 7 14 5~a~END~STORED~END~STORED~"
                    + "VA 1 f7 kk Oab~y~MN~5~VERSION 1~";

    @Test
    void bytesMayBeCutAnywhere() {
        Story whole = Story.plain().client(CLIENT).known(Map.of()).online(SERVER);
        List<String> expected =
                List.of(
                        "set same",
                        "set same",
                        "get same",
                        "gets same",
                        "cas (cas-unknown)",
                        "delete same",
                        "mg same",
                        "mg same",
                        "ms same",
                        "mn same",
                        "incr same",
                        "version same",
                        "quit open");
        for (int cut = 1; cut < Story.bytes(CLIENT).readableBytes(); cut++) {
            Story story = Story.with(Map.of("cas", "as-is"));
            var client = Story.bytes(CLIENT);
            var rest = client.readableBytes() - cut;
            story.client(client.readBytes(cut)).client(client.readBytes(rest)).known(Map.of());
            var server = Story.bytes(SERVER);
            int half = Math.min(cut, server.readableBytes());
            story.online(server.slice(0, half));
            story.online(server.slice(half, server.readableBytes() - half));
            story.target(server.slice(0, half));
            story.target(server.slice(half, server.readableBytes() - half));
            assertEquals("", story.leftOut(), "cut at " + cut);
            assertEquals(expected, story.outcomes(), "cut at " + cut);
        }
        assertEquals("", whole.leftOut());
    }

    @Test
    void aWriteThatTheTargetRefusedIsALostWriteAndOneThatIsGoneWasEvicted() {
        Story story = Story.plain();
        story.client("set k 0 0 1~1~").online("STORED~").target("SERVER_ERROR out of memory~");
        story.client("get k~").online("VALUE k 0 1~1~END~").target("END~");
        story.client("set k 0 0 1~1~").both("STORED~");
        story.client("get k~").online("VALUE k 0 1~1~END~").target("END~");
        assertEquals(
                List.of("set error", "get lost-write", "set same", "get evicted"),
                story.outcomes());
    }

    @Test
    void silenceIsProvenByTheNextAnswer() {
        Story story = Story.plain().client("set k 0 0 1 noreply~1~set l 0 0 1 noreply~1~");
        assertEquals(List.of("set open", "set open"), story.outcomes());
        story.client("get k~").both("VALUE k 0 1~1~END~");
        assertEquals(List.of("set same", "set same", "get same"), story.outcomes());
        story.client("delete k noreply~").ends().targetEnds();
        assertEquals("delete same", story.outcomes().getLast());
    }

    @Test
    void aQuietReadThatOneSideAloneAnswersIsADifference() {
        Story story = Story.plain().client("mg a v k q~mg b v k q~mn~");
        story.online("VA 1 ka~1~VA 1 kb~2~MN~").target("VA 1 ka~1~MN~");
        assertEquals(List.of("mg same", "mg (cold)", "mn same"), story.outcomes());
        Story extra = Story.plain().client("mg a v Ox q~mg b v Oy q~mn~");
        extra.online("MN~").target("VA 1 Oy~2~MN~");
        assertEquals(List.of("mg same", "mg extra", "mn same"), extra.outcomes());
    }

    @Test
    void anErrorAnswersTheRequestThatIsWrongAndNoneThatWantsNoAnswer() {
        Story story = Story.plain().client("set k 0 0 1 noreply~1~incr k 1~");
        story.both("CLIENT_ERROR cannot increment or decrement non-numeric value~");
        assertEquals(List.of("set same", "incr same"), story.outcomes());
        Story wrong = Story.plain().client("incr k x noreply~get k~");
        wrong.both("CLIENT_ERROR invalid numeric delta argument~END~");
        assertEquals(List.of("incr same", "get same"), wrong.outcomes());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            get k~             | STORED~                        | out-of-step
            get k~             | VALUE other 0 1~1~END~         | out-of-step
            set k 0 0 1~1~     | END~                           | out-of-step
            mg k v O1~         | VA 1 O2~1~                     | out-of-step
            mg k v q~mn~       | HD k~STORED~                   | out-of-step
            get k~             | VALUE k 0 -5~                  | malformed-answer
            get k~             | VALUE k 0 99999999999~         | malformed-answer
            get k~             | VALUE k 0 1~1xx                | malformed-answer
            get k~             | END~END~                       | unexpected-answer
            """)
    void whatFitsNoRequestEndsTheSession(String client, String online, String reason) {
        assertEquals(reason, Story.plain().client(client).online(online).leftOut());
        assertEquals(reason, Story.plain().client(client).target(online).leftOut());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            set k 0 0 -1~            | malformed-request
            set k 0 0 x~             | malformed-request
            set k 0 0 1 2 3 4~       | malformed-request
            set k 0 0 9999999999999~ | malformed-request
            cas k 0 0 1 x~           | malformed-request
            ms k~                    | malformed-request
            ms k S1~                 | malformed-request
            """)
    void aValueWhoseEndIsNotCertainIsNotGuessedAt(String client, String reason) {
        Story story = Story.plain().client(client);
        assertEquals(reason, story.leftOut());
        assertEquals("", story.sent());
    }

    @Test
    void keysThatAreTooLongAreTheServersToRefuse() {
        String key = "k".repeat(251);
        Story read = Story.plain().client("get " + key + "~");
        read.both("CLIENT_ERROR line format~");
        assertEquals(List.of("get same"), read.outcomes());
        assertEquals(
                "malformed-request", Story.plain().client("set " + key + " 0 0 1~1~").leftOut());
    }

    @Test
    void lineThatNeverEndsEndsTheSession() {
        Story story = Story.with(Map.of("max-line", 4096)).client("get " + "k ".repeat(3000));
        assertEquals("malformed-request", story.leftOut());
    }

    @Test
    void aLargeValuePassesInPiecesBothWays() {
        int bytes = 200_000;
        String value = "v".repeat(bytes);
        Story story = Story.plain().client("set k 0 0 " + bytes + "~" + value.substring(0, 70_000));
        assertTrue(story.sent().length() > 70_000, "nothing was sent before the value was whole");
        assertEquals(0, story.playbook().unread(dev.understudy.protocol.Direction.FROM_CLIENT));
        story.client(value.substring(70_000) + "~").both("STORED~");
        story.client("get k~").online("VALUE k 0 " + bytes + "~" + value.substring(0, 100_000));
        assertEquals(0, story.playbook().unread(dev.understudy.protocol.Direction.FROM_SERVER));
        story.online(value.substring(100_000) + "~END~");
        story.target("VALUE k 0 " + bytes + "~" + value.substring(1) + "x~END~");
        assertEquals(List.of("set same", "get value"), story.outcomes());
        assertEquals(
                "200000 bytes, differing in bytes 1024 to 199999",
                ((Verdict.Different) story.verdicts().getLast()).online());
    }

    @Test
    void aMultiGetOfVeryManyKeysIsReadInAnyOrder() {
        int keys = 30_000;
        StringBuilder asked = new StringBuilder("get");
        List<String> hits = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            asked.append(" k").append(i);
            hits.add("VALUE k" + i + " 0 1~x~");
        }
        Story story = Story.plain().client(asked + "~");
        story.online(String.join("", hits) + "END~");
        story.target(String.join("", hits.reversed()) + "END~");
        assertEquals(List.of("get same"), story.outcomes());
        assertEquals(
                "out-of-step",
                Story.plain()
                        .client("get a b c~")
                        .online("VALUE c 0 1~x~VALUE d 0 1~x~")
                        .leftOut());
    }

    @Test
    void noByteOfAValueStandsInTheReasonOfASessionThatIsOutOfStep() {
        for (String line : List.of("secret~", "secret words~", "ERROR secret~", "END secret~")) {
            Story nobody = Story.plain().client("get k~").online("END~" + line);
            assertEquals("unexpected-answer", nobody.leftOut());
            Story other = Story.plain().client("get k~version~").online("VALUE k 0 1~x~" + line);
            String told = nobody.playbook().all(SessionAction.LeaveOut.class).toString();
            assertFalse(told.contains("secret"), told);
            if (!line.startsWith("ERROR")) {
                assertEquals("out-of-step", other.leftOut());
                told = other.playbook().all(SessionAction.LeaveOut.class).toString();
                assertFalse(told.contains("secret"), told);
            }
        }
    }

    @Test
    void watchAndWhatFollowsAreNotCopied() {
        Story story = Story.plain().client("watch fetchers~").online("OK~ts=1 gid=2~");
        assertEquals("watch", story.leftOut());
        assertEquals(List.of("watch skipped watch"), story.outcomes());
    }

    @Test
    void allowSendsWhatIsSkippedByDefault() {
        Story story = Story.with(Map.of("allow", List.of("flush_all"))).client("flush_all~");
        assertEquals("flush_all~", story.sent());
        assertEquals(List.of("flush_all same"), story.both("OK~").outcomes());
    }

    @Test
    void aConnectionJoinedMidwayIsCopiedOnceAnAnswerProvesItsBorder() {
        Story proven = Story.midway().online("rest of an answer~").client("get k~");
        assertEquals("", proven.sent());
        proven.online("END~");
        assertEquals("get k~", proven.sent());
        assertEquals(List.of("get same"), proven.target("END~").outcomes());
        proven.client("set k 0 0 1~1~").both("STORED~");
        assertEquals("", proven.leftOut());

        Story refuted = Story.midway().client("get k~").online("STORED~");
        assertEquals("joined-midway", refuted.leftOut());
        assertEquals("", refuted.sent());
        assertEquals("joined-midway", Story.midway().client("value bytes~").leftOut());
        assertEquals("joined-midway", Story.midway().client("set x~").leftOut());
    }

    @Test
    void noValueShowsInTheReportUnlessAskedFor() {
        Story quiet = Story.plain().client("set k 0 0 6~secret~").both("STORED~");
        quiet.client("get k~").online("VALUE k 0 6~secret~END~").target("VALUE k 0 6~secreT~END~");
        assertFalse(quiet.playbook().all(SessionAction.Asked.class).toString().contains("secret"));
        assertFalse(quiet.verdicts().toString().contains("secre"), quiet.verdicts()::toString);
        Story shown = Story.with(Map.of("show-values", true)).client("get k~");
        shown.online("VALUE k 0 6~secret~END~").target("VALUE k 0 6~secreT~END~");
        assertTrue(shown.verdicts().toString().contains("'secreT'"), shown.verdicts()::toString);
    }
}
