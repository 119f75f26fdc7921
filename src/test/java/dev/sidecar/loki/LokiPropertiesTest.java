package dev.sidecar.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LokiPropertiesTest {

    @ParameterizedTest
    @ValueSource(strings = {"http://loki:3100", "https://logs.example.org/prefix/", ""})
    void takesTheBaseOfAnAddressOrNothing(String url) {
        assertThat(new LokiProperties(URI.create(url), null, null)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"loki:3100", "ftp://loki", "http:///x", "//loki", "http://loki:3100?x=1"})
    void refusesWhatIsNoAddress(String url) {
        URI uri = URI.create(url);
        assertThatThrownBy(() -> new LokiProperties(uri, null, null))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.logs.loki-url");
    }

    @Test
    void doesNotRepeatAPasswordThatIsPartOfTheAddress() {
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://me:hunter2@loki:3100"), null, null))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("http://***@loki:3100")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aLoginIsWholeOrAbsent() {
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), "me", null))
                .hasMessageContaining("loki-password");
        assertThatThrownBy(() -> new LokiProperties(URI.create("http://loki"), " ", Secret.of("x")))
                .hasMessageContaining("loki-username");
        assertThat(new LokiProperties(URI.create("http://loki"), "me", Secret.of("x")).toString())
                .doesNotContain("=x");
    }
}
