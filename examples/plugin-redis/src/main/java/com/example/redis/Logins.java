package com.example.redis;

import dev.understudy.protocol.session.TargetUsers.TargetUser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Logins within commands: {@code AUTH} and {@code HELLO … AUTH …}. A captured password is of no use
 * on the target and never sent there.
 */
final class Logins {
    /** Whom {@code AUTH} with a password alone means. */
    static final String DEFAULT_USER = "default";

    /** {@code HELLO 3 AUTH user password}: words before the option, and its own. */
    private static final int HELLO_OPTIONS = 2;

    private static final int OPTION_WORDS = 3;

    private Logins() {}

    /** Who logs in by this command; empty where nobody does. */
    static Optional<String> user(Command command) {
        return switch (command.word(0)) {
            case "AUTH" ->
                    Optional.of(command.words().size() > 2 ? command.words().get(1) : DEFAULT_USER);
            case "HELLO" -> {
                int option = option(command);
                yield option < 0 || option + 1 >= command.words().size()
                        ? Optional.empty()
                        : Optional.of(command.words().get(option + 1));
            }
            default -> Optional.empty();
        };
    }

    private static int option(Command hello) {
        int at = HELLO_OPTIONS;
        while (at < hello.words().size()) {
            switch (hello.word(at)) {
                case "AUTH" -> {
                    return at;
                }
                case "SETNAME" -> at += 2;
                default -> at++;
            }
        }
        return -1;
    }

    /** The same command with the target's credentials. */
    static Command with(Command command, TargetUser user) {
        if (command.word(0).equals("AUTH")) {
            return login(user);
        }
        List<String> words = new ArrayList<>(without(command).words());
        words.addAll(
                option(command), List.of("AUTH", user.name(), bytes(user.password().reveal())));
        return new Command(words);
    }

    /** {@code AUTH} as this user; servers before Redis 6 know no names. */
    static Command login(TargetUser user) {
        String password = bytes(user.password().reveal());
        return new Command(
                user.name().equals(DEFAULT_USER)
                        ? List.of("AUTH", password)
                        : List.of("AUTH", user.name(), password));
    }

    /** A greeting that logs nobody in. */
    static Command without(Command hello) {
        List<String> words = new ArrayList<>(hello.words());
        int option = option(hello);
        words.subList(option, Math.min(words.size(), option + OPTION_WORDS)).clear();
        return new Command(words);
    }

    /** A setting's text as commands hold it: a character for each byte of UTF-8. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
