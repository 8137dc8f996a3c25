package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretsInPathsTest {
    @ParameterizedTest
    @CsvSource({
        "/shop;jsessionid=1A2B3C4D5E6F, /shop;jsessionid=***",
        "/shop;jsessionid=1A2B/next?page=2, /shop;jsessionid=***/next?page=2",
        "/reset/9fK3xQ7bT2mZ8vL1pR4sW6yA, /reset/***",
        "/articles/ten-things-about-java-25-in-2026, /articles/ten-things-about-java-25-in-2026",
        "/api?user=bob&pass=hunter2, /api?user=bob&pass=***",
        "http://bob:hunter2@shop/a, http://***@shop/a",
        "HTTP://bob:hunter2@shop/a, HTTP://***@shop/a",
        "http://bob:hunt@r2@shop/a, http://***@shop/a",
        "bob:hunter2@shop:443, ***@shop:443",
        "/mail/a@b, /mail/a@b",
        "/go?next=/cb?pass=hunter2&a=1, /go?next=/cb?pass=***&a=1",
        "/go?next=%2Fcb%3Fpassword%3Dhunter2&a=1, /go?next=***&a=1",
        "/items/17/photos, /items/17/photos"
    })
    void areNotShown(String target, String shown) {
        assertEquals(shown, RequestText.target(target));
    }
}
