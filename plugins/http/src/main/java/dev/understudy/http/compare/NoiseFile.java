package dev.understudy.http.compare;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.understudy.http.compare.NoiseCounts.Decision;
import dev.understudy.http.compare.NoiseCounts.Place;
import dev.understudy.http.compare.NoiseCounts.Requests;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The noise file: one JSON object a line, sorted by request and place, so that it can be read,
 * edited and kept under version control.
 *
 * <p>{@code {"request":"GET /users/{id}","place":"json:$.updated","verdict":"noise","compared":812,
 * "raw":811,"shaped":811,"pairs":40,"noise":40}}. The verdict is what the counts said when it was
 * written ({@code noise}, {@code difference}, or {@code likely-noise} where only looks speak for
 * it); it is not read. {@code "decided":"ignore"} or {@code "decided":"show"}, added by a reviewer,
 * is read and stays.
 */
final class NoiseFile {
    static final int MAX_BYTES = 64 << 20;

    private static final JsonFactory JSON = new JsonFactory();

    /** Targets of one run, and runs of one program, add to one file one after the other. */
    private static final ReentrantLock ADDING = new ReentrantLock();

    private NoiseFile() {}

    /** Adds counts to those of the file, or begins one. */
    static void add(Path file, NoiseCounts more) throws IOException {
        ADDING.lock();
        try {
            NoiseCounts counts = Files.exists(file) ? read(file) : new NoiseCounts();
            counts.add(more);
            write(file, text(counts));
        } finally {
            ADDING.unlock();
        }
    }

    private static String text(NoiseCounts counts) throws IOException {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, Requests> entry : counts.requests().entrySet()) {
            for (Map.Entry<String, Place> place : entry.getValue().places.entrySet()) {
                out.append(line(entry.getKey(), entry.getValue(), place.getKey(), place.getValue()))
                        .append('\n');
            }
        }
        return out.toString();
    }

    private static String line(String request, Requests seen, String name, Place place)
            throws IOException {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("request", request);
            json.writeStringField("place", name);
            json.writeStringField("verdict", verdict(seen, place));
            if (place.decision != Decision.OPEN) {
                json.writeStringField("decided", place.decision.name().toLowerCase(Locale.ROOT));
            }
            json.writeNumberField("compared", seen.compared);
            json.writeNumberField("raw", place.raw);
            json.writeNumberField("shaped", place.shaped);
            json.writeNumberField("pairs", seen.pairs);
            json.writeNumberField("noise", place.noise);
            json.writeEndObject();
        }
        return line.toString();
    }

    private static String verdict(Requests seen, Place place) {
        if (NoiseLearner.noise(seen, place)) {
            return "noise";
        }
        // A counter has gone up once less often than it was seen.
        return place.raw > 0
                        && place.shaped
                                >= place.raw - (place.raw >= NoiseLearner.LEAST_PAIRS ? 1 : 0)
                ? "likely-noise"
                : "difference";
    }

    private static void write(Path file, String text) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path whole = Files.createTempFile(folder, "." + file.getFileName(), ".part");
        try {
            Files.writeString(whole, text);
            Files.move(
                    whole,
                    file,
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    static NoiseCounts read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(
                    "%s has more than %d bytes: no noise file is that long"
                            .formatted(file, MAX_BYTES));
        }
        NoiseCounts counts = new NoiseCounts();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                try {
                    line(lines.get(i), counts);
                } catch (IOException | IllegalArgumentException e) {
                    throw new IOException(
                            "%s line %d is not understood (%s): correct or delete it"
                                    .formatted(file, i + 1, reason(e)),
                            e);
                }
            }
        }
        return counts;
    }

    private static String reason(Exception e) {
        return e instanceof JsonProcessingException json
                ? json.getOriginalMessage()
                : e.getMessage();
    }

    private static void line(String line, NoiseCounts counts) throws IOException {
        String request = "";
        String name = "";
        long compared = 0;
        long pairs = 0;
        Place place = new Place();
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("no object");
            }
            for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "request" -> request = json.getText();
                    case "place" -> name = json.getText();
                    case "decided" -> place.decision = decision(json.getText());
                    case "compared" -> compared = count(field, json);
                    case "raw" -> place.raw = count(field, json);
                    case "shaped" -> place.shaped = count(field, json);
                    case "pairs" -> pairs = count(field, json);
                    case "noise" -> place.noise = count(field, json);
                    case "verdict" -> {}
                    default -> throw new IllegalArgumentException("unknown name '" + field + "'");
                }
            }
        }
        if (request.isEmpty()) {
            throw new IllegalArgumentException("no request");
        }
        if (!IgnoreRules.namesValue(name)) {
            throw new IllegalArgumentException("'" + name + "' is no place that can be noise");
        }
        counts.read(request, compared, pairs, name, place);
    }

    private static Decision decision(String word) {
        return switch (word) {
            case "ignore" -> Decision.IGNORE;
            case "show" -> Decision.SHOW;
            default ->
                    throw new IllegalArgumentException(
                            "decided is ignore or show, not '" + word + "'");
        };
    }

    private static long count(String field, JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getLongValue() < 0) {
            throw new IllegalArgumentException(field + " is not a count");
        }
        return json.getLongValue();
    }
}
