package dev.understudy.mysql.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionEffectTest {
    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    NONE       | select 1
                    NONE       | /* of a driver */ select * from t where a = ':=' for update
                    NONE       | (select 1) union (select 2)
                    NONE       | insert into t values (1), (2)
                    NONE       | create table t (a int)
                    NONE       | commit
                    REPEATABLE | set sql_mode = 'ANSI_QUOTES', @a = 1
                    REPEATABLE | set names utf8mb4
                    REPEATABLE | use shop
                    OPAQUE     | set @a = (select 1)
                    OPAQUE     | set @a = uuid()
                    OPAQUE     | set @a = current_timestamp
                    OPAQUE     | set statement max_statement_time = 5 for update t set a = a + 1
                    OPAQUE     | set transaction isolation level serializable
                    OPAQUE     | set session transaction read only
                    OPAQUE     | select @a := 1
                    OPAQUE     | select 1 into @a
                    OPAQUE     | select get_lock('a', 1)
                    OPAQUE     | select last_insert_id(7)
                    OPAQUE     | create temporary table t (a int)
                    OPAQUE     | call p()
                    OPAQUE     | prepare s from 'select 1'
                    OPAQUE     | lock tables t write
                    OPAQUE     | select 1; set @a = 1
                    OPAQUE     | select 1 /*!50000 into @a */
                    OPAQUE     | select 'not closed
                    OPAQUE     | do 1
                    """)
    void inDoubtItIsOpaque(SessionEffect expected, String sql) {
        assertEquals(expected, SessionEffect.of(sql.getBytes(StandardCharsets.UTF_8), 0));
    }
}
