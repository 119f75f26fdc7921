package dev.sidecar.requests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {

    private final Routes routes = new Routes();

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/orders, /orders",
        "/orders/, /orders/",
        "/orders/17, /orders/{id}",
        "/orders/17/items/3, /orders/{id}/items/{id}",
        "/orders/17/, /orders/{id}/",
        "/api/v1/users, /api/v1/users",
        "/oauth2/token, /oauth2/token",
        "/api/2024/report, /api/{id}/report",
        "/u/01a20ab0-7e0b-7040-a72b-730441bc33e5, /u/{id}",
        "/u/01A20AB0-7E0B-7040-A72B-730441BC33E5, /u/{id}",
        "/commit/9f86d081884c, /commit/{id}",
        "/commit/deadbee1, /commit/{id}",
        "/feedback, /feedback",
        "/facade/decade, /facade/decade",
        "/t/eyJhbGciOiJIUzI1NiJ9abcd, /t/{id}",
        "/o/ORD-2024-0001, /o/{id}",
        "/a/user%40example.org, /a/{id}",
        "/a/b;jsessionid=1, /a/{id}",
        "/index.html, /index.html",
        "/list-all-active-customers, /list-all-active-customers",
        "/a//b, /a//b",
        "/1/2/3/4/5/6/7/8/9/10/11/12, /{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/**",
        "*, {id}"
    })
    void idsInAPathBecomePlaceholders(String path, String template) {
        assertThat(Routes.template(path)).isEqualTo(template);
    }

    @Test
    void aRouteIsLearnedWhenItSucceedsAndKeptForItsFailures() {
        assertThat(routes.of("GET", "/orders/1", 500)).isEqualTo("OTHER");
        assertThat(routes.of("GET", "/orders/1", 200)).isEqualTo("/orders/{id}");
        assertThat(routes.of("GET", "/orders/2", 500)).isEqualTo("/orders/{id}");
        assertThat(routes.of("GET", "/orders/3", 404)).isEqualTo("/orders/{id}");
        assertThat(routes.of("GET", "/elsewhere", 404)).isEqualTo("NOT_FOUND");
        assertThat(routes.of("GET", "/elsewhere", 302)).isEqualTo("REDIRECTION");
        assertThat(routes.of("GET", "/elsewhere", 401)).isEqualTo("OTHER");
        assertThat(routes.of("OPTIONS", "/elsewhere", 200)).isEqualTo("OTHER");
    }

    /** 100,000 paths of each kind of answer a scanner gets, from an API that even says yes to all of them. */
    @Test
    void aScannerAddsNothingButAHandful() {
        Set<String> seen = new HashSet<>();
        routes.of("GET", "/orders", 200);
        for (int i = 0; i < 100_000; i++) {
            String path = "/" + word(i) + "/" + UUID.randomUUID() + "/" + word(i * 31);
            for (int status : new int[] {301, 400, 401, 403, 404, 405, 500}) {
                seen.add(routes.of("GET", path, status));
            }
        }
        assertThat(seen).containsExactlyInAnyOrder("NOT_FOUND", "REDIRECTION", "OTHER");
        for (int i = 0; i < 100_000; i++) {
            seen.add(routes.of("GET", "/" + word(i), 200));
        }
        assertThat(seen).hasSize(3 + 99);
        assertThat(routes.of("GET", "/orders", 200)).isEqualTo("/orders");
        assertThat(routes.of("GET", "/late", 200)).isEqualTo("OTHER");
    }

    private static String word(int number) {
        return Integer.toString(number, 26)
                .chars()
                .map(c -> c <= '9' ? 'q' + (c - '0') : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
