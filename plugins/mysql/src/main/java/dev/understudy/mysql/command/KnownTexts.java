package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the texts that a session sent last said about themselves: clients say the same few over and
 * over (BEGIN, COMMIT, SET, a ping by SELECT 1), and reading one takes microseconds. A text that
 * may hold a secret is not remembered.
 */
final class KnownTexts {
    /** Of all that is remembered in one session. */
    static final int MAX_BYTES = 16 << 10;

    /** A longer text is not likely to come again to the letter. */
    static final int MAX_TEXT_BYTES = 1 << 10;

    /** What an entry costs besides its text and fingerprint. */
    private static final int OVERHEAD_BYTES = 256;

    private final Map<Key, SqlText> texts = new LinkedHashMap<>(16, 0.75f, true);
    private int bytes;

    /** A text to the letter, and how it is to be read. */
    private static final class Key {
        private final byte[] text;
        private final SqlDialect dialect;
        private final int hash;

        Key(byte[] text, SqlDialect dialect) {
            this.text = text;
            this.dialect = dialect;
            this.hash = 31 * Arrays.hashCode(text) + dialect.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && hash == key.hash
                    && dialect.equals(key.dialect)
                    && Arrays.equals(text, key.text);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Reads the text of a request, or remembers what it said before. */
    SqlText read(byte[] payload, int from, SqlDialect dialect) {
        if (payload.length - from > MAX_TEXT_BYTES) {
            return SqlText.read(payload, from, payload.length, dialect);
        }
        Key key = new Key(Arrays.copyOfRange(payload, from, payload.length), dialect);
        SqlText known = texts.get(key);
        if (known != null) {
            return known;
        }
        SqlText text = SqlText.read(payload, from, payload.length, dialect);
        if (!text.mayHoldSecrets()) {
            texts.put(key, text);
            bytes += cost(key, text);
            var eldest = texts.entrySet().iterator();
            while (bytes > MAX_BYTES) {
                Map.Entry<Key, SqlText> gone = eldest.next();
                bytes -= cost(gone.getKey(), gone.getValue());
                eldest.remove();
            }
        }
        return text;
    }

    /** Texts remembered. */
    int size() {
        return texts.size();
    }

    private static int cost(Key key, SqlText text) {
        int inner = text.inner().stream().mapToInt(ByteBuffer::remaining).sum();
        return OVERHEAD_BYTES + key.text.length + text.fingerprint().length() + inner;
    }
}
