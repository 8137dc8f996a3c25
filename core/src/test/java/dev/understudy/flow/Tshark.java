package dev.understudy.flow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What tshark makes of the TCP connections in a file. */
final class Tshark {
    private static final int TIMEOUT_SECONDS = 60;

    /**
     * One connection. Where bytes are missing, tshark writes so into the stream.
     *
     * @param client as {@code address:port}
     */
    record Conversation(String client, String fromClient, String fromServer) {}

    private Tshark() {}

    /** The first {@code count} connections of a file, in no order that can be relied on. */
    static List<Conversation> conversations(Path file, int count, int serverPort)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("tshark", "-n", "-r", file.toString(), "-q"));
        for (int i = 0; i < count; i++) {
            command.addAll(List.of("-z", "follow,tcp,raw," + i));
        }
        Process tshark = start(command);
        byte[] out = tshark.getInputStream().readAllBytes();
        if (!tshark.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || tshark.exitValue() != 0) {
            tshark.destroyForcibly();
            throw new IOException("tshark failed: " + String.join(" ", command));
        }
        return parse(new String(out, StandardCharsets.ISO_8859_1), serverPort);
    }

    private static Process start(List<String> command) throws IOException {
        try {
            return new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new IOException("this test needs tshark: apt-get install tshark", e);
        }
    }

    /** Lines of the second node are indented by a tabulator. */
    private static List<Conversation> parse(String out, int serverPort) {
        List<Conversation> conversations = new ArrayList<>();
        String first = "";
        String second = "";
        ByteArrayOutputStream[] sent = {};
        for (String line : out.lines().toList()) {
            if (line.startsWith("Node 0: ")) {
                first = line.substring("Node 0: ".length());
            } else if (line.startsWith("Node 1: ")) {
                second = line.substring("Node 1: ".length());
                sent =
                        new ByteArrayOutputStream[] {
                            new ByteArrayOutputStream(), new ByteArrayOutputStream()
                        };
            } else if (line.startsWith("====")) {
                if (sent.length > 0) {
                    boolean swapped = first.endsWith(":" + serverPort);
                    conversations.add(
                            new Conversation(
                                    swapped ? second : first,
                                    text(sent[swapped ? 1 : 0]),
                                    text(sent[swapped ? 0 : 1])));
                }
                sent = new ByteArrayOutputStream[] {};
            } else if (sent.length > 0) {
                sent[line.startsWith("\t") ? 1 : 0].writeBytes(
                        HexFormat.of().parseHex(line.strip()));
            }
        }
        return conversations;
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}
