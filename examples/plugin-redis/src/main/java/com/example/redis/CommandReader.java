package com.example.redis;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the requests of one connection: arrays of strings, or inline commands, which are a line of
 * words as somebody types it. A request without words is none, and has no answer.
 */
final class CommandReader {
    private final RespScanner scanner = new RespScanner();

    /**
     * The request at the reader index; the index stays. Empty where there are bytes to pass over
     * and no request.
     */
    Decoded<Optional<Command>> next(ByteBuf in) {
        return in.getByte(in.readerIndex()) == '*' ? array(in) : inline(in);
    }

    private Decoded<Optional<Command>> array(ByteBuf in) {
        return switch (scanner.next(in)) {
            case Decoded.Incomplete<Byte>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<Byte>(int at, String reason) ->
                    new Decoded.Malformed<>(at, reason);
            case Decoded.Complete<Byte>(Byte _, int length) -> {
                List<String> words = new ArrayList<>();
                if (Value.read(in.slice(in.readerIndex(), length))
                        instanceof Value.Items(List<Value> values, boolean _)) {
                    for (Value value : values) {
                        if (!(value instanceof Value.Bytes(String bytes))) {
                            yield new Decoded.Malformed<>(0, "a word that is no string");
                        }
                        words.add(bytes);
                    }
                }
                yield whole(words, length);
            }
        };
    }

    private static Decoded<Optional<Command>> whole(List<String> words, int length) {
        return new Decoded.Complete<>(
                words.isEmpty() ? Optional.empty() : Optional.of(new Command(words)), length);
    }

    private static Decoded<Optional<Command>> inline(ByteBuf in) {
        int feed = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
        if (feed < 0 || feed - in.readerIndex() > RespScanner.MAX_LINE) {
            return feed >= 0 || in.readableBytes() > RespScanner.MAX_LINE
                    ? new Decoded.Malformed<>(0, "an inline command that is too long")
                    : new Decoded.Incomplete<>(1);
        }
        int length = feed + 1 - in.readerIndex();
        String line = in.toString(in.readerIndex(), length - 1, StandardCharsets.ISO_8859_1);
        return words(line)
                .map(words -> whole(words, length))
                .orElseGet(() -> new Decoded.Malformed<>(0, "quotes that do not match"));
    }

    /** The words of a line, as the server splits it; empty where its quotes do not match. */
    private static Optional<List<String>> words(String line) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < line.length() && isSpace(line.charAt(at))) {
                at++;
            }
            if (at == line.length()) {
                return Optional.of(words);
            }
            StringBuilder word = new StringBuilder();
            at = word(line, at, word);
            if (at < 0) {
                return Optional.empty();
            }
            words.add(word.toString());
        }
    }

    /** Reads one word, and says where it ends; -1 where its quotes do not match. */
    private static int word(String line, int from, StringBuilder word) {
        int at = from;
        while (at < line.length() && !isSpace(line.charAt(at))) {
            char c = line.charAt(at);
            if (c != '"' && c != '\'') {
                word.append(c);
                at++;
                continue;
            }
            at = quoted(line, at + 1, c, word);
            if (at < 0 || (at < line.length() && !isSpace(line.charAt(at)))) {
                return -1;
            }
        }
        return at;
    }

    private static int quoted(String line, int from, char quote, StringBuilder word) {
        int at = from;
        while (at < line.length() && line.charAt(at) != quote) {
            char c = line.charAt(at);
            boolean escape = c == '\\' && at + 1 < line.length();
            if (escape && quote == '"' && line.startsWith("\\x", at) && isHex(line, at + 2)) {
                word.append((char) Integer.parseInt(line, at + 2, at + 4, 16));
                at += 4;
            } else if (escape && (quote == '"' || line.charAt(at + 1) == '\'')) {
                word.append(escaped(line.charAt(at + 1), quote));
                at += 2;
            } else {
                word.append(c);
                at++;
            }
        }
        return at < line.length() ? at + 1 : -1;
    }

    private static char escaped(char c, char quote) {
        if (quote == '\'') {
            return c;
        }
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> c;
        };
    }

    private static boolean isHex(String line, int at) {
        return at + 2 <= line.length()
                && Character.digit(line.charAt(at), 16) >= 0
                && Character.digit(line.charAt(at + 1), 16) >= 0;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
}
