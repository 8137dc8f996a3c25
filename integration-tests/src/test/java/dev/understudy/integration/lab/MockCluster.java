package dev.understudy.integration.lab;

import com.couchbase.mock.CouchbaseMock;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * CouchbaseMock as a process of its own: one bucket, several data nodes, each key on all of them.
 * Its figures are not those of a server: docs/memcached-couchbase.md tells where it differs.
 */
public final class MockCluster implements AutoCloseable {
    /** The bucket, and the user that may use it. */
    public static final String BUCKET = "bk";

    /** The user's password. */
    public static final String PASSWORD = "cluster's own";

    private static final long MAX_SECONDS = 30;

    private final Process process;
    private final int restPort;
    private final HttpClient http = HttpClient.newHttpClient();

    private MockCluster(Process process, int restPort) {
        this.process = process;
        this.restPort = restPort;
    }

    /** Starts one; returns when it takes clients. */
    public static MockCluster start(int nodes) {
        try {
            int port;
            try (ServerSocket free = new ServerSocket(0)) {
                port = free.getLocalPort();
            }
            Path log = Files.createTempFile("understudy-it", ".mock");
            Path jar =
                    Path.of(
                            CouchbaseMock.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            Process process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx128m",
                                    "-jar",
                                    jar.toString(),
                                    "--host",
                                    "127.0.0.1",
                                    "--port",
                                    String.valueOf(port),
                                    "--nodes",
                                    String.valueOf(nodes),
                                    "--replicas",
                                    String.valueOf(nodes - 1),
                                    "--vbuckets",
                                    "64",
                                    "--cccp",
                                    "--buckets",
                                    BUCKET + ":" + PASSWORD + ":couchbase")
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            MockCluster mock = new MockCluster(process, port);
            await(mock::isUp, "mock cluster: " + Files.readString(log));
            return mock;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until something holds. */
    public static void await(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("no " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private boolean isUp() {
        try {
            return !nodes().isEmpty();
        } catch (UncheckedIOException _) {
            return false;
        }
    }

    /** The data services of its nodes, as a command line names them. */
    public List<String> nodes() {
        List<String> addresses = new ArrayList<>();
        for (JsonNode node : get("/pools/default/buckets/" + BUCKET).path("nodes")) {
            addresses.add("127.0.0.1:" + node.path("ports").path("direct").asInt());
        }
        return addresses;
    }

    /** The revision of its map. */
    public long revision() {
        return get("/pools/default/buckets/" + BUCKET).path("rev").asLong();
    }

    /** Gives each vbucket to another node by chance; nodes refuse what is not theirs any more. */
    public void rebalance() {
        control("failover", Map.of("idx", "-1", "bucket", BUCKET));
    }

    /** Takes a node out: it says nothing any more, and its vbuckets go to the others. */
    public void failOver(int index) {
        control("failover", Map.of("idx", String.valueOf(index), "bucket", BUCKET));
    }

    /** Puts another value into a key on all nodes, or a new item with flags 0. */
    public void plant(String key, String value) {
        key("cache", key, Map.of("Value", quoted(value), "CAS", "-1"));
    }

    /** Takes a key out of all nodes. */
    public void takeOut(String key) {
        key("uncache", key, Map.of());
    }

    private void key(String command, String key, Map<String, String> further) {
        Map<String, String> parameters = new HashMap<>(further);
        parameters.putAll(
                Map.of(
                        "Bucket",
                        BUCKET,
                        "Key",
                        quoted(key),
                        "OnMaster",
                        "true",
                        "OnReplicas",
                        "3"));
        control(command, parameters);
    }

    /** The value of a key at its owner; empty where it has none. */
    public String value(String key) {
        JsonNode servers =
                control("keyinfo", Map.of("Bucket", BUCKET, "Key", quoted(key))).path("payload");
        for (JsonNode server : servers) {
            if (server.path("Conf").path("Type").asText().equals("master")) {
                return server.path("Cache").path("Value").asText();
            }
        }
        return "";
    }

    /** Parameters are read as JSON. */
    private static String quoted(String text) {
        return '"' + text + '"';
    }

    private JsonNode control(String command, Map<String, String> parameters) {
        StringBuilder query = new StringBuilder();
        parameters.forEach(
                (name, value) ->
                        query.append(query.isEmpty() ? '?' : '&')
                                .append(name)
                                .append('=')
                                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        JsonNode answer = get("/mock/" + command + query);
        if (!answer.path("status").asText().equals("ok")) {
            throw new AssertionError(command + ": " + answer);
        }
        return answer;
    }

    private JsonNode get(String path) {
        String login =
                Base64.getEncoder()
                        .encodeToString((BUCKET + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        try {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://127.0.0.1:" + restPort + path))
                                    .header("Authorization", "Basic " + login)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        http.close();
        process.destroyForcibly();
    }
}
