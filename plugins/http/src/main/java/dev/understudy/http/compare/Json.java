package dev.understudy.http.compare;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON value (RFC 8259), nothing of it lost: numbers as written, members of one name all kept.
 */
sealed interface Json {
    /** Digits of a number; what has more is no JSON that a server means. */
    int MAX_NUMBER_CHARACTERS = 1000;

    /**
     * A member's name.
     *
     * @param occurrence 0 for the first member of that name, 1 for the next
     */
    record Name(String text, int occurrence) implements Comparable<Name> {
        /** Names whose hashes agree are found by their order: somebody may have chosen them so. */
        @Override
        public int compareTo(Name other) {
            int order = text.compareTo(other.text);
            return order != 0 ? order : Integer.compare(occurrence, other.occurrence);
        }
    }

    record Members(Map<Name, Json> members) implements Json {}

    record Elements(List<Json> elements) implements Json {}

    record Text(String value) implements Json {}

    record Numeral(String written) implements Json {}

    /** true, false or null. */
    record Word(String word) implements Json {}

    /** What kind of value it is, for a reader. */
    default String type() {
        return switch (this) {
            case Members _ -> "object";
            case Elements _ -> "array";
            case Text _ -> "text";
            case Numeral _ -> "number";
            case Word(String word) -> word.equals("null") ? "null" : "flag";
        };
    }

    /** Reads texts. Immutable, for any number of threads. */
    final class Reader {
        private final JsonFactory factory;

        /**
         * @param maxDepth arrays and objects within each other
         */
        Reader(int maxDepth) {
            // Names are not kept beyond a text: they are the servers' choice, without an end.
            factory =
                    JsonFactory.builder()
                            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(maxDepth)
                                            .maxNumberLength(MAX_NUMBER_CHARACTERS)
                                            .maxStringLength(Integer.MAX_VALUE)
                                            .build())
                            .build();
        }

        /** One value; empty where the text is not JSON, or nested deeper. */
        Optional<Json> read(String text) {
            try (JsonParser parser = factory.createParser(text)) {
                JsonToken first = parser.nextToken();
                if (first == null) {
                    return Optional.empty();
                }
                Json value = value(parser, first);
                return parser.nextToken() == null ? Optional.of(value) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    private static Json value(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> {
                List<Json> elements = new ArrayList<>();
                for (JsonToken next = parser.nextToken();
                        next != JsonToken.END_ARRAY;
                        next = parser.nextToken()) {
                    elements.add(value(parser, next));
                }
                yield new Elements(elements);
            }
            case VALUE_STRING -> new Text(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Numeral(parser.getText());
            default -> new Word(parser.getText());
        };
    }

    private static Json members(JsonParser parser) throws IOException {
        Map<Name, Json> members = new LinkedHashMap<>();
        Map<String, Integer> repeated = new LinkedHashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            Json value = value(parser, parser.nextToken());
            Name first = new Name(name, 0);
            if (members.containsKey(first)) {
                members.put(new Name(name, repeated.merge(name, 1, Integer::sum)), value);
            } else {
                members.put(first, value);
            }
        }
        return new Members(members);
    }
}
