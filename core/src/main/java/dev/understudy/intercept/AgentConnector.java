package dev.understudy.intercept;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.TargetListener;
import dev.understudy.delivery.Transport;
import dev.understudy.link.Caller;
import dev.understudy.link.Service;
import dev.understudy.link.SharedSecret;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Connects through an agent beside the target, so that the target sees the clients' addresses. */
public final class AgentConnector implements TargetConnector {
    /** For the questions before and after a run. */
    private static final long QUESTION_SECONDS = 12;

    private final InetSocketAddress agent;
    private final Caller caller;
    private final Transport transport;
    private final Delivery delivery;
    private final Consumer<String> say;
    private final LinkCounts counts = new LinkCounts();
    private final Map<EventLoop, AgentLink> links = new ConcurrentHashMap<>();

    /**
     * Nothing is connected yet.
     *
     * @param delivery with the client address wanted, which is a foreign one
     * @param say takes one line for the user at a time, on any thread
     */
    public AgentConnector(
            InetSocketAddress agent,
            SharedSecret secret,
            Transport transport,
            Delivery delivery,
            Consumer<String> say) {
        if (!delivery.clientAddress().isForeign()) {
            throw new IllegalArgumentException("an agent is for foreign addresses");
        }
        this.agent = agent;
        caller = new Caller(Service.INTERCEPT, secret, UUID.randomUUID());
        this.transport = transport;
        this.delivery = delivery;
        this.say = say;
    }

    @Override
    public TargetConnection connect(
            InetSocketAddress peer,
            Origin origin,
            boolean startWithTls,
            EventLoop loop,
            TargetListener listener) {
        AgentLink link =
                links.computeIfAbsent(loop, owner -> new AgentLink(terms(new Saying()), owner));
        ClientAddress wanted = delivery.clientAddress();
        InetSocketAddress client =
                new InetSocketAddress(
                        wanted.foreign(origin.client().getAddress(), origin.copyNumber())
                                .orElseThrow(),
                        origin.client().getPort());
        if (origin.main()) {
            listener.begun(client, Clock.epochNanos());
        }
        return new AgentConnection(
                link,
                new AgentConnection.Opening(peer, Optional.of(client), origin.main(), startWithTls),
                delivery,
                loop,
                listener);
    }

    private AgentLink.Terms terms(AgentLink.Listener listener) {
        return new AgentLink.Terms(agent, caller, transport, counts, listener);
    }

    /** Says that the link is lost once, and that it is there again. */
    private final class Saying implements AgentLink.Listener {
        private boolean lost;

        @Override
        public void linkUp() {
            if (lost) {
                lost = false;
                say.accept("the link to the intercept is there again");
            }
        }

        @Override
        public void linkDown(String reason, boolean forGood) {
            if (!lost) {
                lost = true;
                say.accept("the link to the intercept %s is down: %s".formatted(named(), reason));
            }
        }

        @Override
        public void counted(SortedMap<String, Long> ofAgent) {
            // Asked for by questions only.
        }
    }

    private String named() {
        return agent.getAddress().getHostAddress() + ":" + agent.getPort();
    }

    /**
     * Whether the agent is there, believes us, and reaches the target; blocks.
     *
     * @throws IOException with a message for the user
     */
    public void check(InetSocketAddress target) throws IOException {
        String answer =
                ask(
                        question -> {
                            CompletableFuture<String> reached = new CompletableFuture<>();
                            question.failed.thenAccept(reached::completeExceptionally);
                            AgentConnection trial =
                                    new AgentConnection(
                                            question.link,
                                            new AgentConnection.Opening(
                                                    target, Optional.empty(), false, false),
                                            delivery,
                                            question.loop,
                                            new Reached(reached));
                            reached.whenComplete((_, _) -> question.loop.execute(trial::close));
                            return reached;
                        });
        if (answer.equals("not-protected")) {
            throw new IOException(
                    "the intercept %s does not protect %s:%d: start it with --protect for this server"
                            .formatted(
                                    named(),
                                    target.getAddress().getHostAddress(),
                                    target.getPort()));
        }
        if (!answer.isEmpty()) {
            throw new IOException(
                    "the intercept %s cannot reach the target %s:%d (%s): is it running?"
                            .formatted(
                                    named(),
                                    target.getAddress().getHostAddress(),
                                    target.getPort(),
                                    answer));
        }
    }

    /** What both ends counted; without the agent's where it is gone. Blocks. */
    public SortedMap<String, Long> counts() {
        SortedMap<String, Long> both = new TreeMap<>();
        counts.snapshot().forEach((name, count) -> both.put("copier." + name, count));
        try {
            SortedMap<String, Long> ofAgent =
                    ask(
                            question -> {
                                CompletableFuture<SortedMap<String, Long>> asked = question.counted;
                                question.failed.thenAccept(asked::completeExceptionally);
                                question.linkUp.thenRun(
                                        () -> question.link.send(new Frame.AskCounts()));
                                question.link.connect();
                                return asked;
                            });
            // Links of questions are none of the run's.
            ofAgent.forEach((name, count) -> both.put("agent." + name, count));
        } catch (IOException e) {
            say.accept("what the intercept counted is not in the report: " + e.getMessage());
        }
        return both;
    }

    /** A link of its own, for one question. */
    private static final class Question implements AgentLink.Listener {
        private final CompletableFuture<Throwable> failed = new CompletableFuture<>();
        private final CompletableFuture<Boolean> linkUp = new CompletableFuture<>();
        private final CompletableFuture<SortedMap<String, Long>> counted =
                new CompletableFuture<>();
        private final EventLoop loop;
        private final AgentLink link;

        private Question(EventLoop loop, Function<AgentLink.Listener, AgentLink.Terms> terms) {
            this.loop = loop;
            link = new AgentLink(terms.apply(this), loop);
        }

        @Override
        public void linkUp() {
            linkUp.complete(true);
        }

        @Override
        public void linkDown(String reason, boolean forGood) {
            failed.complete(new IOException(reason));
        }

        @Override
        public void counted(SortedMap<String, Long> ofAgent) {
            counted.complete(ofAgent);
        }
    }

    private record Reached(CompletableFuture<String> answer) implements TargetListener {
        @Override
        public void up(long timeNanos) {
            answer.complete("");
        }

        @Override
        public void received(ByteBuf bytes, long timeNanos) {
            // A greeting: that it is up was heard before.
        }

        @Override
        public void writable(boolean writable) {
            // Nothing is sent.
        }

        @Override
        public void ended(String reason, long timeNanos) {
            answer.complete(reason);
        }
    }

    private <T> T ask(Function<Question, CompletableFuture<T>> asking) throws IOException {
        EventLoopGroup loops = transport.loops(1);
        EventLoop loop = loops.next();
        Question question =
                new Question(
                        loop,
                        listener ->
                                new AgentLink.Terms(
                                        agent, caller, transport, new LinkCounts(), listener));
        try {
            CompletableFuture<T> answer = new CompletableFuture<>();
            loop.execute(
                    () ->
                            asking.apply(question)
                                    .whenComplete(
                                            (value, failure) -> {
                                                if (failure == null) {
                                                    answer.complete(value);
                                                } else {
                                                    answer.completeExceptionally(failure);
                                                }
                                            }));
            return answer.get(QUESTION_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException(
                    "the intercept %s: %s".formatted(named(), e.getCause().getMessage()),
                    e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the intercept %s does not answer".formatted(named()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            loop.execute(question.link::close);
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
        }
    }
}
