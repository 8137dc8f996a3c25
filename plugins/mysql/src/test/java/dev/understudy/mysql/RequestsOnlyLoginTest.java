package dev.understudy.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.login.Transcript;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.testing.Playbook;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded logins of which only the client's half is shown. */
class RequestsOnlyLoginTest {
    private static final Map<String, Object> ANYBODY =
            Map.of("users", Map.of("*", Map.of("password", "x")));

    private static Playbook open(boolean joinedMidway) {
        RunContext run = Story.run(Map.of());
        return Playbook.of(
                Story.protocol(ANYBODY)
                        .open(
                                new SessionContext(
                                        run,
                                        1,
                                        run.online(),
                                        run.online(),
                                        joinedMidway,
                                        0,
                                        0,
                                        1,
                                        true)));
    }

    private static Playbook play(String recorded, boolean bytewise) {
        Playbook book = open(false);
        for (Transcript.Piece piece : Transcript.of(recorded).pieces()) {
            int step = bytewise ? 1 : piece.bytes().readableBytes();
            for (int i = 0; i < piece.bytes().readableBytes(); i += step) {
                if (piece.direction() == Direction.FROM_CLIENT) {
                    Story.show(book, piece.direction(), piece.bytes().slice(i, step));
                }
            }
        }
        return book;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "mariadb-cli-to-mariadb-10.11",
                "mysql-cli-to-mariadb-10.11",
                "mariadb-cli-to-mysql-9.7",
                "full-authentication",
                "sha256-password",
                "ed25519"
            })
    void isMadeAnewByWhatTheClientAskedFor(String recorded) {
        for (boolean bytewise : List.of(false, true)) {
            Playbook book = play(recorded, bytewise);
            assertEquals(1, book.all(SessionAction.Asked.class).size());
            assertEquals(List.of(), book.all(SessionAction.Answered.class));
            assertEquals(
                    List.of(SessionAction.Connect.toTarget()),
                    book.all(SessionAction.Connect.class));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"tls, tls", "zlib, compression"})
    void whatOnlyTheServersWordsCouldOpenIsLeftOutByName(String recorded, String reason) {
        Playbook book = play(recorded, false);
        assertEquals(
                List.of(reason),
                book.all(SessionAction.LeaveOut.class).stream()
                        .map(SessionAction.LeaveOut::reason)
                        .toList());
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
    }

    @Test
    void anOpenSessionIsLeftOut() {
        Playbook book = open(true).client(Story.query("select 1"));
        assertEquals("joined-midway", book.all(SessionAction.LeaveOut.class).getFirst().reason());
    }
}
