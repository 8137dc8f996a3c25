package dev.understudy.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A section of the configuration, read only. Values are text, numbers, flags, lists, sections and
 * {@link Secret}s; a value of the wrong kind is a {@link SettingsException} that names its path.
 */
public final class Settings {
    private final String path;
    private final Map<String, Object> values;

    private Settings(String path, Map<String, Object> values) {
        this.path = path;
        this.values = values;
    }

    /**
     * Wraps a tree of maps, lists, strings, numbers, booleans and secrets.
     *
     * @param path how the user would name this section, as {@code mysql.users}
     */
    public static Settings of(String path, Map<String, ?> values) {
        return new Settings(path, new LinkedHashMap<>(values));
    }

    /** A section without any setting. */
    public static Settings empty(String path) {
        return new Settings(path, Map.of());
    }

    /** How the user would name this section, as {@code mysql.users}. */
    public String path() {
        return path;
    }

    /** The names in this section, in the order of the file. */
    public Set<String> names() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(values.keySet()));
    }

    /** Text; numbers and flags are taken as they are written. */
    public Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).map(value -> textOf(name, value));
    }

    private String textOf(String name, Object value) {
        return switch (value) {
            case String text -> text;
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            case null -> throw wrong(name, "text, not nothing");
            case Object other -> throw wrong(name, "text, not " + kindOf(other));
        };
    }

    /** A secret; text written out in the file is taken as one too. */
    public Optional<Secret> secret(String name) {
        return values.get(name) instanceof Secret secret
                ? Optional.of(secret)
                : text(name).map(Secret::new);
    }

    /** A flag: true or false. */
    public Optional<Boolean> flag(String name) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case Boolean flag -> Optional.of(flag);
            case Object other -> throw wrong(name, "true or false, not " + kindOf(other));
        };
    }

    /** A whole number within a range, both ends included. */
    public Optional<Long> number(String name, long least, long most) {
        return switch (values.get(name)) {
            case null -> Optional.empty();
            case Number number
                    when number.doubleValue() == number.longValue()
                            && number.longValue() >= least
                            && number.longValue() <= most ->
                    Optional.of(number.longValue());
            case Object other ->
                    throw wrong(
                            name,
                            "a whole number from %d to %d, not %s"
                                    .formatted(least, most, kindOf(other)));
        };
    }

    /** A list of texts; a single text is a list of one. */
    public List<String> texts(String name) {
        return switch (values.get(name)) {
            case null -> List.of();
            case List<?> list -> list.stream().map(value -> textOf(name, value)).toList();
            case Object _ -> List.of(text(name).orElseThrow());
        };
    }

    /** A section below this one; empty where there is none. */
    public Settings section(String name) {
        return switch (values.get(name)) {
            case null -> empty(path + "." + name);
            case Map<?, ?> map -> {
                Map<String, Object> copy = new LinkedHashMap<>();
                map.forEach((key, value) -> copy.put(String.valueOf(key), value));
                yield new Settings(path + "." + name, copy);
            }
            // The value is not shown: where a user's section belongs, a password may stand.
            case Object _ -> throw wrong(name, "a section");
        };
    }

    /** Refuses names that nobody reads: a typing error must not pass for a setting. */
    public void allowOnly(Set<String> known) {
        for (String name : values.keySet()) {
            if (!known.contains(name)) {
                throw new SettingsException(
                        "unknown setting %s.%s: known here are %s"
                                .formatted(path, name, new TreeSet<>(known)));
            }
        }
    }

    private SettingsException wrong(String name, String expected) {
        return new SettingsException("%s.%s must be %s".formatted(path, name, expected));
    }

    private static String kindOf(Object value) {
        return switch (value) {
            case Map<?, ?> _ -> "a section";
            case List<?> _ -> "a list";
            case Secret _ -> "a secret";
            case Object other -> "'" + other + "'";
        };
    }

    @Override
    public String toString() {
        return "Settings[" + path + ": " + values.keySet() + "]";
    }
}
