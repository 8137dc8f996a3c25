package dev.understudy.testkit;

import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * For {@code @ExtendWith(RehearsalExtension.class)}: gives {@link Rehearsals} as a parameter,
 * closes what they began, and publishes the reports of what failed, as JUnit's attachments ({@code
 * rehearsal-1.txt}, {@code .html}, {@code .json}). Those of a test or its {@code @BeforeEach} are
 * closed behind the test; those of a constructor or {@code @BeforeAll} behind the class's last one.
 */
public final class RehearsalExtension
        implements ParameterResolver, AfterEachCallback, AfterAllCallback {
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

    /** A test's own, or a class's: a test does not see those of its class by this. */
    private static Rehearsals of(ExtensionContext test) {
        return test.getStore(NAMESPACE)
                .computeIfAbsent(test.getUniqueId(), _ -> new Rehearsals(), Rehearsals.class);
    }

    @Override
    public void afterEach(ExtensionContext test) {
        if (test.getExecutionException().isPresent()) {
            for (Optional<ExtensionContext> around = test.getParent();
                    around.isPresent();
                    around = around.get().getParent()) {
                of(around.get()).testFailed();
            }
        }
        end(test);
    }

    @Override
    public void afterAll(ExtensionContext testClass) {
        end(testClass);
    }

    private static void end(ExtensionContext test) {
        Rehearsals rehearsals = of(test);
        boolean failed = test.getExecutionException().isPresent() || rehearsals.hasFailedTest();
        int number = 0;
        RuntimeException failure = null;
        for (Rehearsal rehearsal : rehearsals.started()) {
            number++;
            try (rehearsal) {
                RehearsalResult result = rehearsal.finish();
                if (failed) {
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
