package dev.understudy.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.understudy.ledger.Journals;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionJournal;
import dev.understudy.ledger.Step;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The file {@value #NAME} of a report directory: a line of JSON that says what it is, then one for
 * each journal, by target and session.
 */
public final class JournalFile {
    /** Its name. */
    public static final String NAME = "sessions.jsonl";

    private static final int FORMAT = 1;

    /** Other sessions that are named where one is not there. */
    private static final int MAX_NAMED = 20;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JournalFile() {}

    static void write(RunReport report, Writer out) throws IOException {
        ObjectNode header = MAPPER.createObjectNode();
        header.put("sessionJournals", FORMAT);
        long letGo = 0;
        long withoutRoom = 0;
        long journals = 0;
        for (Report column : report.columns()) {
            Journals.Count count = column.journalCount();
            letGo += count.letGo();
            withoutRoom += count.withoutRoom();
            journals += column.journals().size();
        }
        header.put("journals", journals);
        header.put("letGo", letGo);
        header.put("withoutRoom", withoutRoom);
        line(header, out);
        for (Report column : report.columns()) {
            for (SessionJournal.Kept journal : column.journals()) {
                line(tree(column, journal), out);
            }
        }
    }

    private static void line(ObjectNode node, Writer out) throws IOException {
        out.write(MAPPER.writeValueAsString(node));
        out.write('\n');
    }

    private static ObjectNode tree(Report column, SessionJournal.Kept journal) {
        ObjectNode line = MAPPER.createObjectNode();
        line.put("session", journal.session().id());
        line.put("client", journal.session().client());
        line.put("online", column.run().online());
        line.put("target", column.run().target());
        line.put("protocol", column.run().protocol());
        line.put("ended", ended(journal.end()));
        line.put("omitted", journal.omitted());
        ArrayNode steps = line.putArray("steps");
        for (Step step : journal.steps()) {
            ObjectNode one = steps.addObject();
            one.put("nanos", step.nanos());
            switch (step) {
                case Step.Asked asked -> asked(one, asked, column.detail());
                case Step.Happened happened -> happened(one, happened);
            }
        }
        return line;
    }

    private static void asked(ObjectNode one, Step.Asked asked, SampleDetail detail) {
        Request request = asked.request();
        one.put("request", request.ordinal());
        one.put("operation", request.operation());
        one.put("fingerprint", request.fingerprint());
        one.put("capturedNanos", request.capturedNanos());
        one.put("sentNanos", asked.sentNanos());
        one.put("lagNanos", asked.lagNanos());
        one.put("onlineNanos", asked.onlineNanos());
        one.put("targetNanos", asked.targetNanos());
        one.put("suspect", asked.suspect());
        one.put("ended", word(asked.end()));
        one.put("reason", asked.reason());
        switch (detail) {
            case FULL -> {
                one.put("text", request.text());
                one.put("online", asked.online());
                one.put("target", asked.target());
            }
            case NONE -> {}
        }
    }

    private static void happened(ObjectNode one, Step.Happened happened) {
        one.put("side", happened.side().name().toLowerCase(Locale.ROOT));
        one.put("what", happened.what());
        if (happened.ordinal() != SessionAction.NO_ORDINAL) {
            one.put("request", happened.ordinal());
        }
        one.put("text", happened.text());
        one.put("tookNanos", happened.tookNanos());
    }

    private static String word(RequestEnd end) {
        return end.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String ended(SessionEnd end) {
        return switch (end) {
            case SessionEnd.Complete() -> "complete";
            case SessionEnd.JoinedLate() -> "joined late";
            case SessionEnd.PassedOver(String rule) -> "not sampled (%s)".formatted(rule);
            case SessionEnd.LeftOut(String reason, String detail) ->
                    "left out (%s): %s".formatted(reason, detail);
        };
    }

    /**
     * The journals of one session: one for each target and copy, and of each connection where a
     * client's port came twice.
     *
     * @param directory of a report
     * @param session its number, or its client as the report shows it
     * @throws IOException with a message for the user
     */
    public static List<JsonNode> read(Path directory, String session) throws IOException {
        Path file = directory.resolve(NAME);
        List<JsonNode> found = new ArrayList<>();
        Set<String> others = new LinkedHashSet<>();
        JsonNode header;
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            header = header(file, lines.readLine());
            long journals = header.path("journals").asLong();
            for (long i = 0; i < journals; i++) {
                JsonNode journal = parsed(file, lines.readLine(), i + 2);
                if (isOf(journal, session)) {
                    found.add(journal);
                } else if (others.size() <= MAX_NAMED) {
                    others.add(journal.path("session").asText());
                }
            }
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "%s has no %s: name the directory that --report of a run named"
                            .formatted(directory.toAbsolutePath().normalize(), NAME),
                    e);
        } catch (java.nio.charset.CharacterCodingException e) {
            throw new IOException("%s is no text: copy it anew".formatted(file), e);
        }
        if (found.isEmpty()) {
            throw new IOException(missing(file, session, header, others));
        }
        return found;
    }

    private static JsonNode header(Path file, String line) throws IOException {
        JsonNode header = parsed(file, line, 1);
        if (header.path("sessionJournals").asInt(-1) != FORMAT) {
            throw new IOException(
                    "%s is of another version (%s, this reads %d): explain it by the understudy that wrote it"
                            .formatted(
                                    file, header.path("sessionJournals").asText("none"), FORMAT));
        }
        return header;
    }

    /**
     * @param line {@code null} where the file ends
     */
    private static JsonNode parsed(Path file, String line, long number) throws IOException {
        try {
            JsonNode node = line == null ? null : MAPPER.readTree(line);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException _) {
            // Told below.
        }
        throw new IOException(
                "%s is cut or damaged at line %d: copy it anew".formatted(file, number));
    }

    private static boolean isOf(JsonNode journal, String session) {
        String client = journal.path("client").asText();
        return journal.path("session").asText().equals(session)
                || client.equals(session)
                || client.startsWith(session + ", copy ");
    }

    private static String missing(Path file, String session, JsonNode header, Set<String> others) {
        StringBuilder message = new StringBuilder();
        message.append("session '%s' is not in %s".formatted(session, file));
        if (others.isEmpty()) {
            message.append(", which holds none");
        } else {
            message.append(": name one of ");
            message.append(String.join(", ", others.stream().limit(MAX_NAMED).toList()));
            message.append(others.size() > MAX_NAMED ? ", …" : "");
        }
        long letGo = header.path("letGo").asLong() + header.path("withoutRoom").asLong();
        if (letGo > 0) {
            message.append(
                    "; there was no room for %d: raise report.journal-bytes".formatted(letGo));
        }
        return message.toString();
    }
}
