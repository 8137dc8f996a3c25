package dev.understudy.tls;

import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A connection between two OpenSSLs as it passed a relay, by {@code transcripts.py}.
 *
 * @param keys lines of the key log
 * @param plain what the application said, by direction
 */
public record TlsTranscript(
        List<String> keys, List<Written> written, Map<Direction, String> plain) {
    /** What one side sent at once. */
    public record Written(Direction direction, ByteBuf bytes) {}

    /** Reads one of the files. */
    public static TlsTranscript of(String name) {
        List<String> keys = new ArrayList<>();
        List<Written> written = new ArrayList<>();
        Map<Direction, String> plain = new EnumMap<>(Direction.class);
        plain.put(Direction.FROM_CLIENT, "");
        plain.put(Direction.FROM_SERVER, "");
        String file = "/dev/understudy/tls/transcripts/" + name + ".txt";
        try (InputStream in = TlsTranscript.class.getResourceAsStream(file)) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            for (String line : text.lines().toList()) {
                String[] words = line.split(" ", 2);
                switch (words[0]) {
                    case "#" -> {}
                    case "key" -> keys.add(words[1]);
                    case "plain" -> {
                        String[] said = words[1].split(" ", 2);
                        plain.merge(direction(said[0]), said[1] + "\n", String::concat);
                    }
                    default ->
                            written.add(
                                    new Written(
                                            direction(words[0]),
                                            Unpooled.wrappedBuffer(
                                                    HexFormat.of().parseHex(words[1]))));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new TlsTranscript(keys, written, plain);
    }

    private static Direction direction(String name) {
        return name.equals("client") ? Direction.FROM_CLIENT : Direction.FROM_SERVER;
    }

    /** A table that holds the connection's secrets. */
    public KeyTable table() {
        KeyTable table = new KeyTable(KeyTable.Limits.defaults());
        tell(table);
        return table;
    }

    /** Tells a table of the connection's secrets. */
    public void tell(KeyTable table) {
        keys.forEach(line -> table.add(line, 0));
    }
}
