package dev.understudy.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.ledger.Ledger;
import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** The page for a browser; what stands in it is compared with the text that a reader would see. */
class HtmlReportTest {
    private static final String HOSTILE =
            "</code></style><script>alert(\"1\" & '2')</script>\u001b";

    private static final Pattern TAG = Pattern.compile("<(/?)([a-z0-9]+)[^<>]*>");
    private static final Set<String> WITHOUT_END = Set.of("meta");

    private static String eventful() {
        return HtmlReport.render(Runs.report(Runs.eventful(), SampleDetail.FULL));
    }

    /** What a browser would show, as one text; the page must be well-formed for it. */
    private static String shown(String page) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(wellFormed(page))));
        document.getElementsByTagName("style").item(0).setTextContent("");
        return document.getDocumentElement().getTextContent().replaceAll("\\s+", " ");
    }

    private static String wellFormed(String page) {
        return page.replace("<!DOCTYPE html>", "")
                .replaceAll("<meta ([^>]*)>", "<meta $1/>")
                .replace("<details open>", "<details>");
    }

    @Test
    void outcomeSumsGroupsSamplesAndLatencyAreThere() throws Exception {
        String page = shown(eventful());
        assertTrue(
                page.startsWith(" incomplete: 192.0.2.1:3306 (db.example) to 192.0.2.2:3306"),
                page);
        for (String part :
                List.of(
                        "requests captured 9",
                        "different 2 1 content, 1 rows",
                        "left out 1 1 tls",
                        "session 2 of 192.0.2.8:40313 left out (tls): SSLRequest at byte 4",
                        "COM_QUERY select ? from t",
                        "different 1 content, 1 rows of 3",
                        "session 1 of 192.0.2.7:40312, request 2 (content)",
                        "select 2 from t",
                        "online row 1: (2, 'a')",
                        "hit rate",
                        "97.1 %",
                        "p50 p95 p99 max",
                        "secret file /run/secrets/app can be read by everybody",
                        "limits.lost")) {
            assertTrue(page.contains(part), "no '" + part + "' in " + page);
        }
    }

    @Test
    void eachElementIsClosed() {
        String page = eventful();
        Deque<String> open = new ArrayDeque<>();
        Matcher tags = TAG.matcher(page.substring(page.indexOf("<html")));
        while (tags.find()) {
            String tag = tags.group(2);
            if (tags.group(1).isEmpty()) {
                if (!WITHOUT_END.contains(tag)) {
                    open.push(tag);
                }
            } else {
                assertEquals(open.pop(), tag);
            }
        }
        assertTrue(open.isEmpty(), open::toString);
    }

    @Test
    void nothingIsLoadedAndNothingRuns() {
        String page = eventful();
        for (String way :
                List.of("<script", "src=", "href", "url(", "@import", "http:", "https:")) {
            assertFalse(page.contains(way), way);
        }
        assertTrue(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    }

    @Test
    void whatWasCapturedCannotBecomeMarkup() throws Exception {
        Ledger ledger = Runs.uneventful();
        Runs.differs(ledger, Runs.request(1, HOSTILE, HOSTILE), "kind" + HOSTILE);
        String page = HtmlReport.render(Runs.report(ledger, SampleDetail.FULL));
        assertFalse(page.contains("<script"), page);
        assertFalse(page.contains("\u001b"), page);
        String visible = HOSTILE.replace("\u001b", "\\x1b");
        assertTrue(shown(page).contains("(kind" + visible + ")"), page);
    }

    @Test
    void ofVeryManyGroupsSomeAreShown() throws Exception {
        Ledger ledger = Runs.uneventful();
        for (int i = 1; i <= HtmlReport.MAX_GROUPS + 9; i++) {
            Runs.same(ledger, Runs.request(i, "select " + i, "select"));
        }
        String page = HtmlReport.render(Runs.report(ledger, SampleDetail.FULL));
        assertTrue(shown(page).contains("and 10 more: all are in report.json"));
    }

    @Test
    void severalTargetsHaveASectionEach() throws Exception {
        RunReport two = Runs.two();
        String page = shown(HtmlReport.render(two));
        for (Report column : two.columns()) {
            assertTrue(page.contains(column.pair() + " " + column.outcome().word()), page);
        }
    }

    @Test
    void whatWasNotSampledAndWhatTheControlToldIsShown() {
        Ledger ledger = Runs.uneventful();
        ledger.sessionNotSampled("sample");
        ledger.withControl();
        ledger.withoutControl("late");
        String html = HtmlReport.render(Runs.report(ledger, SampleDetail.FULL));
        String text = TextReport.render(Runs.report(ledger, SampleDetail.FULL));
        assertTrue(html.contains("not sampled"), html);
        assertTrue(html.contains("compared without it"), html);
        assertTrue(text.contains("+ 1 not sampled"), text);
        assertTrue(text.contains("control   1 answers compared beside the control's"), text);
        assertTrue(text.contains("without it: 1 late"), text);
        assertFalse(
                HtmlReport.render(Runs.report(Runs.uneventful(), SampleDetail.FULL))
                        .contains("not sampled"));
    }
}
