package dev.understudy.cli.config;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One of the list {@code copies}, as it is written.
 *
 * @param path for messages: {@code copies[0]}
 * @param targets one or more
 * @param intercepts where agents for them listen, as {@code --intercept} takes it
 */
public record CopySetting(
        String path,
        String online,
        List<String> targets,
        Optional<String> control,
        Optional<String> protocol,
        List<String> intercepts) {
    /** The name of the list. */
    static final String SECTION = "copies";

    public CopySetting {
        targets = List.copyOf(targets);
        intercepts = List.copyOf(intercepts);
    }

    /** Reads the list; of a file without one it is empty. */
    static List<CopySetting> read(YamlTree.Read read) {
        List<CopySetting> copies = new ArrayList<>();
        switch (read.values().get(SECTION)) {
            case null -> {}
            case List<?> list -> {
                for (Object one : list) {
                    copies.add(of(SECTION + "[" + copies.size() + "]", one));
                }
            }
            case Object _ ->
                    throw new SettingsException(
                            "copies must be a list: write '- online: ADDR:PORT' and 'target: ADDR:PORT' for each");
        }
        return copies;
    }

    private static CopySetting of(String path, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new SettingsException(path + " must be a section with online and target");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        map.forEach((name, setting) -> values.put(String.valueOf(name), setting));
        Settings one = Settings.of(path, values);
        one.allowOnly(Set.of("online", "target", "control", "protocol", "intercept"));
        List<String> targets = one.texts("target");
        if (targets.isEmpty()) {
            throw new SettingsException(path + ".target is missing: name the server to copy to");
        }
        return new CopySetting(
                path,
                one.text("online")
                        .orElseThrow(
                                () ->
                                        new SettingsException(
                                                path
                                                        + ".online is missing: name the server in production")),
                targets,
                one.text("control"),
                one.text("protocol"),
                one.texts("intercept"));
    }
}
