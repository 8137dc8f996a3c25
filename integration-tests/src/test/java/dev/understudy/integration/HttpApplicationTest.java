package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WebShop;
import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user who is logged in online is logged in on the target, although every server makes up its own
 * cookies and tokens and knows no other's.
 */
@Timeout(180)
class HttpApplicationTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FORM_TOKEN =
            Pattern.compile("name=\"csrf\" value=\"([0-9a-f]+)\"");
    private static final String ALL_METHODS =
            """
            http:
              methods: [GET, HEAD, POST]
            """;

    private final WebShop online = WebShop.start();
    private final WebShop target = WebShop.start();

    @TempDir private Path folder;

    @AfterEach
    void stop() {
        online.close();
        target.close();
    }

    private Understudy copy(String config, String... more) throws IOException {
        Path file = folder.resolve("understudy.yaml");
        Files.writeString(file, config);
        List<String> command = new ArrayList<>(List.of("copy", "-i", "lo", "--online"));
        command.addAll(List.of(online.address(), "--target", target.address()));
        command.addAll(List.of("--protocol", "http", "--config", file.toString()));
        command.addAll(List.of(more));
        return Understudy.start(Map.of(), command).awaitCapturing();
    }

    /** A browser: keeps connections and cookies. */
    private final class Browser implements AutoCloseable {
        private final HttpClient client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
                        .build();

        private HttpResponse<String> send(HttpRequest.Builder request)
                throws IOException, InterruptedException {
            return client.send(request.build(), BodyHandlers.ofString());
        }

        private HttpRequest.Builder to(String path) {
            return HttpRequest.newBuilder(URI.create(online.url(path)));
        }

        private HttpResponse<String> get(String path) throws IOException, InterruptedException {
            return send(to(path));
        }

        /** Logs in by the form; the token that further forms bear. */
        private String logIn(String user) throws IOException, InterruptedException {
            Matcher token = FORM_TOKEN.matcher(get("/login").body());
            assertTrue(token.find());
            HttpResponse<String> answer =
                    send(
                            to("/login")
                                    .header("Content-Type", "application/x-www-form-urlencoded")
                                    .POST(
                                            BodyPublishers.ofString(
                                                    "user=%s&password=%s&csrf=%s"
                                                            .formatted(
                                                                    user,
                                                                    WebShop.USERS
                                                                            .get(user)
                                                                            .replace(' ', '+'),
                                                                    token.group(1)))));
            assertEquals(200, answer.statusCode(), answer.body());
            return JSON.readTree(answer.body()).path("csrfToken").asText();
        }

        private HttpResponse<String> json(String path, String token, String body)
                throws IOException, InterruptedException {
            return send(
                    to(path).header("Content-Type", "application/json")
                            .header("X-CSRF-Token", token)
                            .POST(BodyPublishers.ofString(body)));
        }

        @Override
        public void close() {
            client.close();
        }
    }

    private void visit(String user) throws IOException, InterruptedException {
        try (Browser browser = new Browser()) {
            assertEquals(200, browser.get("/items").statusCode());
            assertEquals(200, browser.get("/items/2").statusCode());
            assertEquals(404, browser.get("/nowhere").statusCode());
            String csrf = browser.logIn(user);
            assertEquals(200, browser.get("/account").statusCode());
            assertEquals(201, browser.json("/cart", csrf, "{\"item\":2}").statusCode());
            assertTrue(browser.get("/account").body().contains("\"cart\":[2]"));
            HttpResponse<String> given =
                    browser.json(
                            "/token",
                            csrf,
                            "{\"user\":\"%s\",\"password\":\"%s\"}"
                                    .formatted(user, WebShop.USERS.get(user)));
            String bearer = JSON.readTree(given.body()).path("access_token").asText();
            // Another client, on other connections.
            Shell.run(
                    "curl", "-sf", "-H", "Authorization: Bearer " + bearer, online.url("/orders"));
            HttpResponse<String> prices = browser.get("/prices");
            String etag = prices.headers().firstValue("ETag").orElseThrow();
            assertEquals(
                    304,
                    browser.send(browser.to("/prices").header("If-None-Match", etag)).statusCode());
        }
        Shell.run("curl", "-sfI", online.url("/items"));
    }

    @Test
    void whoIsLoggedInOnlineIsLoggedInOnTheTarget() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy = copy(ALL_METHODS)) {
            List<Thread> users = new ArrayList<>();
            List<Throwable> failed = new ArrayList<>();
            for (String user : WebShop.USERS.keySet()) {
                users.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            try {
                                                visit(user);
                                            } catch (Exception | AssertionError e) {
                                                synchronized (failed) {
                                                    failed.add(e);
                                                }
                                            }
                                        }));
            }
            for (Thread user : users) {
                user.join();
            }
            assertEquals(List.of(), failed);
            ended = copy.stop();
        }
        assertEquals(online.answered(), target.answered(), ended::toString);
        assertFalse(online.answered().toString().contains(" 401"), () -> online.answered() + "");
        assertEquals(0, ended.exitCode(), ended::toString);
        long requests = online.answered().values().stream().mapToInt(Integer::intValue).sum();
        assertEquals(requests, ended.count("requests.captured"), ended::toString);
        assertEquals(requests, ended.count("requests.same"), ended::toString);
        for (String secret : WebShop.USERS.values()) {
            assertFalse(ended.toString().contains(secret), ended::toString);
        }
    }

    @Test
    void withoutTheLoginItsSessionIsNotComparedAndNobodyIsToldThatALoginWasLost() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy = copy("http: {}\n");
                Browser browser = new Browser()) {
            browser.logIn("anna");
            browser.get("/account");
            browser.get("/items");
            ended = copy.stop();
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertEquals(1, ended.count("requests.skipped"), ended::toString);
        assertTrue(
                ended.report().at("/requests/notCompared/login-not-copied").asLong() > 0,
                ended::toString);
        assertTrue(ended.messages().contains("http.login"), ended::toString);
        assertFalse(target.answered().keySet().stream().anyMatch(each -> each.startsWith("POST")));
    }

    @Test
    void plantedDifferencesAreNamed() throws Exception {
        target.plant(Map.of("price", "2.26", "X-Kind", "article"));
        Understudy.Ended ended;
        String explained;
        try (Understudy copy = copy(ALL_METHODS)) {
            visit("anna");
            ended = copy.stop();
            explained = copy.explain("1").printed();
        }
        assertTrue(
                explained.contains(
                        "rewritten: cookie sid: the target's own value in the place of production's"),
                explained);
        assertFalse(explained.contains(WebShop.USERS.get("anna")), explained);
        assertFalse(explained.contains("sid="), explained);
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(2, ended.count("requests.different"), ended::toString);
        assertTrue(ended.printed().contains("$.items[1].price"), ended::toString);
        assertTrue(ended.printed().contains("2.25"), ended::toString);
        assertTrue(ended.printed().contains("2.26"), ended::toString);
        assertTrue(
                ended.printed().toLowerCase(java.util.Locale.ROOT).contains("x-kind"),
                ended::toString);
        assertTrue(ended.printed().contains("article"), ended::toString);
    }

    @Test
    void whatAControlAnswersOtherwiseTooIsNoiseAndTheRestIsNot() throws Exception {
        Understudy.Ended ended;
        try (WebShop control = WebShop.start()) {
            // A header of each server's own, and one price that only the target has wrong.
            control.plant(Map.of("X-Kind", "of the control"));
            target.plant(Map.of("X-Kind", "of the target", "price", "2.26"));
            try (Understudy copy = copy(ALL_METHODS, "--control", control.address())) {
                visit("anna");
                ended = copy.stop();
            }
            assertEquals(online.answered(), control.answered(), ended::toString);
        }
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(online.answered(), target.answered(), ended::toString);
        JsonNode columns = ended.report().path("targets");
        assertEquals(2, columns.size(), ended::toString);
        for (JsonNode column : columns) {
            boolean ofControl = column.path("control").asBoolean();
            assertEquals(
                    ofControl ? "{\"header\":1}" : "{\"json\":1}",
                    column.path("requests").path("different").toString(),
                    ended::toString);
        }
    }

    @Test
    void aPageThatTheTargetDoesNotHaveIsAnotherStatus() throws Exception {
        target.plant(Map.of("missing", "yes"));
        Understudy.Ended ended;
        try (Understudy copy = copy(ALL_METHODS)) {
            Shell.run("curl", "-sf", online.url("/items/2"), online.url("/items"));
            ended = copy.stop();
        }
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(1, ended.count("requests.different"), ended::toString);
        assertTrue(ended.printed().contains("404"), ended::toString);
    }
}
