package dev.understudy.cli;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.NettyConnector;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetListener;
import dev.understudy.delivery.Transport;
import dev.understudy.sys.Firewall;
import dev.understudy.sys.PolicyRouting;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Connects once as somebody else, with the same changes of this host's routing as a run would make,
 * and takes them back: so what keeps the answers away is found before the run, and named.
 */
final class AddressTrial {
    /** Nobody has these (RFC 5737, RFC 3849). */
    private static final InetAddress NOBODY_4 = InetAddress.ofLiteral("198.51.100.1");

    private static final InetAddress NOBODY_6 = InetAddress.ofLiteral("2001:db8::1");

    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final String TIMEOUT = "timeout";

    private final KernelState kernel;

    AddressTrial(KernelState kernel) {
        this.kernel = kernel;
    }

    private interface Changing {
        PolicyRouting make() throws IOException;
    }

    /** An address that is nobody's, of the same family. */
    static InetAddress nobody(InetSocketAddress server) {
        return server.getAddress() instanceof Inet6Address ? NOBODY_6 : NOBODY_4;
    }

    /** On the target's own host, as an intercept connects. */
    List<Check> beside(Endpoint server, InetAddress client) {
        if (!LocalServers.isHere(server.address().getAddress())) {
            return List.of(
                    Check.failed(
                            "address",
                            "--protect %s: no interface here has this address: look on the target's host, in its network namespace"
                                    .formatted(server)));
        }
        int mark = PolicyRouting.DEFAULT_MARK;
        return connect(
                server,
                client,
                mark,
                () ->
                        PolicyRouting.beside(
                                PolicyRouting.FOLDER,
                                List.of(server.address()),
                                mark,
                                PolicyRouting.DEFAULT_TABLE),
                "no answer of %s to %s is left on this host"
                        .formatted(server, client.getHostAddress()));
    }

    /** On the copy host, where a route on the target's side leads there. */
    List<Check> byRoute(Endpoint target, InetAddress client) {
        if (LocalServers.isHere(target.address().getAddress())) {
            return List.of(
                    Check.failed(
                            "address",
                            "--return-route: the target %s is on this host: use an intercept, and --protect here"
                                    .formatted(target)));
        }
        return connect(
                target,
                client,
                0,
                () ->
                        PolicyRouting.answersOf(
                                PolicyRouting.FOLDER,
                                target.address(),
                                PolicyRouting.DEFAULT_TABLE),
                "no answer of %s to %s comes here: is there a route on the target's side, as 'ip route add %s via THIS-HOST', and no firewall between?"
                        .formatted(target, client.getHostAddress(), client.getHostAddress()));
    }

    private List<Check> connect(
            Endpoint server, InetAddress client, int mark, Changing changing, String noAnswer) {
        if (Transport.best() != Transport.EPOLL) {
            return List.of(
                    Check.failed(
                            "address",
                            "other hosts' addresses need Linux and Netty's native library: there is none for this system"));
        }
        long filtered = kernel.reversePathDrops();
        String end;
        try (PolicyRouting _ = changing.make()) {
            end = tryOnce(server.address(), client, mark);
        } catch (IOException e) {
            return List.of(Check.failed("address", e.getMessage()));
        }
        if (end.isEmpty()) {
            return List.of(
                    Check.ok(
                            "address",
                            "%s was reached as %s, and its answer came here"
                                    .formatted(server, client.getHostAddress())));
        }
        if (!end.equals(TIMEOUT)) {
            return List.of(
                    Check.failed(
                            "address",
                            "%s cannot be reached as %s (%s): is it running?"
                                    .formatted(server, client.getHostAddress(), end)));
        }
        return why(filtered, noAnswer);
    }

    private List<Check> why(long filteredBefore, String noAnswer) {
        List<Check> found = new ArrayList<>();
        long filtered = kernel.reversePathDrops() - filteredBefore;
        if (filtered > 0) {
            found.add(
                    Check.failed(
                            "rp_filter",
                            "%d packets were dropped, since answers come in by another interface than the way to their sender (%s): set net.ipv4.conf.IFACE.rp_filter to 2, or route both the same way"
                                    .formatted(filtered, kernel.strictReversePaths())));
        }
        List<String> rules = Firewall.dropping();
        if (!rules.isEmpty()) {
            found.add(
                    Check.failed(
                            "firewall",
                            "one of these drops the answers, or packets with the mark %#x: let them pass%n%s"
                                    .formatted(
                                            PolicyRouting.DEFAULT_MARK,
                                            String.join(
                                                    System.lineSeparator(),
                                                    rules.stream()
                                                            .map(rule -> "             " + rule)
                                                            .toList()))));
        }
        if (found.isEmpty()) {
            found.add(Check.failed("route", noAnswer));
        }
        return found;
    }

    /** How it ended, empty where it was answered. */
    private static String tryOnce(InetSocketAddress server, InetAddress client, int mark)
            throws IOException {
        EventLoopGroup loops = Transport.EPOLL.loops(1);
        try {
            Delivery delivery =
                    new Delivery(PATIENCE, 0, List.of(), Delivery.DEFAULT_SEND_BUFFER_BYTES)
                            .withClientAddress(new ClientAddress.Keep(), mark);
            CompletableFuture<String> end = new CompletableFuture<>();
            EventLoop loop = loops.next();
            Origin origin = new Origin(new InetSocketAddress(client, 0), server, false);
            loop.submit(
                            () -> {
                                TargetConnection trial =
                                        new NettyConnector(Transport.EPOLL, delivery)
                                                .connect(server, origin, false, loop, told(end));
                                end.whenComplete((_, _) -> loop.execute(trial::close));
                            })
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return end.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (TimeoutException _) {
            return TIMEOUT;
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause().getMessage()), e);
        } finally {
            // What is closed has gone before the rules go.
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private static TargetListener told(CompletableFuture<String> end) {
        return new TargetListener() {
            @Override
            public void up(long timeNanos) {
                end.complete("");
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
                end.complete(reason);
            }
        };
    }
}
