package dev.understudy.cli.config;

import dev.understudy.protocol.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values that are kept elsewhere: {@code ${env:NAME}} and {@code ${file:/path}}. */
final class References {
    /** Bytes of a secret file; a larger one is not what was meant. */
    static final int MAX_FILE_BYTES = 64 * 1024;

    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([a-z]+):(.*)}");
    private static final Pattern EMBEDDED = Pattern.compile("\\$\\{[a-z]+:");

    private final Path base;
    private final Map<String, String> environment;
    private final List<String> warnings = new ArrayList<>();

    /**
     * Nothing is read yet.
     *
     * @param base relative file names are looked up here
     */
    References(Path base, Map<String, String> environment) {
        this.base = base;
        this.environment = environment;
    }

    /** What was odd about the files read. */
    List<String> warnings() {
        return warnings;
    }

    /**
     * The text itself, or the {@link Secret} it refers to.
     *
     * @param where the setting, as the user would name it
     */
    Object resolve(String where, String text) throws ConfigurationException {
        Matcher reference = REFERENCE.matcher(text);
        if (!reference.matches()) {
            if (EMBEDDED.matcher(text).find()) {
                throw new ConfigurationException(
                        "%s: a reference ${…} has to be the whole value".formatted(where));
            }
            return text;
        }
        String name = reference.group(2);
        return switch (reference.group(1)) {
            case "env" -> fromEnvironment(where, name);
            case "file" -> fromFile(where, base.resolve(name));
            default ->
                    throw new ConfigurationException(
                            "%s: unknown reference ${%s:…}: known are ${env:NAME} and ${file:/path}"
                                    .formatted(where, reference.group(1)));
        };
    }

    private Secret fromEnvironment(String where, String name) throws ConfigurationException {
        String value = environment.get(name);
        if (value == null) {
            throw new ConfigurationException(
                    "%s: the environment variable %s is not set: export it, and see that sudo keeps it"
                            .formatted(where, name));
        }
        return new Secret(value);
    }

    private Secret fromFile(String where, Path file) throws ConfigurationException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new ConfigurationException(
                        "%s: the secret file %s is larger than %d bytes: name another"
                                .formatted(where, file, MAX_FILE_BYTES));
            }
            if (isReadableByAll(file)) {
                warnings.add(
                        "secret file %s can be read by everybody: chmod 600 it".formatted(file));
            }
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return new Secret(withoutLastLineEnd(text));
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(
                    "%s: the secret file %s is not UTF-8 text: name another"
                            .formatted(where, file));
        } catch (IOException e) {
            throw new ConfigurationException(
                    "%s: the secret file %s cannot be read (%s): check its name and permissions"
                            .formatted(where, file, e.getClass().getSimpleName()));
        }
    }

    /** Whether the file's mode lets everybody read it; false where files have no modes. */
    static boolean isReadableByAll(Path file) {
        try {
            return Files.getFileStore(file).supportsFileAttributeView("posix")
                    && Files.getPosixFilePermissions(file)
                            .contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException e) {
            return false; // It was read just now, so it has gone since.
        }
    }

    private static String withoutLastLineEnd(String text) {
        String line = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }
}
