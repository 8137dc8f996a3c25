package dev.understudy.http.compare;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** The way from a JSON body's root to a value; written out where it is told, not before. */
final class JsonPath {
    /** Characters of a member's name in a path. */
    private static final int MAX_NAME = 80;

    static final JsonPath ROOT = new JsonPath(Optional.empty(), Optional.empty(), 0);

    private final Optional<JsonPath> parent;
    private final Optional<Json.Name> name;
    private final int index;

    private JsonPath(Optional<JsonPath> parent, Optional<Json.Name> name, int index) {
        this.parent = parent;
        this.name = name;
        this.index = index;
    }

    JsonPath member(Json.Name name) {
        return new JsonPath(Optional.of(this), Optional.of(name), 0);
    }

    JsonPath element(int index) {
        return new JsonPath(Optional.of(this), Optional.empty(), index);
    }

    /** Whether the value, or one around it, bears the name of a secret. */
    boolean hidden(SecretNames names) {
        return name.filter(own -> names.hidden(own.text())).isPresent()
                || parent.filter(around -> around.hidden(names)).isPresent();
    }

    /** The name of the member it is, or is an element of. */
    String nearestName() {
        return name.map(Json.Name::text).or(() -> parent.map(JsonPath::nearestName)).orElse("");
    }

    /**
     * With each index: {@code $.items[3]['unit price']}; a second member of a name has {@code #2}.
     */
    String exact() {
        return write(false);
    }

    /** With {@code [*]} for each index, which is what rules and learnt noise go by. */
    String general() {
        return write(true);
    }

    private String write(boolean general) {
        Deque<JsonPath> steps = new ArrayDeque<>();
        for (JsonPath at = this; at.parent.isPresent(); at = at.parent.get()) {
            steps.push(at);
        }
        StringBuilder out = new StringBuilder("$");
        for (JsonPath step : steps) {
            if (step.name.isPresent()) {
                appendName(out, step.name.get());
            } else {
                out.append('[').append(general ? "*" : String.valueOf(step.index)).append(']');
            }
        }
        return out.toString();
    }

    private static void appendName(StringBuilder out, Json.Name name) {
        boolean word = !name.text().isEmpty();
        for (int i = 0; word && i < name.text().length(); i++) {
            char c = name.text().charAt(i);
            word = Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '@';
        }
        String shown = Shown.plain(name.text(), MAX_NAME);
        if (shown.length() > MAX_NAME) {
            // Cut, it could be another's.
            shown += "~%08x".formatted(name.text().hashCode());
        }
        if (word) {
            out.append('.').append(shown);
        } else {
            out.append("['").append(shown.replace("\\", "\\\\").replace("'", "\\'")).append("']");
        }
        if (name.occurrence() > 0) {
            out.append('#').append(name.occurrence() + 1);
        }
    }
}
