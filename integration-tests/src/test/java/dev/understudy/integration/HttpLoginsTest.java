package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WebServer;
import dev.understudy.integration.lab.WebShop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logins that curl makes by itself, each request a connection of its own where it is called anew.
 */
@Timeout(180)
class HttpLoginsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FORM_TOKEN =
            Pattern.compile("name=\"csrf\" value=\"([0-9a-f]+)\"");

    @TempDir private Path folder;

    private Understudy copy(
            Map<String, String> environment, String online, String target, String config)
            throws IOException {
        Path file = Files.writeString(folder.resolve("c.yaml"), config);
        List<String> command =
                List.of(
                        "copy",
                        "-i",
                        "lo",
                        "--online",
                        online,
                        "--target",
                        target,
                        "--protocol",
                        "http",
                        "--config",
                        file.toString());
        return Understudy.start(environment, command).awaitCapturing();
    }

    /** Apache's own Digest and Basic; on the target with another name and password. */
    @Test
    void digestAndBasicLoginsAreMadeAnewForApache() throws IOException {
        try (WebServer online = WebServer.startWithLogins("app", "the shop", "sesame");
                WebServer target = WebServer.startWithLogins("tester", "the shop", "drawn-4711")) {
            for (WebServer server : List.of(online, target)) {
                server.put("digest/page.txt", "a page for those who may\n");
                server.put("basic/page.txt", "another page\n");
            }
            Understudy.Ended ended;
            String config =
                    """
                    http:
                      methods: [GET, HEAD, POST]
                      users: { app: { as: tester, password: "${env:TARGET_PASSWORD}" } }
                    """;
            Map<String, String> secret = Map.of("TARGET_PASSWORD", "drawn-4711");
            try (Understudy copy = copy(secret, online.address(), target.address(), config)) {
                String page = online.url("/digest/page.txt");
                // Each page is asked for twice: without an answer to the challenge, and with one.
                Shell.run("curl", "-sf", "--digest", "-u", "app:sesame", page, page + "?b=c", page);
                Shell.run("curl", "-sfI", "--digest", "-u", "app:sesame", page);
                Shell.run("curl", "-s", "--digest", "-u", "app:sesame", "-d", "a=b", page);
                Shell.run("curl", "-s", "--digest", "-u", "app:wrong", page, "-o", "/dev/null");
                Shell.run("curl", "-sf", "-u", "app:sesame", online.url("/basic/page.txt"));
                ended = copy.stop();
            }
            List<String> here = online.log();
            List<String> there =
                    target.log().stream()
                            .map(line -> line.replaceFirst(" tester$", " app"))
                            .toList();
            assertTrue(here.contains("GET /digest/page.txt HTTP/1.1 200 25 app"), here + "");
            assertTrue(here.contains("GET /basic/page.txt HTTP/1.1 200 13 app"), here + "");
            // What production refused for a wrong password is right on the target: made anew.
            String refused = "GET /digest/page.txt HTTP/1.1 401";
            assertEquals(5, starting(here, refused), here + "");
            assertEquals(4, starting(there, refused), there + "");
            assertEquals(here.size(), there.size(), ended::toString);
            assertEquals(1, ended.count("requests.different"), ended::toString);
            assertEquals(here.size() - 1, ended.count("requests.same"), ended::toString);
            assertFalse(ended.toString().contains("drawn-4711"), ended::toString);
        }
    }

    private static long starting(List<String> log, String with) {
        return log.stream().filter(line -> line.startsWith(with)).count();
    }

    /** Apache verifies them by keys that differ; the token's user is in its log. */
    @Test
    void webTokensAreSignedWithTheKeyThatTheTargetTrusts() throws Exception {
        String onlineKey = "what-production-signs-its-tokens-with";
        String targetKey = "what-the-target-takes-and-nobody-else";
        try (WebServer online = WebServer.startWithLogins("app", "the shop", onlineKey);
                WebServer target = WebServer.startWithLogins("app", "the shop", targetKey)) {
            for (WebServer server : List.of(online, target)) {
                server.put("jwt/page.txt", "a page for those with a token\n");
            }
            Understudy.Ended ended;
            String config = "http: { jwt: { key: \"${env:TARGET_KEY}\" } }\n";
            String token = signed("{\"sub\":\"anna\",\"exp\":4102444800}", onlineKey);
            Map<String, String> secret = Map.of("TARGET_KEY", targetKey);
            try (Understudy copy = copy(secret, online.address(), target.address(), config)) {
                String page = online.url("/jwt/page.txt");
                String bearer = "Authorization: Bearer " + token;
                Shell.run("curl", "-sf", "-H", bearer, page, page + "?a=b");
                Shell.run("curl", "-sfI", "-H", bearer, page);
                Shell.run("curl", "-s", page);
                ended = copy.stop();
            }
            assertEquals(
                    List.of(
                            "GET /jwt/page.txt HTTP/1.1 200 anna",
                            "GET /jwt/page.txt HTTP/1.1 200 anna",
                            "GET /jwt/page.txt HTTP/1.1 401 -",
                            "HEAD /jwt/page.txt HTTP/1.1 200 anna"),
                    online.log().stream()
                            .map(line -> line.replaceFirst(" \\d+ (\\S+)$", " $1"))
                            .toList());
            assertEquals(online.log(), target.log(), ended::toString);
            assertEquals(0, ended.exitCode(), ended::toString);
            assertEquals(4, ended.count("requests.same"), ended::toString);
            assertFalse(ended.toString().contains(targetKey), ended::toString);
        }
    }

    /** A JSON Web Token by HS256 (RFC 7515). */
    private static String signed(String claims, String key) throws GeneralSecurityException {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
        String text =
                encoder.encodeToString(header.getBytes(StandardCharsets.UTF_8))
                        + "."
                        + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return text
                + "."
                + encoder.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** RFC 6749: a code in a redirect, tokens for it, and new tokens for the refresh token. */
    @Test
    void codesAndRefreshTokensAreTheTargets() throws IOException {
        try (WebShop online = WebShop.start();
                WebShop target = WebShop.start()) {
            Understudy.Ended ended;
            String config = "http: { methods: [GET, HEAD, POST] }\n";
            try (Understudy copy = copy(Map.of(), online.address(), target.address(), config)) {
                String jar = folder.resolve("cookies").toString();
                Matcher form =
                        FORM_TOKEN.matcher(
                                Shell.run("curl", "-sf", "-c", jar, online.url("/login")));
                assertTrue(form.find());
                Shell.run(
                        "curl",
                        "-sf",
                        "-b",
                        jar,
                        "-c",
                        jar,
                        "-d",
                        "user=anna&password=sesame&csrf=" + form.group(1),
                        online.url("/login"));
                String redirect =
                        Shell.run(
                                "curl",
                                "-s",
                                "-b",
                                jar,
                                "-w",
                                "%{redirect_url}",
                                online.url("/authorize?redirect_uri=/done&state=from-the-client"));
                String code = redirect.replaceFirst(".*code=([0-9a-f]+)&.*", "$1").strip();
                JsonNode first =
                        JSON.readTree(
                                Shell.run(
                                        "curl",
                                        "-sf",
                                        "-d",
                                        "grant_type=authorization_code&code=" + code,
                                        online.url("/oauth/token")));
                JsonNode second =
                        JSON.readTree(
                                Shell.run(
                                        "curl",
                                        "-sf",
                                        "-d",
                                        "grant_type=refresh_token&refresh_token="
                                                + first.path("refresh_token").asText(),
                                        online.url("/oauth/token")));
                // The first token is void by now, on both servers.
                for (JsonNode tokens : List.of(second, first)) {
                    Shell.run(
                            "curl",
                            "-s",
                            "-H",
                            "Authorization: Bearer " + tokens.path("access_token").asText(),
                            online.url("/orders"));
                }
                ended = copy.stop();
            }
            assertEquals(online.answered(), target.answered(), ended::toString);
            assertEquals(1, online.answered().get("GET /orders 200"), online.answered() + "");
            assertEquals(1, online.answered().get("GET /orders 401"), online.answered() + "");
            assertEquals(2, online.answered().get("POST /oauth/token 200"));
            assertEquals(0, ended.exitCode(), ended::toString);
            assertEquals(7, ended.count("requests.same"), ended::toString);
        }
    }
}
