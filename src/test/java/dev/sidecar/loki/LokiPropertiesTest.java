package dev.sidecar.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.alerts.Outside;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.Identity;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LokiPropertiesTest {

    @ParameterizedTest
    @ValueSource(strings = {"http://loki:3100", "https://logs.example.org/prefix/", ""})
    void takesTheBaseOfAnAddressOrNothing(String url) {
        assertThat(new LokiProperties(URI.create(url), null, null, null, null)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"loki:3100", "ftp://loki", "http:///x", "//loki", "http://loki:3100?x=1"})
    void refusesWhatIsNoAddress(String url) {
        URI uri = URI.create(url);
        assertThatThrownBy(() -> new LokiProperties(uri, null, null, null, null))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.logs.loki-url");
    }

    @Test
    void doesNotRepeatAPasswordThatIsPartOfTheAddress() {
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://me:hunter2@loki:3100"), null, null, null, null))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("http://***@loki:3100")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aLoginIsWholeOrAbsent() {
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), "me", null, null, null))
                .hasMessageContaining("loki-password");
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), " ", Secret.of("x"), null, null))
                .hasMessageContaining("loki-username");
        assertThat(new LokiProperties(URI.create("http://loki"), "me", Secret.of("x"), null, null).toString())
                .doesNotContain("=x");
    }

    @Test
    void aTokenTakesThePlaceOfALogin() {
        Secret token = Secret.of("secret-of-ours");
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), "me", Secret.of("x"), token, null))
                .hasMessageContaining("loki-token");
        assertThatThrownBy(() ->
                        new LokiProperties(URI.create("http://loki"), null, null, Secret.of("secret of ours"), null))
                .hasMessageContaining("loki-token")
                .hasMessageNotContaining("secret of");
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), null, null, null, "a\r\nX-B: c"))
                .hasMessageContaining("loki-tenant");
    }

    @Test
    void linesAreAskedForWithTokenAndTenant() throws Exception {
        try (Outside loki = new Outside()) {
            loki.answer(
                    "/loki/api/v1/query_range",
                    request -> new Outside.Answer(
                            "Bearer secret-of-ours".equals(request.headers().get("authorization"))
                                            && "our-team"
                                                    .equals(request.headers().get("x-scope-orgid"))
                                    ? 200
                                    : 401,
                            Map.of("Content-Type", "application/json"),
                            "{\"data\":{\"result\":[]}}"));
            LokiProperties settings =
                    new LokiProperties(URI.create(loki.url("")), null, null, Secret.of("secret-of-ours"), "our-team");
            Identity identity = new Identity("staging", "h1", "sidecar", "staging");

            assertThat(new LokiConfiguration()
                            .loki(settings, identity, Clock.systemUTC())
                            .request("r1", 10))
                    .isEmpty();
        }
    }
}
