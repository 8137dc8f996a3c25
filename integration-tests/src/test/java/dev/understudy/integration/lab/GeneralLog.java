package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sessions that a server's general log tells of, each with its statements in order: prepared
 * ones with the values they were executed with.
 */
public final class GeneralLog {
    /** Time (or nothing, where it is the line's before), thread, command, argument. */
    private static final Pattern LINE =
            Pattern.compile(
                    "(?:\\S+(?: +\\S+)?)?\\t+ *(\\d+) ([A-Z][A-Za-z ]+?)(?:\\t(.*))?",
                    // What is read may hold 0x85, at which a dot would stop.
                    Pattern.DOTALL);

    /** One session. */
    public record Session(String user, List<String> statements) {}

    private final List<Session> sessions;

    private GeneralLog(List<Session> sessions) {
        this.sessions = sessions;
    }

    static GeneralLog read(Path file) {
        Map<String, Session> open = new LinkedHashMap<>();
        List<Session> all = new ArrayList<>();
        List<String> last = new ArrayList<>();
        for (String line : lines(file)) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                if (!last.isEmpty()) {
                    last.set(last.size() - 1, last.getLast() + "\n" + line);
                }
                continue;
            }
            String thread = matcher.group(1);
            String command = matcher.group(2);
            String argument = matcher.group(3) == null ? "" : matcher.group(3);
            if (command.equals("Connect")) {
                if (!argument.startsWith("Access denied")) {
                    Session session =
                            new Session(
                                    argument.substring(0, Math.max(0, argument.indexOf('@'))),
                                    new ArrayList<>());
                    open.put(thread, session);
                    all.add(session);
                    last = new ArrayList<>();
                }
            } else if (open.containsKey(thread)) {
                last = open.get(thread).statements();
                last.add(command + "\t" + argument);
            }
        }
        return new GeneralLog(all);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sessions of a user in the order in which they began. */
    public List<Session> sessionsOf(String user) {
        return sessions.stream().filter(session -> session.user().equals(user)).toList();
    }
}
