package dev.understudy.protocol.testing;

import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes of one connection, of both servers, in the order they came: what {@link ContractKit}
 * tells a plugin. Written as text, one line each:
 *
 * <pre>
 * # a comment
 * set users.app.password secret         a setting of the plugin's section
 * secret hunter2                        words that no action may show
 * client "get a\r\n"                    sent by the captured client
 * server "END\r\n"                      sent by the online server
 * target "END\r\n"                      sent by the target, on the main lane
 * target 2 "END\r\n"                    … on another lane
 * same 1                                how many answers are the same, in the end
 * different 0                           … and how many differ
 * </pre>
 *
 * <p>Within quotes, {@code \r}, {@code \n}, {@code \t}, {@code \"}, {@code \\} and {@code \xNN} are
 * bytes; other characters stand for themselves and are ASCII.
 *
 * @param settings the plugin's section, as nested maps
 * @param secrets words that no action may show
 * @param same answers that are the same in the end
 * @param different answers that differ in the end
 */
public record Story(
        String name,
        Map<String, Object> settings,
        List<String> secrets,
        List<Turn> turns,
        int same,
        int different) {
    /** A printable character of ASCII, or an escape; a backslash alone is neither. */
    private static final Pattern BYTE =
            Pattern.compile("[ -\\[\\]-~]|\\\\(?:[rnt\"\\\\]|x[0-9a-fA-F]{2})");

    /** Bytes that somebody sent at once. */
    public sealed interface Turn {
        /** The bytes; not to be changed. */
        ByteBuf bytes();

        /** Sent by the client or by the online server. */
        record Captured(Direction direction, ByteBuf bytes) implements Turn {}

        /** Sent by the target. */
        record Target(int lane, ByteBuf bytes) implements Turn {}
    }

    /**
     * Reads a story.
     *
     * @param name how messages name it
     * @throws IllegalArgumentException where a line cannot be read; the message names it
     */
    public static Story parse(String name, String text) {
        Map<String, Object> settings = new LinkedHashMap<>();
        List<String> secrets = new ArrayList<>();
        List<Turn> turns = new ArrayList<>();
        int same = 0;
        int different = 0;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String[] words = line.strip().split(" ", 2);
            String rest = words.length > 1 ? words[1].strip() : "";
            try {
                switch (words[0]) {
                    case "", "#" -> {}
                    case "set" -> set(settings, rest);
                    case "secret" -> secrets.add(rest);
                    case "client" ->
                            turns.add(new Turn.Captured(Direction.FROM_CLIENT, bytes(rest)));
                    case "server" ->
                            turns.add(new Turn.Captured(Direction.FROM_SERVER, bytes(rest)));
                    case "target" -> turns.add(target(rest));
                    case "same" -> same = Integer.parseInt(rest);
                    case "different" -> different = Integer.parseInt(rest);
                    default -> throw new IllegalArgumentException("unknown word " + words[0]);
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "%s:%d: %s".formatted(name, number, e.getMessage()), e);
            }
        }
        return new Story(name, settings, secrets, turns, same, different);
    }

    private static void set(Map<String, Object> settings, String rest) {
        String[] words = rest.split(" ", 2);
        if (words.length < 2) {
            throw new IllegalArgumentException("a setting needs a name and a value");
        }
        Map<String, Object> section = settings;
        String name = words[0];
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.')) {
            section = section(section, name.substring(0, dot));
            name = name.substring(dot + 1);
        }
        section.put(name, value(words[1]));
    }

    @SuppressWarnings("unchecked") // Nothing but sections are made of maps here.
    private static Map<String, Object> section(Map<String, Object> settings, String name) {
        return (Map<String, Object>) settings.computeIfAbsent(name, _ -> new LinkedHashMap<>());
    }

    private static Object value(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            case String list when list.startsWith("[") && list.endsWith("]") ->
                    List.of(list.substring(1, list.length() - 1).split(", *"));
            case String number when number.matches("[0-9]{1,18}") -> Long.parseLong(number);
            default -> text;
        };
    }

    private static Turn target(String rest) {
        int quote = rest.indexOf('"');
        String lane = quote < 0 ? "" : rest.substring(0, quote).strip();
        return new Turn.Target(
                lane.isEmpty() ? 0 : Integer.parseInt(lane), bytes(rest.substring(lane.length())));
    }

    private static ByteBuf bytes(String quoted) {
        String text = quoted.strip();
        if (text.length() < 2 || text.charAt(0) != '"' || !text.endsWith("\"")) {
            throw new IllegalArgumentException("bytes stand in quotes");
        }
        ByteBuf bytes = Unpooled.buffer();
        Matcher each = BYTE.matcher(text).region(1, text.length() - 1);
        int end = 1;
        for (; each.lookingAt(); each.region(end, text.length() - 1)) {
            bytes.writeByte(byteOf(each.group()));
            end = each.end();
        }
        if (end < text.length() - 1) {
            throw new IllegalArgumentException("not a byte: " + text.substring(end));
        }
        return bytes;
    }

    private static int byteOf(String written) {
        return switch (written) {
            case "\\r" -> '\r';
            case "\\n" -> '\n';
            case "\\t" -> '\t';
            case String hex when hex.startsWith("\\x") -> Integer.parseInt(hex, 2, 4, 16);
            default -> written.charAt(written.length() - 1);
        };
    }
}
