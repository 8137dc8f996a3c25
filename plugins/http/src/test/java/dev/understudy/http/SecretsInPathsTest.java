package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.http.compare.SecretNames;
import java.util.Set;
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
        "/go?next=%252Fcb%253Fpass%253Dhunter2&a=1, /go?next=***&a=1",
        "/go?next=%25252Fcb%25253Fcode%25253Dhunter2, /go?next=***",
        "/go?p%61ss=hunter2, /go?p%61ss=***",
        "/go?pa%2573s=hunter2&author=1, /go?pa%2573s=***&author=***",
        "/go?key=hunter2&keyword=tea&next=%2Fa%3Fb%3D1, /go?key=***&keyword=tea&next=%2Fa%3Fb%3D1",
        "/items/17/photos, /items/17/photos"
    })
    void areNotShown(String target, String shown) {
        assertEquals(shown, RequestText.target(target, new SecretNames(Set.of())));
    }
}
