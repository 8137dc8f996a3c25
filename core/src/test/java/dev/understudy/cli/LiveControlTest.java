package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Request;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveControlTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Runnable interrupt = () -> {};

    private LiveControl control(boolean terminal) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        Console console = new Console(stream, stream, terminal, false);
        return new LiveControl(
                console,
                (first, second) -> interrupt = first,
                "capturing on lo",
                Duration.ofSeconds(10));
    }

    @Test
    void theLineTellsTheRunSoFar() {
        Ledger ledger = new Ledger();
        ledger.sessionCaptured();
        ledger.sessionCaptured();
        ledger.sessionEnded(new SessionLabel(1, "c"), new SessionEnd.LeftOut("tls", ""));
        for (int i = 0; i < 1_500; i++) {
            ledger.asked(new Request(i, "GET", "k", "k", 0, true));
        }
        ledger.packets().droppedByKernel(7);
        assertEquals(
                "sessions 2 (1 open)  500 requests/s  same 0  different 0  left out 1  lag 1.5 ms"
                        + "  kernel drops 7",
                ProgressLine.of(List.of(ledger.counts()), 500, 2_000_000_000L, 1_500_000));
    }

    @Test
    void theLastStateIsShownWhenTheRunIsOver() {
        try (LiveControl control = control(false)) {
            control.opened(new Ledger());
            control.say("warning: one");
        }
        assertEquals(
                """
                capturing on lo
                warning: one
                sessions 0 (0 open)  0 requests/s  same 0  different 0  left out 0  lag 0.0 ms  kernel drops 0
                """,
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void onlyARunHasSessionsToDrain() {
        try (LiveControl recording = control(false)) {
            recording.opened();
            interrupt.run();
        }
        try (LiveControl run = control(false)) {
            run.opened(new Ledger());
            interrupt.run();
        }
        assertEquals(
                """
                capturing on lo
                ending: no more is captured; a second signal ends it at once
                capturing on lo
                ending: no more is captured, sessions are drained; a second signal ends it at once
                sessions 0 (0 open)  0 requests/s  same 0  different 0  left out 0  lag 0.0 ms  kernel drops 0
                """,
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void onATerminalTheLineIsWrittenOver() {
        try (LiveControl control = control(true)) {
            control.opened(new Ledger());
            control.say("warning: one");
        }
        assertEquals(
                """
                capturing on lo
                \r\u001b[Kwarning: one
                \r\u001b[Ksessions 0 (0 open)  0 requests/s  same 0  different 0  left out 0  lag 0.0 ms  kernel drops 0
                """,
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aRunThatWasNotOpenedShowsNothing() {
        control(true).close();
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }
}
