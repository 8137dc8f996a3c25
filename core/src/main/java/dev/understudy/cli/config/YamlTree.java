package dev.understudy.cli.config;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A YAML file as maps, lists and scalars, with the line each setting stands in. Fractions are kept
 * as the text they are written in, since a password may look like one. Empty values are as absent.
 */
final class YamlTree {
    /** Characters of the file. */
    static final int MAX_CHARACTERS = 1024 * 1024;

    /** Sections within sections. */
    static final int MAX_DEPTH = 20;

    /** Values, each repetition by an alias included. */
    static final int MAX_VALUES = 100_000;

    /** Names of settings that hold what nobody else should know. */
    private static final Pattern SECRET = Pattern.compile("(.*-)?(password|secret|token)");

    private final Path file;
    private final References references;
    private final Map<String, Integer> lines = new HashMap<>();
    private final List<String> writtenOut = new ArrayList<>();
    private int values;

    private YamlTree(Path file, References references) {
        this.file = file;
        this.references = references;
    }

    /**
     * What a file says.
     *
     * @param lines of settings by path, from 1
     * @param writtenOut paths of settings that are secrets by their names, and no references
     */
    record Read(Map<String, Object> values, Map<String, Integer> lines, List<String> writtenOut) {}

    /** Reads a file; an empty one is an empty section. */
    static Read read(Path file, References references) throws ConfigurationException {
        YamlTree tree = new YamlTree(file, references);
        Optional<Node> root = tree.compose();
        if (root.isEmpty() || isNull(root.get())) {
            return new Read(Map.of(), Map.of(), List.of());
        }
        if (root.get() instanceof MappingNode mapping) {
            return new Read(tree.section("", mapping, 0), tree.lines, tree.writtenOut);
        }
        throw tree.at(root.get(), "the file is no list of 'name: value'");
    }

    private Optional<Node> compose() throws ConfigurationException {
        LoadSettings settings =
                LoadSettings.builder()
                        .setLabel(file.toString())
                        .setCodePointLimit(MAX_CHARACTERS)
                        .build();
        String hint = "";
        try {
            if (Files.size(file) > 4L * MAX_CHARACTERS) {
                throw new ConfigurationException(
                        "configuration %s is larger than %d characters"
                                .formatted(file, MAX_CHARACTERS));
            }
            String text = Files.readString(file);
            hint = text.contains("${") ? "; references are written in quotes: \"${env:NAME}\"" : "";
            return new Compose(settings).composeString(text);
        } catch (MalformedInputException e) {
            throw new ConfigurationException(
                    "configuration %s is not UTF-8 text: save it as UTF-8".formatted(file));
        } catch (IOException e) {
            throw new ConfigurationException(
                    "configuration %s cannot be read (%s): check its name and permissions"
                            .formatted(file, e.getClass().getSimpleName()));
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            throw new ConfigurationException(
                    "configuration %s, line %d: this is no YAML: %s%s"
                            .formatted(file, line, e.getProblem(), hint));
        } catch (YamlEngineException e) {
            throw new ConfigurationException(
                    "configuration %s is no YAML: %s".formatted(file, e.getMessage()));
        }
    }

    private Map<String, Object> section(String path, MappingNode mapping, int depth)
            throws ConfigurationException {
        Map<String, Object> section = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw at(tuple.getKeyNode(), "a name has to be plain text");
            }
            String name = key.getValue();
            String below = path.isEmpty() ? name : path + "." + name;
            if (section.containsKey(name)) {
                throw at(key, "'%s' is there twice".formatted(below));
            }
            lines.put(below, line(key));
            if (!isNull(tuple.getValueNode())) {
                Object value = value(below, tuple.getValueNode(), depth + 1);
                section.put(name, value);
                if (SECRET.matcher(name).matches()
                        && (value instanceof String || value instanceof Number)) {
                    writtenOut.add(below);
                }
            }
        }
        return section;
    }

    private Object value(String path, Node node, int depth) throws ConfigurationException {
        values++;
        if (depth > MAX_DEPTH || values > MAX_VALUES) {
            throw at(node, "'%s': nested too deeply, or too many values".formatted(path));
        }
        return switch (node) {
            case MappingNode mapping -> section(path, mapping, depth);
            case SequenceNode sequence -> {
                List<Object> list = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    list.add(value(path + "[" + list.size() + "]", item, depth + 1));
                }
                yield list;
            }
            case ScalarNode scalar -> scalar(path, scalar);
            default -> throw at(node, "'%s' is no value".formatted(path));
        };
    }

    private Object scalar(String path, ScalarNode scalar) throws ConfigurationException {
        String text = scalar.getValue();
        if (scalar.getTag().equals(Tag.BOOL)) {
            return Boolean.valueOf(text);
        }
        if (scalar.getTag().equals(Tag.INT)) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException _) {
                return text;
            }
        }
        return references.resolve(
                "configuration %s, line %d, %s".formatted(file, line(scalar), path), text);
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    private ConfigurationException at(Node node, String message) {
        return new ConfigurationException(
                "configuration %s, line %d: %s".formatted(file, line(node), message));
    }
}
