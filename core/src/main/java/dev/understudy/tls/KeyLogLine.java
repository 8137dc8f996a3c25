package dev.understudy.tls;

import java.util.HexFormat;
import java.util.Optional;

/**
 * One line of a key log: a label, the client's random and a secret, the latter two in hexadecimal.
 *
 * @see "RFC 9850; before it known as the NSS key log format"
 */
sealed interface KeyLogLine {
    /** The longest line, in characters; a secret of 48 bytes makes one of 194. */
    int MAX_CHARACTERS = 1024;

    /** A secret that may open records. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Known(SecretLabel label, HelloRandom random, byte[] secret) implements KeyLogLine {
        @Override
        public String toString() {
            return label + " of " + random + " (secret)";
        }
    }

    /** An empty line, a comment, or a secret that is for other ends. */
    record Passed() implements KeyLogLine {}

    /**
     * No line of a key log.
     *
     * @param why says nothing of what the line holds
     */
    record Wrong(String why) implements KeyLogLine {}

    /** Reads a line without its end. */
    static KeyLogLine parse(String line) {
        String text = line.strip();
        if (text.isEmpty() || text.startsWith("#")) {
            return new Passed();
        }
        String[] words = text.split(" ", -1);
        if (words.length != 3) {
            return new Wrong(
                    "it has %d words in place of label, client random and secret"
                            .formatted(words.length));
        }
        Optional<SecretLabel> label = SecretLabel.named(words[0]);
        if (label.isEmpty()) {
            return isLabel(words[0])
                    ? new Passed()
                    : new Wrong("it does not begin with the name of a secret");
        }
        Optional<byte[]> random = bytes(words[1]);
        if (random.isEmpty() || random.get().length != HelloRandom.LENGTH) {
            return new Wrong("its client random is not of 64 hexadecimal digits");
        }
        Optional<byte[]> secret = bytes(words[2]);
        if (secret.isEmpty() || !label.get().fits(secret.get().length)) {
            return new Wrong("its secret is not of as many hexadecimal digits as its label needs");
        }
        return new Known(label.get(), HelloRandom.of(random.get()), secret.get());
    }

    private static boolean isLabel(String word) {
        return word.chars()
                .allMatch(c -> c == '_' || (c >= 'A' && c <= 'Z') || Character.isDigit(c));
    }

    private static Optional<byte[]> bytes(String hex) {
        try {
            return Optional.of(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
