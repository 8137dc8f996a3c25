package dev.understudy.delivery;

import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * The word to count a connection's end by. The JDK and Netty's native transport say the same thing
 * by different exceptions, and some things by their text alone: that of strerror(3).
 */
final class EndReason {
    private EndReason() {}

    static String of(Throwable cause) {
        return switch (cause) {
            case ConnectTimeoutException _ -> "timeout";
            case NoRouteToHostException _ -> "unreachable";
            case UnknownHostException _ -> "unreachable";
            case BindException _ -> "no-ports";
            case SSLException _ -> "tls";
            case ClosedChannelException _ -> "closed";
            case ConnectException refused -> byText(refused).orElse("unreachable");
            case IOException broken -> byText(broken).orElse("failed");
            case DecoderException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
            case ChannelException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
            case ChannelException failed -> byText(failed).orElse("failed");
            case Throwable _ -> "failed";
        };
    }

    private static Optional<String> byText(Exception e) {
        String text = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("refused")) {
            return Optional.of("refused");
        }
        if (text.contains("assign requested address") || text.contains("address already in use")) {
            return Optional.of("no-ports");
        }
        if (text.contains("too many open files")) {
            return Optional.of("no-files");
        }
        if (text.contains("reset") || text.contains("broken pipe")) {
            return Optional.of("reset");
        }
        return text.contains("timed out") ? Optional.of("timeout") : Optional.empty();
    }
}
