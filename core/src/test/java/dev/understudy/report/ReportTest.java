package dev.understudy.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.ledger.Ledger;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reports of one run, held against the files in {@code golden/}. A change of {@code
 * report-1.json} that is more than an added member needs a new schema number.
 */
class ReportTest {
    private static final Report REPORT = Runs.report(Runs.eventful(), SampleDetail.FULL);

    private static String golden(String name) throws IOException {
        try (InputStream in = ReportTest.class.getResourceAsStream("golden/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void theJsonKeepsItsSchema() throws Exception {
        assertEquals(golden("report-1.json"), JsonReport.render(REPORT));
    }

    @Test
    void theTextTellsOutcomeAndReasonsFirst() throws Exception {
        assertEquals(golden("report.txt"), TextReport.render(REPORT));
    }

    @Test
    void severalTargetsHaveAListInTheJsonAndSectionsInTheText() throws Exception {
        RunReport two = Runs.two();
        assertEquals(Outcome.DIFFERENCES, two.outcome());
        assertEquals(golden("report-of-two.txt"), TextReport.render(two));
        assertEquals(golden("report-2.json"), JsonReport.render(two));
    }

    @Test
    void theTextFitsATerminal() {
        TextReport.render(Runs.two())
                .lines()
                .forEach(line -> assertTrue(line.length() <= 110, line));
        TextReport.render(REPORT).lines().forEach(line -> assertTrue(line.length() <= 110, line));
    }

    @Test
    void theSumsOfTheJsonAgree() throws Exception {
        JsonNode requests = new ObjectMapper().readTree(JsonReport.render(REPORT)).get("requests");
        assertEquals(
                requests.get("captured").asLong(),
                requests.get("answered").asLong()
                        + requests.get("noAnswerDue").asLong()
                        + sum(requests.get("unanswered"))
                        + sum(requests.get("skipped"))
                        + sum(requests.get("lost")));
        assertEquals(
                requests.get("answered").asLong(),
                requests.get("same").asLong()
                        + sum(requests.get("different"))
                        + sum(requests.get("notCompared")));
    }

    private static long sum(JsonNode counts) {
        return counts.valueStream().mapToLong(JsonNode::asLong).sum();
    }

    @Test
    void withoutSamplesNothingCapturedIsInAnyReport() {
        Report report = Runs.report(Runs.eventful(), SampleDetail.NONE);
        for (String text :
                List.of(
                        JsonReport.render(report),
                        TextReport.render(report),
                        HtmlReport.render(report))) {
            assertFalse(text.contains("select 2 from t"), text);
            assertFalse(text.contains("(2, 'a')"), text);
            assertTrue(text.contains("select ? from t"), text);
        }
    }

    @Test
    void capturedTextCannotCommandTheTerminal() {
        assertFalse(TextReport.render(REPORT).contains("\u001b"));
        assertEquals("a\\x1b[2J\\nb\\x9bc", TextReport.printable("a\u001b[2J\nb\u009bc"));
    }

    @Test
    void manyGroupsAreSummedUpInTheText() {
        Ledger ledger = Runs.uneventful();
        for (int i = 0; i < 25; i++) {
            Runs.differs(ledger, Runs.request(i, "select " + i, "select " + i), "rows");
        }
        String text = TextReport.render(Runs.report(ledger, SampleDetail.FULL));
        assertTrue(text.contains("and 15 more: all are in report.json"), text);
    }

    @Test
    void aReportReplacesTheOneBefore(@TempDir Path directory) throws Exception {
        Path nested = directory.resolve("a/b");
        ReportDirectory reports = ReportDirectory.open(nested);
        reports.write(Runs.report(Runs.uneventful(), SampleDetail.FULL));
        Path json = reports.write(REPORT);
        assertEquals(JsonReport.render(REPORT), Files.readString(json));
        assertEquals(TextReport.render(REPORT), Files.readString(nested.resolve("report.txt")));
        assertEquals(HtmlReport.render(REPORT), Files.readString(nested.resolve("report.html")));
        try (var files = Files.list(nested)) {
            assertEquals(4, files.count());
        }
    }

    @Test
    void aReportDirectoryThatIsAFileIsRefusedBeforeTheRun(@TempDir Path directory)
            throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        IOException refused = assertThrows(IOException.class, () -> ReportDirectory.open(file));
        assertTrue(refused.getMessage().contains("is a file: name a directory"));
        IOException below =
                assertThrows(IOException.class, () -> ReportDirectory.open(file.resolve("x")));
        assertTrue(below.getMessage().contains("cannot be written"), below.getMessage());
    }
}
