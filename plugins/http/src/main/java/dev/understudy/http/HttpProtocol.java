package dev.understudy.http;

import dev.understudy.http.compare.CompareSettings;
import dev.understudy.http.compare.Comparison;
import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.compare.NoiseLearner;
import dev.understudy.http.state.BornValues;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.pf4j.Extension;

/** HTTP/1.0 and HTTP/1.1, and WebSocket as a tunnel behind them. */
@Extension
public final class HttpProtocol implements Protocol {
    /** So many pairs of the target's answers, at least and at most, before noise is drawn anew. */
    private static final long LEAST_MORE_PAIRS = 5;

    private static final long MOST_MORE_PAIRS = 100;

    private record Shared(
            HttpSettings settings,
            BornValues born,
            NoiseLearner learner,
            boolean control,
            AtomicLong pairs,
            AtomicLong nextDrawn) {
        private Shared(HttpSettings settings, NoiseLearner learner, boolean control) {
            this(
                    settings,
                    new BornValues(),
                    learner,
                    control,
                    new AtomicLong(),
                    new AtomicLong(LEAST_MORE_PAIRS));
        }

        private Optional<Path> noiseFile() {
            return settings.compare().noiseFile();
        }

        private boolean learns() {
            return noiseFile().isPresent() || settings.compare().probe() > 0;
        }
    }

    private volatile Optional<Shared> shared = Optional.empty();
    private volatile Comparison comparison = new Comparison(CompareSettings.defaults());

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of(80, 8000, 8080, 8888);
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
        NoiseLearner learner;
        try {
            settings = HttpSettings.of(run, Instant.now());
            learner = new NoiseLearner(settings.compare());
            Optional<Path> noise = settings.compare().noiseFile();
            if (noise.isPresent() && Files.exists(noise.get())) {
                learner.read(noise.get());
            }
        } catch (SettingsException e) {
            return new Preparation(List.of(e.getMessage()), List.of());
        } catch (IOException e) {
            return new Preparation(
                    List.of("http.compare.noise-file cannot be read: " + e.getMessage()),
                    List.of());
        }
        shared = Optional.of(new Shared(settings, learner, run.control()));
        comparison = new Comparison(settings.compare()).with(learner.learnt());
        List<String> warnings = new ArrayList<>(settings.rules().warnings());
        if (settings.sendsAmbiguous()) {
            warnings.add(
                    "http.ambiguous-framing: send sends requests whose end servers read in different ways: a rehearsal may smuggle requests into the target");
        }
        return new Preparation(List.of(), warnings);
    }

    /** What was learnt to be noise counts from here on. */
    @Override
    public Preparation refresh(RunContext run) {
        learning().ifPresent(this::draw);
        return Preparation.nothing();
    }

    /** Takes the noise from what was learnt so far. */
    private void draw(Shared run) {
        comparison = comparison.with(run.learner().learnt());
    }

    /** The target has answered one request twice. */
    private void twice(Shared run, Request request, HttpReply first, HttpReply second) {
        run.learner().twice(request, first, second);
        paired(run);
    }

    /**
     * Servers that must agree have answered one request. What is noise is drawn anew when the pairs
     * have grown by a tenth, since it goes through all places: soon at first, and seldom later.
     */
    private void paired(Shared run) {
        long pairs = run.pairs().incrementAndGet();
        long due = run.nextDrawn().get();
        long more = Math.clamp(pairs / 10, LEAST_MORE_PAIRS, MOST_MORE_PAIRS);
        if (pairs >= due && run.nextDrawn().compareAndSet(due, pairs + more)) {
            draw(run);
        }
    }

    /** Adds what was learnt to the file that the configuration names. */
    @Override
    public Conclusion conclude(RunContext run) {
        List<String> warnings = new ArrayList<>();
        learning()
                .ifPresent(
                        learnt -> {
                            long left = learnt.learner().leftOut();
                            if (left > 0) {
                                warnings.add(
                                        "http.compare: %,d times a kind of request, or a place in its answers, was not counted for learnt noise, since there were too many"
                                                .formatted(left));
                            }
                            learnt.noiseFile().ifPresent(file -> write(learnt, file, warnings));
                        });
        return new Conclusion(List.of(), warnings);
    }

    private static void write(Shared run, Path file, List<String> warnings) {
        try {
            run.learner().addTo(file);
        } catch (IOException e) {
            warnings.add("http.compare.noise-file cannot be written: " + e.getMessage());
        }
    }

    /** The run, where it learns noise. */
    private Optional<Shared> learning() {
        return shared.filter(Shared::learns);
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        Shared run =
                shared.orElseThrow(() -> new IllegalStateException("open comes after prepare"));
        return run.settings()
                .filters()
                .open(
                        session,
                        () ->
                                new HttpSession(
                                        session,
                                        run.settings(),
                                        run.born(),
                                        new Replies(
                                                session.run().replyKeepBytes(),
                                                run.settings().compare()),
                                        (request, first, second) ->
                                                twice(run, request, first, second)));
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (exchange.online() instanceof Unjudged(Reply _, String reason)) {
            return new Verdict.NotCompared(reason);
        }
        Optional<HttpReply> reference =
                control.filter(HttpReply.class::isInstance).map(HttpReply.class::cast);
        shared.filter(run -> run.learns() || reference.isPresent())
                .ifPresent(run -> learn(run, exchange, reference));
        return comparison.compare(exchange, reference);
    }

    private void learn(Shared run, Exchange exchange, Optional<HttpReply> reference) {
        if (run.control()) {
            run.learner().ofControl(exchange);
            return;
        }
        if (exchange.online() instanceof HttpReply online && reference.isPresent()) {
            run.learner().beside(exchange.request(), online, reference.get());
            paired(run);
        }
        run.learner().compared(exchange);
    }
}
