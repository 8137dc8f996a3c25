package dev.understudy.http;

import dev.understudy.http.state.BornValues;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pf4j.Extension;

/** HTTP/1.0 and HTTP/1.1, and WebSocket as a tunnel behind them. */
@Extension
public final class HttpProtocol implements Protocol {
    private record Shared(HttpSettings settings, BornValues born) {}

    private volatile Optional<Shared> shared = Optional.empty();

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of(80, 3000, 5000, 8000, 8008, 8080, 8081, 8088, 8888);
    }

    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return switch (direction) {
            case FROM_SERVER -> FirstBytes.ofServer(firstBytes);
            case FROM_CLIENT -> FirstBytes.ofClient(firstBytes);
        };
    }

    @Override
    public Preparation prepare(RunContext run) {
        HttpSettings settings;
        try {
            settings = HttpSettings.of(run, Instant.now());
        } catch (SettingsException e) {
            return new Preparation(List.of(e.getMessage()), List.of());
        }
        shared = Optional.of(new Shared(settings, new BornValues()));
        List<String> warnings = new ArrayList<>(settings.rules().warnings());
        if (settings.sendsAmbiguous()) {
            warnings.add(
                    "http.ambiguous-framing: send sends requests whose end servers read in different ways: a rehearsal may smuggle requests into the target");
        }
        return new Preparation(List.of(), warnings);
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        Shared run =
                shared.orElseThrow(() -> new IllegalStateException("open comes after prepare"));
        return new HttpSession(
                session, run.settings(), run.born(), PlainRecord.maker(), path -> path);
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (exchange.online() instanceof Unjudged(Reply _, String reason)) {
            return new Verdict.NotCompared(reason);
        }
        return exchange.online().equals(exchange.target())
                ? new Verdict.Same()
                : new Verdict.Different(
                        "answer", exchange.online().describe(), exchange.target().describe());
    }
}
