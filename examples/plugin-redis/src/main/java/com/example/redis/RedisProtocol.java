package com.example.redis;

import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pf4j.Extension;

/** Redis 2 to 8, Valkey, and what speaks like them: RESP2 and RESP3. */
@Extension
public final class RedisProtocol implements Protocol {
    private static final int USUAL_PORT = 6379;

    /** What a server's first answer may begin with. */
    private static final String ANSWERS = "+-:$*%_>|";

    private volatile Optional<RedisSettings> known = Optional.empty();

    @Override
    public String name() {
        return "redis";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of(USUAL_PORT);
    }

    /** An array of strings opens no other protocol; an inline command or an answer might. */
    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        if (!firstBytes.isReadable()) {
            return Detection.NEED_MORE;
        }
        int first = firstBytes.getByte(firstBytes.readerIndex());
        if (direction == Direction.FROM_SERVER) {
            return ANSWERS.indexOf(first) < 0 ? Detection.NO_MATCH : Detection.NEED_MORE;
        }
        if (first != '*') {
            return Detection.NO_MATCH;
        }
        return switch (new RespScanner().next(firstBytes)) {
            case Decoded.Complete<Byte> _ -> Detection.MATCH;
            case Decoded.Incomplete<Byte> _ -> Detection.NEED_MORE;
            case Decoded.Malformed<Byte> _ -> Detection.NO_MATCH;
        };
    }

    @Override
    public Preparation prepare(RunContext run) {
        RedisSettings settings = RedisSettings.of(run);
        known = Optional.of(settings);
        List<String> warnings = new ArrayList<>();
        if (!settings.allow().isEmpty()) {
            warnings.add(
                    "redis.allow sends to the target what is skipped by default: "
                            + String.join(", ", new TreeSet<>(settings.allow())));
        }
        if (settings.showValues()) {
            warnings.add("redis.show-values puts bytes of differing values into the report");
        }
        return new Preparation(List.of(), warnings);
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        return new RedisSession(settings(), session.joinedMidway());
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        return exchange.online() instanceof RedisReply online
                        && exchange.target() instanceof RedisReply target
                ? new Comparison(settings().showValues()).compare(online, target)
                : new Verdict.NotCompared("not-redis");
    }

    private RedisSettings settings() {
        return known.orElseThrow(() -> new IllegalStateException("prepare comes first"));
    }
}
