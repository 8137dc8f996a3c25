package dev.understudy.mysql.login;

import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** What a real client and a real server said, piece by piece; each file says what made it. */
public record Transcript(List<Piece> pieces) {
    /** What one side wrote at once. */
    public record Piece(Direction direction, ByteBuf bytes) {}

    /** Reads one of the files beside the tests. */
    public static Transcript of(String name) {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                Transcript.class.getResourceAsStream(name + ".txt"),
                                StandardCharsets.US_ASCII))) {
            return new Transcript(
                    lines.lines()
                            .filter(line -> !line.startsWith("#"))
                            .map(Transcript::piece)
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Piece piece(String line) {
        return new Piece(
                line.startsWith("C") ? Direction.FROM_CLIENT : Direction.FROM_SERVER,
                Unpooled.wrappedBuffer(HexFormat.of().parseHex(line.substring(2))));
    }

    /** The payload of the n-th piece, which is one packet. */
    ByteBuf payload(int n) {
        ByteBuf bytes = pieces.get(n).bytes();
        return bytes.slice(4, bytes.getUnsignedMediumLE(0));
    }
}
