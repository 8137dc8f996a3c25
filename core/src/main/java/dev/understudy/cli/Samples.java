package dev.understudy.cli;

import dev.understudy.session.Sample;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code --sample}. */
final class Samples {
    private static final Pattern FORM =
            Pattern.compile("(clients:|users:)?(\\d{1,3}(?:\\.\\d{1,4})?)%");

    private Samples() {}

    /**
     * Reads {@code 10%}, {@code clients:2.5%} or {@code users:10%}.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static Sample parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || Double.parseDouble(matcher.group(2)) > 100) {
            throw new IllegalArgumentException(
                    "'%s' is no share: write 10%%, 2.5%%, clients:10%% or users:10%%; at most 100%%, and 4 digits behind the point"
                            .formatted(text));
        }
        return new Sample(
                Double.parseDouble(matcher.group(2)) / 100,
                switch (matcher.group(1)) {
                    case null -> Sample.By.SESSION;
                    case "clients:" -> Sample.By.CLIENT;
                    case String _ -> Sample.By.USER;
                });
    }
}
