package dev.understudy.testkit;

import java.nio.file.Files;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * For {@code @ExtendWith(RehearsalExtension.class)}: gives a test its {@link Rehearsals} as a
 * parameter, closes what it began, and publishes the reports of a test that failed, as JUnit's
 * attachments ({@code rehearsal-1.txt}, {@code .html}, {@code .json}).
 */
public final class RehearsalExtension implements ParameterResolver, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(RehearsalExtension.class);

    /** Made by JUnit. */
    public RehearsalExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Rehearsals.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return of(test);
    }

    private static Rehearsals of(ExtensionContext test) {
        return test.getStore(NAMESPACE)
                .computeIfAbsent(Rehearsals.class, _ -> new Rehearsals(), Rehearsals.class);
    }

    @Override
    public void afterEach(ExtensionContext test) {
        int number = 0;
        RuntimeException failure = null;
        for (Rehearsal rehearsal : of(test).started()) {
            number++;
            try (rehearsal) {
                RehearsalResult result = rehearsal.finish();
                if (test.getExecutionException().isPresent()) {
                    publish(test, "rehearsal-" + number, result);
                }
            } catch (RuntimeException e) {
                // The others are to be closed all the same.
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void publish(ExtensionContext test, String name, RehearsalResult result) {
        test.publishFile(
                name + ".txt",
                MediaType.TEXT_PLAIN_UTF_8,
                file -> Files.writeString(file, result.text()));
        test.publishFile(
                name + ".html",
                MediaType.parse("text/html; charset=UTF-8"),
                file -> Files.writeString(file, result.html()));
        test.publishFile(
                name + ".json",
                MediaType.APPLICATION_JSON,
                file -> Files.writeString(file, result.json()));
    }
}
