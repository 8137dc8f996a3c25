package dev.understudy.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.ChannelException;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EndReasonTest {
    /** The texts are those of Netty 4.2 and JDK 25 on Linux, where a test cannot make them. */
    static Stream<Arguments> causes() {
        return Stream.of(
                Arguments.of(
                        "no-ports",
                        new IOException(
                                "connect(..) failed with error(-99): Cannot assign requested"
                                        + " address")),
                Arguments.of(
                        "no-ports", new ConnectException("Cannot assign requested address: /h:1")),
                Arguments.of(
                        "no-ports",
                        new IOException("bind(..) failed with error(-98): Address already in use")),
                Arguments.of("no-ports", new BindException("Cannot assign requested address")),
                Arguments.of(
                        "no-files",
                        new ChannelException(
                                "Unable to create Channel",
                                new IOException("newSocketStream(..): Too many open files"))),
                Arguments.of(
                        "reset",
                        new IOException(
                                "recvAddress(..) failed with error(-104): Connection reset by"
                                        + " peer")),
                Arguments.of("reset", new SocketException("Broken pipe")),
                Arguments.of("timeout", new IOException("Connection timed out")),
                Arguments.of("refused", new ConnectException("Connection refused: /h:1")),
                Arguments.of("unreachable", new ConnectException("Network is unreachable")),
                Arguments.of("unreachable", new NoRouteToHostException("No route to host")),
                Arguments.of("tls", new DecoderException(new SSLHandshakeException("no"))),
                Arguments.of("failed", new IllegalStateException("of ours")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("causes")
    void theSameThingHasTheSameWord(String word, Exception cause) {
        assertEquals(word, EndReason.of(cause));
    }
}
