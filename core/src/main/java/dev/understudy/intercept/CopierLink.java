package dev.understudy.intercept;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.NettyConnector;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CorruptedFrameException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The agent's end of the link of a copier that has shown that it knows the secret. */
final class CopierLink extends SimpleChannelInboundHandler<Frame> {
    /** Connections of one link at once. */
    static final int MAX_STREAMS = 30_000;

    private final Agent agent;
    private final AgentCounts counts;
    private final Channel channel;
    private final TargetConnector clients;
    private final TargetConnector own;
    private final Map<Integer, ServedStream> streams = new HashMap<>();
    private final Set<ServedStream> dirty = new LinkedHashSet<>();
    private final Set<ServedStream> waiting = new LinkedHashSet<>();
    private int lastStream;

    CopierLink(Agent agent, AgentCounts counts, Channel channel, int mark) {
        super(Frame.class);
        this.agent = agent;
        this.counts = counts;
        this.channel = channel;
        Delivery delivery =
                new Delivery(
                        Delivery.defaults().connectTimeout(),
                        Delivery.defaults().connectRetries(),
                        List.of(),
                        Window.BYTES);
        clients =
                new NettyConnector(
                        Transport.EPOLL,
                        delivery.withClientAddress(new ClientAddress.Keep(), mark),
                        counts.delivery());
        own = new NettyConnector(Transport.EPOLL, delivery, counts.delivery());
    }

    AgentCounts counts() {
        return counts;
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** Queues a frame; it goes out at the end of this turn of the loop. */
    void send(Frame frame) {
        channel.write(frame, channel.voidPromise());
        agent.flushSoon(channel);
    }

    void dirty(ServedStream stream) {
        dirty.add(stream);
    }

    /** It is told when the link has room again. */
    void waitsForRoom(ServedStream stream) {
        waiting.add(stream);
    }

    /** Bytes are kept for a slow end, or (below 0) no longer; false where that is too much. */
    boolean hold(int bytes) {
        return agent.hold(bytes);
    }

    void cannotHold(int number) {
        ServedStream stream = streams.get(number);
        if (stream != null) {
            // Not from within: the stream is at work just now.
            channel.eventLoop()
                    .execute(
                            () -> {
                                if (streams.get(number) == stream) {
                                    stream.close();
                                    ended(number, "agent-memory");
                                }
                            });
        }
    }

    /** A connection is over; the copier is told. */
    void ended(int number, String reason) {
        ServedStream stream = streams.remove(number);
        if (stream != null) {
            waiting.remove(stream);
            countEnd(stream);
            send(new Frame.Ended(number, reason));
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
        switch (frame) {
            case Frame.Open open -> open(open);
            case Frame.Data(int number, ByteBuf bytes) -> data(number, bytes);
            case Frame.Credit(int number, int bytes) -> {
                if (!known(number).map(stream -> stream.grant(bytes)).orElse(true)) {
                    throw new CorruptedFrameException("credit for bytes never sent");
                }
            }
            case Frame.StartTls(int number) -> known(number).ifPresent(ServedStream::startTls);
            case Frame.Fin(int number) -> known(number).ifPresent(ServedStream::halfClose);
            case Frame.Close(int number) ->
                    known(number).ifPresent(stream -> close(number, stream));
            case Frame.AskCounts() -> send(new Frame.Counts(counts.snapshot()));
            case Frame.Ping() -> send(new Frame.Pong());
            case Frame.Pong() -> {}
            case Frame.Opened _ -> throw new CorruptedFrameException("a frame of the agent's");
            case Frame.Ended _ -> throw new CorruptedFrameException("a frame of the agent's");
            case Frame.Counts _ -> throw new CorruptedFrameException("a frame of the agent's");
        }
    }

    private void data(int number, ByteBuf bytes) {
        Optional<ServedStream> stream = known(number);
        if (stream.isEmpty()) {
            bytes.release();
        } else if (!stream.get().send(bytes)) {
            throw new CorruptedFrameException("more bytes than credit");
        }
    }

    private void close(int number, ServedStream stream) {
        streams.remove(number);
        waiting.remove(stream);
        stream.close();
        countEnd(stream);
    }

    private void countEnd(ServedStream stream) {
        if (stream.forClient()) {
            counts.ended();
        }
    }

    /** What has ended meanwhile is still sent to for a while; what never was is no such thing. */
    private Optional<ServedStream> known(int number) {
        Optional<ServedStream> stream = Optional.ofNullable(streams.get(number));
        if (stream.isEmpty()) {
            if (number > lastStream || number <= 0) {
                throw new CorruptedFrameException("no stream " + number);
            }
            counts.late();
        }
        return stream;
    }

    private void open(Frame.Open open) {
        if (open.stream() <= lastStream) {
            throw new CorruptedFrameException("stream " + open.stream() + " a second time");
        }
        lastStream = open.stream();
        if (streams.size() >= MAX_STREAMS) {
            refuse(open, "agent-busy");
        } else if (!agent.isProtected(open.peer())) {
            refuse(open, "not-protected");
        } else {
            boolean forClient = open.client().isPresent();
            if (forClient) {
                counts.connection();
            }
            ServedStream stream = new ServedStream(open.stream(), forClient, this);
            streams.put(open.stream(), stream);
            InetSocketAddress client =
                    open.client()
                            .orElse(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            TargetConnector connector = forClient ? clients : own;
            stream.connection(
                    connector.connect(
                            open.peer(),
                            new Origin(client, open.peer(), open.keepPort()),
                            open.tls(),
                            channel.eventLoop(),
                            stream));
        }
    }

    private void refuse(Frame.Open open, String reason) {
        counts.refused();
        send(new Frame.Ended(open.stream(), reason));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        dirty.forEach(ServedStream::flush);
        dirty.clear();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            List<ServedStream> all = new ArrayList<>(waiting);
            waiting.clear();
            all.forEach(ServedStream::drain);
        }
        ctx.fireChannelWritabilityChanged();
    }

    /** The link is gone: so are its connections, by RST, that the server may know at once. */
    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        List<ServedStream> all = new ArrayList<>(streams.values());
        streams.clear();
        waiting.clear();
        dirty.clear();
        all.forEach(
                stream -> {
                    stream.close();
                    countEnd(stream);
                });
        ctx.fireChannelInactive();
    }
}
