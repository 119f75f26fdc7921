package dev.sidecar.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvalidSettingTest {

    /** Both are refused where they are written into an address, and the refusal is read in a log. */
    @ParameterizedTest
    @CsvSource({
        "http://admin:canary@prometheus:9090, http://***@prometheus:9090",
        "http://canary@prometheus, http://***@prometheus",
        "http://admin:canary@more@prometheus, http://***@prometheus",
        "jdbc:postgresql://pg/app?user=a&password=canary&ssl=1, jdbc:postgresql://pg/app?user=a&password=***&ssl=1",
        "https://hooks.example.org/?TOKEN=canary, https://hooks.example.org/?TOKEN=***",
        "http://prometheus:9090/a@b, http://prometheus:9090/a@b"
    })
    void aPasswordInAnAddressIsNotShown(String value, String shown) {
        InvalidSetting refused = new InvalidSetting("sidecar.prometheus.url", value, "be an address");

        assertThat(refused.value()).isEqualTo(shown);
        assertThat(refused).hasMessageContaining("is '" + shown + "'");
    }
}
