package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.SqlDialect.Encoding;
import dev.understudy.mysql.wire.Collation;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * The character set that a client writes its texts and names in.
 *
 * @param name MySQL's, as {@code gbk}; empty where it is not known
 * @param encoding how a text in it is split
 */
record ClientCharset(String name, Encoding encoding) {
    /** Old collations of the sets whose second bytes may look like ASCII, in no table of ours. */
    private static final Map<Integer, String> OLD_IDS =
            Map.ofEntries(
                    Map.entry(1, "big5"),
                    Map.entry(84, "big5"),
                    Map.entry(13, "sjis"),
                    Map.entry(88, "sjis"),
                    Map.entry(28, "gbk"),
                    Map.entry(87, "gbk"),
                    Map.entry(95, "cp932"),
                    Map.entry(96, "cp932"),
                    Map.entry(248, "gb18030"),
                    Map.entry(249, "gb18030"),
                    Map.entry(250, "gb18030"));

    /** MariaDB's collations that do not pad have the number of their like and this. */
    private static final int NO_PAD = 1024;

    /** What Java calls them; other sets are read byte by byte. */
    private static final Map<String, String> JAVA_NAMES =
            Map.of(
                    "big5", "Big5",
                    "sjis", "Shift_JIS",
                    "cp932", "windows-31j",
                    "gbk", "GBK",
                    "gb18030", "GB18030");

    /** One that the servers may not agree on. */
    static final ClientCharset UNCERTAIN = new ClientCharset("", Encoding.AMBIGUOUS);

    /** A character set by MySQL's name. */
    static ClientCharset of(String name) {
        return new ClientCharset(name, Encoding.of(name));
    }

    /** A collation that no table knows is none of those that MySQL had before there were tables. */
    static ClientCharset of(Collation collation) {
        if (collation.isKnown()) {
            return of(collation.charset());
        }
        String old =
                OLD_IDS.getOrDefault(
                        collation.id(), OLD_IDS.getOrDefault(collation.id() - NO_PAD, ""));
        return old.isEmpty() ? new ClientCharset("", Encoding.UTF8) : of(old);
    }

    /** Whether texts and names in it are read as those in the other. */
    boolean readsLike(ClientCharset other) {
        return encoding == other.encoding
                && (encoding != Encoding.AMBIGUOUS || name.equals(other.name));
    }

    /**
     * A name in UTF-8, where the bytes of one are not to be read by themselves; empty for the other
     * character sets, and where it is no text of this one.
     */
    Optional<byte[]> inUtf8(byte[] name) {
        return Optional.ofNullable(JAVA_NAMES.get(this.name))
                .filter(Charset::isSupported)
                .flatMap(charset -> decoded(name, Charset.forName(charset)))
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<String> decoded(byte[] text, Charset charset) {
        try {
            // Without an action a decoder reports what it cannot read.
            return Optional.of(charset.newDecoder().decode(ByteBuffer.wrap(text)).toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }
}
