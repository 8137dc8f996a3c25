package dev.understudy.memcached;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Table;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemcachedProtocolTest {
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "FROM_CLIENT, 'get k\r\n', MATCH",
        "FROM_CLIENT, 'mn\r\n', MATCH",
        "FROM_CLIENT, ge, NEED_MORE",
        "FROM_CLIENT, 'GET / HTTP/1.1', NO_MATCH",
        "FROM_CLIENT, 'hello there', NO_MATCH",
        "FROM_CLIENT, '\u0080', NEED_MORE",
        "FROM_CLIENT, '\u0016\u0003\u0001', NO_MATCH",
        "FROM_SERVER, 'END\r\n', NEED_MORE",
        "FROM_SERVER, 'J\u0000\u0000\u0000\n', NO_MATCH",
    })
    void firstBytesAreTold(Direction direction, String bytes, Detection expected) {
        assertEquals(
                expected,
                new MemcachedProtocol()
                        .detect(direction, Unpooled.copiedBuffer(bytes, ISO_8859_1)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "cas, sometimes, memcached.cas",
        "login, perhaps, memcached.login",
        "login, always, memcached.users",
        "text-auth, perhaps, memcached.text-auth",
        "allow, watch, memcached.allow",
        "mechanisms, CRAM-MD5, memcached.mechanisms",
        "max-line, 1, memcached.max-line",
        "warm-max, 4096, memcached.warm-max",
        "wram, true, memcached.wram",
    })
    void aWrongSettingIsNamed(String name, String value, String named) {
        Object typed = value.chars().allMatch(Character::isDigit) ? Long.valueOf(value) : value;
        List<String> problems =
                new MemcachedProtocol().prepare(Story.run(Map.of(name, typed))).problems();
        assertEquals(1, problems.size());
        assertTrue(problems.getFirst().contains(named), problems::toString);
    }

    @Test
    void hitRatesAreToldByKeyPrefix() {
        MemcachedProtocol protocol = Story.protocol(Map.of());
        Story story = Story.of(protocol).client("get user:1 user:2 other~");
        story.online("VALUE user:1 0 1~x~VALUE user:2 0 1~x~END~");
        story.target("VALUE user:2 0 1~x~END~");
        assertEquals(
                List.of(
                        new Table(
                                "hit rate by key prefix",
                                List.of(
                                        "prefix",
                                        "keys asked",
                                        "online",
                                        "target",
                                        "never stored here"),
                                List.of(
                                        List.of("user:*", "2", "100.0 %", "50.0 %", "2"),
                                        List.of("other", "1", "0.0 %", "0.0 %", "1")))),
                protocol.conclude(Story.run(Map.of())).tables());
    }
}
