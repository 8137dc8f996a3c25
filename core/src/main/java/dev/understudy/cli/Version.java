package dev.understudy.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Which Understudy this is. */
public final class Version {
    /** Maven writes it into every jar it builds. */
    private static final String BUILT = "/META-INF/maven/dev.understudy/core/pom.properties";

    private Version() {}

    /** The version of the release, or {@code unreleased} when run from classes. */
    public static String current() {
        try (InputStream in = Version.class.getResourceAsStream(BUILT)) {
            if (in == null) {
                return "unreleased";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "unreleased");
        } catch (IOException _) {
            return "unreleased";
        }
    }
}
