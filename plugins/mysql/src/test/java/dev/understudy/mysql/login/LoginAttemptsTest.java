package dev.understudy.mysql.login;

import static dev.understudy.mysql.login.LoginAttempts.Admission.STOP;
import static dev.understudy.mysql.login.LoginAttempts.Admission.TRY;
import static dev.understudy.mysql.login.LoginAttempts.Admission.WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.wire.ErrorPacket;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoginAttemptsTest {
    private static final ErrorPacket FIRST = new ErrorPacket(1045, "28000", "first");
    private static final ErrorPacket SECOND = new ErrorPacket(1045, "28000", "second");

    private final LoginAttempts attempts = new LoginAttempts(2);

    @Test
    void aUserIsStoppedAfterItsRefusalsAndTheFirstIsKept() {
        assertEquals(TRY, attempts.admit("app"));
        attempts.refused("app", FIRST);
        assertEquals(TRY, attempts.admit("app"));
        attempts.refused("app", SECOND);
        assertEquals(STOP, attempts.admit("app"));
        assertEquals(Optional.of(FIRST), attempts.firstRefusal("app"));
        assertEquals(TRY, attempts.admit("other"));
    }

    @Test
    void noMoreTryAtOnceThanMayBeRefused() {
        assertEquals(TRY, attempts.admit("app"));
        assertEquals(TRY, attempts.admit("app"));
        assertEquals(WAIT, attempts.admit("app"));
        attempts.refused("app", FIRST);
        assertEquals(WAIT, attempts.admit("app"));
        attempts.refused("app", SECOND);
        assertEquals(STOP, attempts.admit("app"));
    }

    @Test
    void aUserThatWasLetInIsTriedByAnyNumber() {
        assertEquals(TRY, attempts.admit("app"));
        attempts.refused("app", FIRST);
        assertEquals(TRY, attempts.admit("app"));
        attempts.accepted("app");
        assertEquals(Optional.empty(), attempts.firstRefusal("app"));
        for (int i = 0; i < 100; i++) {
            assertEquals(TRY, attempts.admit("app"));
        }
    }

    @Test
    void whatDoesNotSpeakOfTheUserIsNotHeldAgainstIt() {
        for (int number : new int[] {1040, 1044, 1049}) {
            assertEquals(TRY, attempts.admit("app"));
            attempts.refused("app", new ErrorPacket(number, "08004", "no"));
            assertEquals(TRY, attempts.admit("app"));
            attempts.abandoned("app");
        }
    }

    @Test
    void theTableIsBounded() {
        LoginAttempts strict = new LoginAttempts(1);
        for (int i = 0; i <= LoginAttempts.MAX_USERS; i++) {
            strict.admit("user" + i);
            strict.refused("user" + i, FIRST);
        }
        assertEquals(STOP, strict.admit("user0"));
        assertEquals(TRY, strict.admit("user" + LoginAttempts.MAX_USERS));
    }
}
