package dev.understudy.integration.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An application with what makes a copy hard: sessions in cookies, CSRF tokens in forms and
 * headers, bearer tokens, ETags. Every server of it makes up its own, and refuses those of any
 * other.
 */
public final class WebShop implements AutoCloseable {
    /** Who may log in, and by which password; both servers know it. */
    public static final Map<String, String> USERS = Map.of("anna", "sesame", "bert", "open it");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SecureRandom RANDOM = new SecureRandom();

    private record Visitor(String user, String csrf, List<Integer> cart) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, String> forms = new ConcurrentHashMap<>();
    private final Map<String, Visitor> visitors = new ConcurrentHashMap<>();
    private final Grants grants = new Grants(WebShop::made);
    private final Map<String, Integer> answered = new ConcurrentSkipListMap<>();
    private final String etag = '"' + made() + '"';
    private volatile Map<String, String> planted = Map.of();

    private WebShop(HttpServer server) {
        this.server = server;
    }

    /** Starts one on a free port of the loopback interface. */
    public static WebShop start() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            WebShop shop = new WebShop(server);
            server.setExecutor(shop.threads);
            server.createContext("/", shop::answer);
            server.start();
            return shop;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@code 127.0.0.1:8080}. */
    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** The address of a page. */
    public String url(String path) {
        return "http://" + address() + path;
    }

    /** What was answered: how often, by method, path and status. */
    public Map<String, Integer> answered() {
        return new TreeMap<>(answered);
    }

    /** Puts other values in the place of some: {@code price}, {@code X-Kind}, {@code missing}. */
    public void plant(Map<String, String> differences) {
        planted = Map.copyOf(differences);
    }

    private static String made() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        String method = exchange.getRequestMethod();
        int status =
                switch (method + " " + path) {
                    case "GET /items", "HEAD /items" -> items(exchange);
                    case "GET /items/2" -> item(exchange);
                    case "GET /login" -> form(exchange);
                    case "POST /login" -> logIn(exchange, body);
                    case "GET /account" -> account(exchange);
                    case "POST /cart" -> cart(exchange, body);
                    case "POST /token" -> token(exchange, body);
                    case "GET /authorize" -> authorize(exchange);
                    case "POST /oauth/token" -> grant(exchange, body);
                    case "GET /orders" -> orders(exchange);
                    case "GET /prices" -> prices(exchange);
                    default -> text(exchange, 404, "text/plain", "no such page");
                };
        answered.merge(method + " " + path + " " + status, 1, Integer::sum);
        exchange.close();
    }

    private int items(HttpExchange exchange) throws IOException {
        return json(
                exchange,
                200,
                """
                {"items":[{"id":1,"name":"pen","price":1.5},{"id":2,"name":"größe","price":%s}],
                 "page":{"size":2,"next":null}}
                """
                        .formatted(planted.getOrDefault("price", "2.25")));
    }

    /** Chunked, since its length is not told. */
    private int item(HttpExchange exchange) throws IOException {
        if (planted.containsKey("missing")) {
            return text(exchange, 404, "text/plain", "no such page");
        }
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.getResponseHeaders().set("X-Kind", planted.getOrDefault("X-Kind", "thing"));
        exchange.sendResponseHeaders(200, 0);
        for (String part : List.of("the second ", "item\n", "0\r\n\r\n", "and its end\n")) {
            exchange.getResponseBody().write(part.getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
        }
        return 200;
    }

    private int form(HttpExchange exchange) throws IOException {
        String before = made();
        String csrf = made();
        forms.put(before, csrf);
        exchange.getResponseHeaders().add("Set-Cookie", "before=" + before + "; Path=/");
        return text(
                exchange,
                200,
                "text/html; charset=utf-8",
                """
                <!doctype html><title>Log in</title>
                <form method="post" action="/login">
                <input type="hidden" name="csrf" value="%s">
                <input name="user"><input name="password" type="password"></form>
                """
                        .formatted(csrf));
    }

    private int logIn(HttpExchange exchange, byte[] body) throws IOException {
        Map<String, String> form = form(body);
        String csrf = cookie(exchange, "before").map(forms::remove).orElse("none");
        if (!csrf.equals(form.get("csrf"))) {
            return json(exchange, 403, "{\"error\":\"csrf\"}");
        }
        if (!form.getOrDefault("password", "").equals(USERS.get(form.get("user")))) {
            return json(exchange, 401, "{\"error\":\"login\"}");
        }
        String sid = made();
        Visitor visitor = new Visitor(form.get("user"), made(), new CopyOnWriteArrayList<>());
        visitors.put(sid, visitor);
        exchange.getResponseHeaders().add("Set-Cookie", "lang=en; Path=/");
        exchange.getResponseHeaders().add("Set-Cookie", "sid=" + sid + "; Path=/; HttpOnly");
        return json(exchange, 200, "{\"ok\":true,\"csrfToken\":\"" + visitor.csrf() + "\"}");
    }

    private int account(HttpExchange exchange) throws IOException {
        Optional<Visitor> visitor = cookie(exchange, "sid").map(visitors::get);
        return visitor.isEmpty()
                ? json(exchange, 401, "{\"error\":\"login\"}")
                : json(
                        exchange,
                        200,
                        "{\"user\":\"%s\",\"cart\":%s}"
                                .formatted(visitor.get().user(), visitor.get().cart()));
    }

    private int cart(HttpExchange exchange, byte[] body) throws IOException {
        Optional<Visitor> visitor = cookie(exchange, "sid").map(visitors::get);
        if (visitor.isEmpty()) {
            return json(exchange, 401, "{\"error\":\"login\"}");
        }
        if (!visitor.get().csrf().equals(exchange.getRequestHeaders().getFirst("X-CSRF-Token"))) {
            return json(exchange, 403, "{\"error\":\"csrf\"}");
        }
        visitor.get().cart().add(JSON.readTree(body).path("item").asInt());
        return json(exchange, 201, "{\"cart\":" + visitor.get().cart() + "}");
    }

    private int token(HttpExchange exchange, byte[] body) throws IOException {
        JsonNode asked = JSON.readTree(body);
        String user = asked.path("user").asText();
        if (!asked.path("password").asText().equals(USERS.get(user))) {
            return json(exchange, 401, "{\"error\":\"login\"}");
        }
        return json(exchange, 200, grants.tokens(user));
    }

    /** Sends who is logged in back to the application, with a code. */
    private int authorize(HttpExchange exchange) throws IOException {
        Optional<Visitor> visitor = cookie(exchange, "sid").map(visitors::get);
        if (visitor.isEmpty()) {
            return json(exchange, 401, "{\"error\":\"login\"}");
        }
        Map<String, String> asked =
                form(exchange.getRequestURI().getRawQuery().getBytes(StandardCharsets.UTF_8));
        exchange.getResponseHeaders()
                .set(
                        "Location",
                        "%s?code=%s&state=%s"
                                .formatted(
                                        asked.get("redirect_uri"),
                                        grants.code(visitor.get().user()),
                                        asked.get("state")));
        exchange.sendResponseHeaders(302, -1);
        return 302;
    }

    private int grant(HttpExchange exchange, byte[] body) throws IOException {
        Optional<String> tokens = grants.redeem(form(body));
        return tokens.isEmpty()
                ? json(exchange, 400, "{\"error\":\"invalid_grant\"}")
                : json(exchange, 200, tokens.get());
    }

    private int orders(HttpExchange exchange) throws IOException {
        String credentials =
                Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                        .orElse("");
        Optional<String> user = grants.user(credentials.replaceFirst("^Bearer ", ""));
        return user.isEmpty()
                ? json(exchange, 401, "{\"error\":\"token\"}")
                : json(exchange, 200, "{\"user\":\"" + user.get() + "\",\"orders\":[7,11]}");
    }

    private int prices(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("ETag", etag);
        if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            exchange.sendResponseHeaders(304, -1);
            return 304;
        }
        return json(exchange, 200, "{\"pen\":1.5}");
    }

    private static int json(HttpExchange exchange, int status, String body) throws IOException {
        return text(exchange, status, "application/json", body);
    }

    private static int text(HttpExchange exchange, int status, String type, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
        return status;
    }

    private static Map<String, String> form(byte[] body) {
        Map<String, String> form = new ConcurrentHashMap<>();
        for (String field :
                Splitter.on('&')
                        .omitEmptyStrings()
                        .split(new String(body, StandardCharsets.UTF_8))) {
            int equals = field.indexOf('=');
            form.put(
                    field.substring(0, equals),
                    URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return form;
    }

    private static Optional<String> cookie(HttpExchange exchange, String name) {
        for (String header : exchange.getRequestHeaders().getOrDefault("Cookie", List.of())) {
            for (String cookie : Splitter.on(';').trimResults().split(header)) {
                if (cookie.startsWith(name + "=")) {
                    return Optional.of(cookie.substring(name.length() + 1).replace("\"", ""));
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
