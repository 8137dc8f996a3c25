package com.example.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
    private static RedisReply said(String command, String bytes) {
        return new RedisReply.Said(
                Value.read(Wire.wire(bytes)),
                Rules.likeness(new Command(List.of(command.split(" ", -1)))));
    }

    private static String word(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Same _ -> "same";
            case Verdict.Different different -> different.kind();
            case Verdict.NotCompared(String reason) -> "not compared: " + reason;
        };
    }

    @ParameterizedTest(name = "{0}: {3}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # command  | online              | target               | comes to
                    GET k      | $1~a~               | $1~a~                | same
                    GET k      | $1~a~               | $1~b~                | value
                    GET k      | $1~a~               | $-1~                 | missing
                    GET k      | $-1~                | _~                   | same
                    GET k      | $1~1~               | :1~                  | type
                    GET k      | -ERR a~             | -ERR a~              | same
                    GET k      | -ERR a~             | -ERR b~              | error-text
                    GET k      | -ERR a~             | -WRONGTYPE a~        | error
                    GET k      | $1~a~               | -ERR a~              | error
                    LRANGE l   | *2~$1~a~$1~b~       | *2~$1~b~$1~a~        | value
                    LRANGE l   | *1~$1~a~            | *2~$1~a~$1~b~        | length
                    SMEMBERS s | *2~$1~a~$1~b~       | *2~$1~b~$1~a~        | same
                    SMEMBERS s | *2~$1~a~$1~b~       | *2~$1~b~$1~c~        | value
                    HGETALL h  | *4~+a~+1~+b~+2~     | *4~+b~+2~+a~+1~      | same
                    HGETALL h  | *4~+a~+1~+b~+2~     | *4~+b~+1~+a~+2~      | value
                    TTL k      | :100~               | :91~                 | same
                    TTL k      | :100~               | :80~                 | value
                    TTL k      | :100~               | :-1~                 | value
                    SCAN 0     | *2~$1~0~*2~+a~+b~   | *2~$1~0~*2~+b~+a~    | same
                    SCAN 0     | *2~$1~7~*1~+a~      | *2~$1~9~*1~+b~       | not compared: scan-order
                    HELLO 3    | %2~+id~:1~$5~proto~:3~ | %2~+id~:2~$5~proto~:3~ | same
                    HELLO 3    | %1~$5~proto~:3~     | %1~$5~proto~:2~      | value
                    XADD s * a | $3~1-1~             | $3~2-1~              | not compared: made-up-id
                    XADD s * a | $3~1-1~             | -ERR no~             | error
                    INFO       | $1~a~               | $1~b~                | not compared: server-values
                    """)
    void answersAreHeldAgainstOneAnother(
            String command, String online, String target, String expected) {
        Verdict verdict =
                new Comparison(false).compare(said(command, online), said(command, target));
        assertEquals(expected, word(verdict), verdict::toString);
    }

    @Test
    void whatClientsHaveStoredShowsOnlyWhenAskedFor() {
        RedisReply online = said("GET k", "$6~abcdef~");
        RedisReply target = said("GET k", "$6~abcxyz~");
        String hidden = new Comparison(false).compare(online, target).toString();
        assertFalse(hidden.contains("abc"), hidden);
        assertTrue(hidden.contains("6 bytes, other from byte 3 on"), hidden);
        String shown = new Comparison(true).compare(online, target).toString();
        assertTrue(shown.contains("'abcxyz'"), shown);
        assertFalse(online.describe().contains("abc"), online.describe());
    }

    @Test
    void anErrorDoesNotRepeatWhatTheClientSaid() {
        String told =
                said("X", "-ERR unknown command 'X', with args beginning with: 'pw' ~").describe();
        assertEquals("error ERR unknown command 'X'", told);
    }

    @Test
    void largeAnswersAreComparedByTheirHashAlone() {
        RedisReply one = new RedisReply.TooLarge(10, "a");
        assertEquals("same", word(new Comparison(false).compare(one, one)));
        assertEquals(
                "not compared: too-large",
                word(new Comparison(false).compare(one, new RedisReply.TooLarge(10, "b"))));
    }
}
