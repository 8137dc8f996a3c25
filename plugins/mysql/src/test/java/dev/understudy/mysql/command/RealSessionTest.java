package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * A session as two real servers saw it: what is sent, and that their answers compare as they do.
 */
class RealSessionTest {
    private static final String RECORDING = "mariadb1011-to-mysql97.txt";

    @Test
    void sendsAndComparesAsTheServersDid() throws IOException {
        Capabilities captured =
                Bytes.usual()
                        .with(Capabilities.SESSION_TRACK)
                        .with(Capabilities.MARIADB_CACHE_METADATA)
                        .with(Capabilities.MARIADB_EXTENDED_METADATA);
        Capabilities target =
                Bytes.usual()
                        .with(Capabilities.SESSION_TRACK)
                        .with(Capabilities.QUERY_ATTRIBUTES)
                        .with(Capabilities.OPTIONAL_RESULTSET_METADATA);
        Playbook story = Phase.story(captured, target, StatementRules.strict());
        // The target was given three statements before, so that no id agrees by chance.
        List<String> labels = new ArrayList<>();
        for (String line : lines()) {
            String[] parts = line.split(" ", 2);
            switch (parts[0]) {
                case "#" -> labels.add(parts[1]);
                case "client" -> story.client(Bytes.hex(parts[1]));
                case "server" -> story.server(Bytes.hex(parts[1]));
                case "sent" ->
                        assertEquals(Bytes.hex(parts[1]), Phase.lastSent(story), labels.getLast());
                case "target" -> story.target(Bytes.hex(parts[1]));
                default -> throw new AssertionError(line);
            }
        }
        assertEquals(List.of(), story.all(SessionAction.LeaveOut.class));
        assertEquals(EXPECTED, verdicts(story));
    }

    /** What is not the same, by request text. */
    private static final Map<String, String> EXPECTED = Map.of();

    private static Map<String, String> verdicts(Playbook story) {
        Map<Long, Answer> online = new HashMap<>();
        Map<Long, String> texts = new HashMap<>();
        story.all(SessionAction.Asked.class)
                .forEach(asked -> texts.put(asked.request().ordinal(), asked.request().text()));
        Map<String, String> different = new HashMap<>();
        int compared = 0;
        for (SessionAction.Answered answered : story.all(SessionAction.Answered.class)) {
            if (answered.side() == Side.ONLINE) {
                online.put(answered.ordinal(), (Answer) answered.reply());
            } else {
                Verdict verdict =
                        Replies.compare(online.get(answered.ordinal()), (Answer) answered.reply());
                compared++;
                if (!(verdict instanceof Verdict.Same)) {
                    different.put(texts.get(answered.ordinal()), verdict.toString());
                }
            }
        }
        assertEquals(texts.size(), compared, "requests with two answers");
        return different;
    }

    private static List<String> lines() throws IOException {
        try (var in =
                new BufferedReader(
                        new InputStreamReader(
                                Objects.requireNonNull(
                                        RealSessionTest.class.getResourceAsStream(RECORDING)),
                                StandardCharsets.UTF_8))) {
            return in.lines().toList();
        }
    }
}
