package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WebServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Encrypted sessions of real clients are copied with their key logs, and without: left out. */
@Timeout(300)
class CapturedTlsTest {
    @TempDir private Path work;

    private Path keyLog() throws IOException {
        return Files.createFile(work.resolve("keys.log"));
    }

    /** Node ends TLS in front of an nginx, and says on which port. */
    private static final String TLS_FRONT =
            """
            const fs = require('fs'), net = require('net'), tls = require('tls');
            const [key, cert, port] = process.argv.slice(1);
            const server = tls.createServer({key: fs.readFileSync(key), cert: fs.readFileSync(cert)}, c => {
              const s = net.connect(+port, '127.0.0.1');
              c.on('error', () => s.destroy()); s.on('error', () => c.destroy());
              c.pipe(s).pipe(c);
            });
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
            """;

    @Test
    void curlAndAWebServerOfTls12And13() throws Exception {
        Path key = work.resolve("key.pem");
        Path cert = work.resolve("cert.pem");
        Shell.run(
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-subj",
                "/CN=localhost",
                "-keyout",
                key.toString(),
                "-out",
                cert.toString());
        Path keys = keyLog();
        try (WebServer online = WebServer.start();
                WebServer target = WebServer.start()) {
            for (WebServer server : List.of(online, target)) {
                server.put("long.txt", "a line of a long page\n".repeat(50_000));
            }
            Process front =
                    new ProcessBuilder(
                                    "node",
                                    "-e",
                                    TLS_FRONT,
                                    key.toString(),
                                    cert.toString(),
                                    "" + online.port())
                            .start();
            try (BufferedReader said = front.inputReader(StandardCharsets.UTF_8)) {
                String address = "127.0.0.1:" + said.readLine();
                String page = "https://" + address + "/long.txt";
                Understudy.Ended ended;
                try (Understudy copy =
                        Understudy.start(
                                        Map.of(),
                                        List.of(
                                                "copy",
                                                "-i",
                                                "lo",
                                                "--online",
                                                address,
                                                "--target",
                                                target.address(),
                                                "--protocol",
                                                "http",
                                                "--tls-keylog",
                                                keys.toString()))
                                .awaitCapturing()) {
                    Map<String, String> log = Map.of("SSLKEYLOGFILE", keys.toString());
                    for (String how : List.of("--tls-max 1.2", "--tlsv1.3")) {
                        Shell.run(
                                log,
                                List.of(
                                        "sh",
                                        "-c",
                                        "curl -sfk --http1.1 %s %s %s -o /dev/null -o /dev/null"
                                                .formatted(how, page, page)));
                    }
                    Shell.run("curl", "-sfk", "--http1.1", page, "-o", "/dev/null");
                    ended = copy.stop();
                }
                assertEquals(4, ended.count("requests.same"), ended::toString);
                assertEquals(2, ended.count("sessions.complete"), ended::toString);
                assertTrue(ended.printed().contains("no-keys"), ended::toString);
                assertTrue(ended.printed().contains("sessions of TLS 1.2"), ended::toString);
                assertTrue(ended.printed().contains("sessions of TLS 1.3"), ended::toString);
            } finally {
                front.destroy();
            }
        }
    }

    /**
     * Copied live, and then from a recording: with the key log beside it, and with the secrets
     * within, as Wireshark's tools put them there.
     */
    @Test
    void mysqlDriversOfNodeAndJavaLogInAndAskInsideTls() throws Exception {
        Path keys = keyLog();
        Path recording = work.resolve("tls.pcap");
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MYSQL_9)) {
            // Connector/J asks for it.
            pair.target().sql("set global init_connect = ''");
            try (Tcpdump tcpdump = Tcpdump.start("lo", pair.online().port(), recording);
                    Understudy copy = pair.copy("--tls-keylog", keys.toString())) {
                pair.clients()
                        .nodeMysql2OverTls(
                                keys,
                                """
                                await c.query('select 1');
                                const [rows] = await c.execute('select * from item where id > ?', [1]);
                                if (rows.length !== 4) throw new Error('rows ' + rows.length);
                                await c.query("insert into note (text) values ('inside TLS')");
                                """);
                pair.clients().connectorJOverTls(keys);
                copied(pair, copy.stop(), keys, 1);
                tcpdump.stop();
            }
            Path withSecrets = work.resolve("tls.pcapng");
            Shell.run(
                    "editcap",
                    "--inject-secrets",
                    "tls," + keys,
                    recording.toString(),
                    withSecrets.toString());
            copied(pair, pair.replay(recording, "--tls-keylog", keys.toString()), keys, 2);
            copied(pair, pair.replay(withSecrets), keys, 3);
        }
    }

    /** All was copied, once more, nothing differs, and no secret is told. */
    private static void copied(Rehearsed pair, Understudy.Ended ended, Path keys, int times)
            throws IOException {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(2, ended.count("sessions.complete"), ended::toString);
        assertEquals(
                ended.count("requests.answered"), ended.count("requests.same"), ended::toString);
        assertTrue(ended.printed().contains("sessions of TLS 1.3"), ended::toString);
        assertEquals(
                "inside TLS\t%d\nJava inside TLS\t%d".formatted(times, times),
                pair.target()
                        .sql(
                                "select text, count(*) from app.note where text like '%inside TLS'"
                                        + " group by text order by min(id)")
                        .strip());
        for (String line : Files.readAllLines(keys)) {
            String secret = line.substring(line.lastIndexOf(' ') + 1);
            assertFalse(ended.toString().contains(secret), "a secret is shown");
        }
        for (String password : Rehearsed.passwords()) {
            assertFalse(ended.toString().contains(password), "a password is shown");
        }
    }
}
