package dev.understudy.mysql.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestTest {
    private static SqlText read(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(text, 0, text.length, SqlDialect.usual());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            textBlock =
                    """
                    select 1                                   | SELECT ?
                    SELECT  1 -- one                           | SELECT ?
                    select * from t where a = 'x' and b=-2.5e1 | SELECT * FROM `t` WHERE `a` = ? AND `b` = ?
                    select a-1 from T                          | SELECT `a` - ? FROM `T`
                    select * from t where a in (1, 2, 'x')     | SELECT * FROM `t` WHERE `a` IN (...)
                    select * from t where a in (?, ?)          | SELECT * FROM `t` WHERE `a` IN (...)
                    select * from t where a in (?)             | SELECT * FROM `t` WHERE `a` IN (...)
                    insert into t values (1, 'a'), (NULL, 'b') | INSERT INTO `t` VALUES (...) /* , ... */
                    insert into t values (?, ?), (?, ?)        | INSERT INTO `t` VALUES (...) /* , ... */
                    insert into t (a, b) values (1, now())     | INSERT INTO `t` ( `a` , `b` ) VALUES ( ? , NOW ( ) )
                    select a from t where b is null            | SELECT `a` FROM `t` WHERE `b` IS NULL
                    select `a`.`b c`, `x` from `a`             | SELECT `a` . `b c` , `x` FROM `a`
                    select /* x */ 1 /*+ y */;                 | SELECT ?
                    select 1; select 2                         | SELECT ? ; SELECT ?
                    select @x, @@session.y                     | SELECT @? , @@SESSION . `y`
                    select x'41', 0xFF, n'x', \\N from t       | SELECT ?, ... FROM `t`
                    select count( * )                          | SELECT COUNT ( * )
                    set password = 'secret'                    | SET PASSWORD = ?
                    select a from t order by 1, b, 2 + 1       | SELECT `a` FROM `t` ORDER BY 1 , `b` , ? + ?
                    select /*+ no_icp(t) */ 'open              | SELECT (unreadable)
                    """)
    void leavesOutValues(String sql, String fingerprint) {
        assertEquals(fingerprint, read(sql).fingerprint());
    }

    @Test
    void isBounded() {
        String fingerprint = read("select " + "abc + ".repeat(1000) + "1").fingerprint();
        assertTrue(fingerprint.length() <= Digest.MAX_LENGTH, fingerprint);
        String wide = read("select " + "1 sql_tsi_second + ".repeat(1000)).fingerprint();
        assertEquals(Digest.MAX_LENGTH, wide.length());
        assertTrue(wide.endsWith("…"));
    }

    @Test
    void keepsAFewTokensOfALargeInsert() {
        String sql = "insert into t values (1, 'x', -3)" + ", (1, 'x', NULL)".repeat(50_000);
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        Tokens tokens = Tokens.read(text, new Lexer(text, 0, text.length, SqlDialect.usual()));
        assertTrue(tokens.whole());
        assertTrue(tokens.size() < 10, "tokens kept: " + tokens.size());
    }

    @ParameterizedTest
    @CsvSource({
        "select now(), true",
        "select CURRENT_TIMESTAMP, true",
        "select uuid (), true",
        "show full processlist, true",
        "select t.now from t, false",
        "select rand from t, false",
        "show full processlist, true",
        "show table status like 'x', true",
        "show engine innodb status, true",
        "show create table status, false",
        "show columns from status, false",
        "select 'now()', false"
    })
    void knowsWhatAnswersChange(String sql, boolean changes) {
        assertEquals(changes, read(sql).changes());
    }

    /** Whatever the bytes: it ends, and every token lies behind the one before. */
    @Test
    void survivesNoise() {
        Random random = new Random(42);
        String pieces = "'\"`\\/*!M50000 -#;@.$()=,abKILLSETxn09\n\0\u00ff";
        for (int round = 0; round < 20_000; round++) {
            byte[] text = new byte[random.nextInt(60)];
            for (int i = 0; i < text.length; i++) {
                text[i] = (byte) pieces.charAt(random.nextInt(pieces.length()));
            }
            Lexer lexer = new Lexer(text, 0, text.length, SqlDialect.usual());
            int last = 0;
            for (TokenKind kind = lexer.next();
                    kind != TokenKind.END && kind != TokenKind.BROKEN;
                    kind = lexer.next()) {
                assertTrue(lexer.start() >= last && lexer.end() > lexer.start());
                last = lexer.end();
            }
            assertTrue(lexer.end() <= text.length);
            SqlText.read(text, 0, text.length, SqlDialect.usual());
        }
    }
}
