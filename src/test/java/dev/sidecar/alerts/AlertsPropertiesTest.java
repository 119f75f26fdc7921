package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.settings.InvalidSetting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class AlertsPropertiesTest {

    @ParameterizedTest
    @CsvSource({
        "alertmanager-url, alertmanager:9093, address",
        "drill-pause, -1s, between 0s",
        "drill-pause, 25h, between 0s",
    })
    void aWrongValueStopsTheStartWithItsName(String name, String value, String must) {
        new ApplicationContextRunner()
                .withUserConfiguration(Bound.class)
                .withPropertyValues("sidecar.alerts." + name + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(InvalidSetting.class)
                        .hasMessageContaining("sidecar.alerts." + name)
                        .hasMessageContaining(must));
    }

    @EnableConfigurationProperties(AlertsProperties.class)
    private static class Bound {}
}
