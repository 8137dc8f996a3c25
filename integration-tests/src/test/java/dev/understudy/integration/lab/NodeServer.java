package dev.understudy.integration.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** An application on Node.js, as lab/node/echo.js has it: WebSocket, CONNECT, uploads, counters. */
public final class NodeServer implements AutoCloseable {
    private final Process process;
    private final int port;
    private final int countsPort;

    private NodeServer(Process process, int port, int countsPort) {
        this.process = process;
        this.port = port;
        this.countsPort = countsPort;
    }

    /** Starts one on free ports; returns when it takes clients. */
    public static NodeServer start() {
        try {
            Process process =
                    new ProcessBuilder("node", Project.lab("node/echo.js"))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            if (line == null) {
                throw new AssertionError("echo.js ended at its start");
            }
            String[] ports = line.split(" ", 2);
            return new NodeServer(process, Integer.parseInt(ports[0]), Integer.parseInt(ports[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** How a command line names it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** The address of a page. */
    public String url(String path) {
        return "http://" + address() + path;
    }

    /** What it has counted, asked on a port that is not copied. */
    public String counts() {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI address = URI.create("http://127.0.0.1:" + countsPort + "/");
            return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
