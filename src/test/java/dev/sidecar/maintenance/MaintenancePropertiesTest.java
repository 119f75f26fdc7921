package dev.sidecar.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.settings.InvalidSetting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MaintenancePropertiesTest {

    @ParameterizedTest
    @CsvSource({
        "longest, 0s, between 1m and 24h",
        "longest, 25h, between 1m and 24h",
        "alerts, '', list of names",
        "alerts, .*, list of names",
        "'alerts', 'ServiceDown,a|b', list of names",
        "services, '', list of names",
        "services, .+, list of names",
    })
    void aWrongValueStopsTheStartWithItsName(String name, String value, String must) {
        new ApplicationContextRunner()
                .withUserConfiguration(Bound.class)
                .withPropertyValues(
                        "sidecar.maintenance.alerts=ServiceDown",
                        "sidecar.maintenance.services=api",
                        "sidecar.maintenance." + name + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(InvalidSetting.class)
                        .hasMessageContaining("sidecar.maintenance." + name)
                        .hasMessageContaining(must));
    }

    @EnableConfigurationProperties(MaintenanceProperties.class)
    private static class Bound {}
}
