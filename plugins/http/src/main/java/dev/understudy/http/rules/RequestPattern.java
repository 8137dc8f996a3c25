package dev.understudy.http.rules;

import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.SettingsException;
import java.util.List;
import java.util.Optional;

/** A kind of request, as {@code POST /login} or {@code /admin/**}. */
public record RequestPattern(Optional<String> method, PathPattern path) {
    /** Reads a method, or none for any, and a pattern of paths. */
    public static RequestPattern of(String setting, List<String> words) {
        if (words.size() == 1) {
            return new RequestPattern(Optional.empty(), PathPattern.of(setting, words.getFirst()));
        }
        if (words.size() != 2 || !Fields.isToken(words.getFirst())) {
            throw new SettingsException(
                    "%s: '%s' is no request: write a method and a path, as POST /login"
                            .formatted(setting, String.join(" ", words)));
        }
        return new RequestPattern(
                Optional.of(words.getFirst()).filter(word -> !word.equals("*")),
                PathPattern.of(setting, words.getLast()));
    }

    public boolean matches(RequestHead request) {
        return method.map(request.method()::equals).orElse(true) && path.matches(request.path());
    }

    @Override
    public String toString() {
        return method.map(word -> word + " ").orElse("") + path;
    }
}
