package dev.understudy.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionJournal;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.ledger.Step;
import dev.understudy.protocol.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalFileTest {
    private static final long START = 1_795_000_000_000_000_000L;
    private static final SessionLabel SESSION = new SessionLabel(7, "192.0.2.7:40312");

    @TempDir private Path directory;

    private static Ledger ledger() {
        Ledger ledger = new Ledger();
        ledger.journals().limit(1 << 20);
        SessionJournal journal = ledger.journals().begin(SESSION).orElseThrow();
        journal.note(START, Side.TARGET, "connected", "");
        journal.add(
                new Step.Happened(
                        START + 3_000_000, Side.TARGET, "rewritten", 3, "statement id 1 is 9", 0));
        journal.add(
                new Step.Happened(START + 1_000_000, Side.TARGET, "held", -1, "login", 12_000_000));
        journal.add(
                new Step.Asked(
                        START + 2_000_000,
                        Runs.request(3, "select ? from t", "select 2 from t\u001b[2J"),
                        START + 3_000_000,
                        500_000,
                        64_000 + 3_000,
                        START + 3_128_000,
                        true,
                        RequestEnd.DIFFERENT,
                        "content",
                        "row 1: 'a'",
                        "row 1: 'b'"));
        ledger.sessionEnded(SESSION, new SessionEnd.LeftOut("gap", "12 bytes"));
        SessionLabel other = new SessionLabel(8, "192.0.2.7:40313, copy 2");
        ledger.journals().begin(other).orElseThrow().note(START, Side.TARGET, "connected", "");
        ledger.sessionEnded(other, new SessionEnd.Complete());
        return ledger;
    }

    private void write(SampleDetail detail) throws IOException {
        ReportDirectory.open(directory).write(Runs.report(ledger(), detail));
    }

    private String explained(String session) throws IOException {
        List<JsonNode> journals = JournalFile.read(directory, session);
        assertEquals(1, journals.size());
        return Timeline.render(journals.getFirst());
    }

    private String refused(String session) {
        return assertThrows(IOException.class, () -> JournalFile.read(directory, session))
                .getMessage();
    }

    @Test
    void theTimelineTellsOneThingAfterTheOther() throws Exception {
        write(SampleDetail.FULL);
        assertEquals(
                """
                session 7 of 192.0.2.7:40312, 192.0.2.1:3306 (db.example) to 192.0.2.2:3306 (mysql)
                2026-11-18 UTC, by the copier's clock; 'captured' is by the capture's
                11:06:40.000000  connected
                11:06:40.001000  held 12.000 ms login
                11:06:40.002000  request 3  COM_QUERY  select 2 from t\\x1b[2J
                                   captured 00:00:00.000003
                                   rewritten: statement id 1 is 9
                                   sent     11:06:40.003000, 0.500 ms after it was due; an earlier answer that it may depend on was missing
                                   online   answered after 0.064 ms
                                   target   answered after 0.128 ms
                                   different (content), suspect of order
                                     online  row 1: 'a'
                                     target  row 1: 'b'
                                 the session: left out (gap): 12 bytes
                """,
                explained("7"));
        assertEquals(explained("7"), explained("192.0.2.7:40312"));
        assertTrue(explained("192.0.2.7:40313").contains("the session: complete"));
    }

    @Test
    void withoutSamplesTheFingerprintStandsForTheText() throws Exception {
        write(SampleDetail.NONE);
        String file = Files.readString(directory.resolve(JournalFile.NAME));
        assertFalse(file.contains("select 2") || file.contains("row 1"), file);
        assertTrue(explained("7").contains("request 3  COM_QUERY  select ? from t\n"));
        assertTrue(explained("7").contains("different (content)"));
    }

    @Test
    void aSessionThatIsNotThereIsToldWithThoseThatAre() throws Exception {
        write(SampleDetail.FULL);
        assertEquals(
                "session '9' is not in %s: name one of 7, 8"
                        .formatted(directory.resolve(JournalFile.NAME)),
                refused("9"));
    }

    @Test
    void whatHadNoRoomIsTold() throws Exception {
        Ledger ledger = new Ledger();
        ledger.journals().limit(1);
        ledger.journals().begin(SESSION).orElseThrow().note(1, Side.TARGET, "connected", "");
        ledger.sessionEnded(SESSION, new SessionEnd.LeftOut("gap", "12 bytes"));
        Report report = Runs.report(ledger, SampleDetail.FULL);
        ReportDirectory.open(directory).write(report);
        String refused = refused("7");
        assertTrue(
                refused.endsWith(
                        "which holds none; there was no room for 1: raise report.journal-bytes"),
                refused);
        assertTrue(
                TextReport.render(report)
                        .contains("no room for the journals of 1: raise report.journal-bytes"));
    }

    @Test
    void aDirectoryWithoutJournalsIsNamed() {
        assertEquals(
                "%s has no sessions.jsonl: name the directory that --report of a run named"
                        .formatted(directory),
                refused("7"));
    }

    @Test
    void aFileThatIsCutAnywhereIsRefused() throws Exception {
        write(SampleDetail.FULL);
        Path file = directory.resolve(JournalFile.NAME);
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 0; cut < whole.length - 1; cut++) {
            Files.write(file, java.util.Arrays.copyOf(whole, cut));
            String refused = refused("7");
            assertTrue(
                    refused.matches(".* is cut or damaged at line [1-3]: copy it anew"),
                    "cut at " + cut + ": " + refused);
        }
    }

    @Test
    void otherFilesOfThatNameAreRefused() throws Exception {
        Path file = directory.resolve(JournalFile.NAME);
        Files.writeString(file, "{\"sessionJournals\":2,\"journals\":0}\n");
        assertTrue(refused("7").contains("is of another version (2, this reads 1)"));
        Files.writeString(file, "[]\n");
        assertTrue(refused("7").contains("damaged at line 1"));
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertTrue(refused("7").endsWith("is no text: copy it anew"), refused("7"));
    }
}
