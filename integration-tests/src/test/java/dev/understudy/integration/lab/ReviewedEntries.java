package dev.understudy.integration.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The short list of what may differ between two servers, each entry reviewed and with its why:
 * {@code reviewed-entries.json}. Whatever else a report names is a failure.
 */
public final class ReviewedEntries {
    private final List<JsonNode> entries;

    private ReviewedEntries(List<JsonNode> entries) {
        this.entries = entries;
    }

    /** The entries for a target. */
    public static ReviewedEntries of(String targetTree) {
        try (InputStream in = ReviewedEntries.class.getResourceAsStream("/reviewed-entries.json")) {
            List<JsonNode> entries = new ArrayList<>();
            for (JsonNode entry : new ObjectMapper().readTree(in)) {
                if (entry.path("target").asText().equals(targetTree)) {
                    entries.add(entry);
                }
            }
            return new ReviewedEntries(entries);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails where a report holds something that is neither the same nor on the list. */
    public void assertCovers(Understudy.Ended ended) {
        List<String> unknown = new ArrayList<>();
        for (JsonNode group : ended.report().path("groups")) {
            for (String end :
                    List.of("differentKinds", "notCompared", "unanswered", "skipped", "lost")) {
                group.path(end)
                        .properties()
                        .forEach(
                                found -> {
                                    if (!allowed(
                                            group,
                                            end,
                                            found.getKey(),
                                            found.getValue().asLong())) {
                                        unknown.add(
                                                "%s %s %d: %s%n    %s"
                                                        .formatted(
                                                                end,
                                                                found.getKey(),
                                                                found.getValue().asLong(),
                                                                group.path("fingerprint").asText(),
                                                                group.path("sample")));
                                    }
                                });
            }
        }
        ended.report()
                .path("sessions")
                .path("leftOut")
                .properties()
                .forEach(found -> unknown.add("left out: " + found));
        if (!unknown.isEmpty()) {
            throw new AssertionError(
                    "not on the reviewed list:\n" + String.join("\n", unknown) + "\n" + ended);
        }
    }

    private boolean allowed(JsonNode group, String end, String reason, long count) {
        for (JsonNode entry : entries) {
            if (entry.path("end").asText().equals(end)
                    && entry.path("reason").asText().equals(reason)
                    && entry.path("fingerprint").asText().equals(group.path("fingerprint").asText())
                    && count <= entry.path("most").asLong()) {
                return true;
            }
        }
        return false;
    }
}
