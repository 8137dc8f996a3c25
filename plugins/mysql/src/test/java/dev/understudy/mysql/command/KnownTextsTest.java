package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KnownTextsTest {
    private final KnownTexts known = new KnownTexts();

    private SqlText read(String sql, SqlDialect dialect) {
        byte[] payload = ("\u0003" + sql).getBytes(StandardCharsets.UTF_8);
        return known.read(payload, 1, dialect);
    }

    private SqlText read(String sql) {
        return read(sql, SqlDialect.usual());
    }

    @Test
    void readsTheSameTextOnce() {
        assertSame(read("select 1"), read("select 1"));
        assertEquals(1, known.size());
    }

    @Test
    void tellsTextsApartToTheLetterAndByTheirDialect() {
        SqlDialect withoutEscapes = new SqlDialect(false, SqlDialect.Encoding.UTF8);
        String sql = "select '\\'; drop user x -- '";
        assertTrue(read(sql).refusals().isEmpty());
        assertNotEquals(read(sql), read(sql, withoutEscapes));
        assertNotSame(read("select 1"), read("select 2"));
    }

    @Test
    void remembersNothingThatMayHoldASecret() {
        read("create user x identified by 'hunter2'");
        read("change master to master_password = 'hunter2'");
        read("set global x = 'hunter2");
        assertEquals(0, known.size());
    }

    @Test
    void forgetsWhatWasNotAskedForLately() {
        SqlText often = read("select 'often'");
        for (int i = 0; i < 1000; i++) {
            read("select " + i);
            assertSame(often, read("select 'often'"));
        }
        assertTrue(known.size() < KnownTexts.MAX_BYTES / 256, "" + known.size());
        read("select '" + "x".repeat(KnownTexts.MAX_TEXT_BYTES) + "'");
        assertTrue(known.size() < KnownTexts.MAX_BYTES / 256, "" + known.size());
    }
}
