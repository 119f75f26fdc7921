package dev.sidecar.proofs.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** The doors of a real server: closed as it is shipped, and with the actuator opened by somebody. */
class ControlPlaneProofTest {

    @TempDir
    Path folder;

    @Test
    void aServerAsItIsShippedRefusesStrangers() {
        Finding finding = prove(SidecarApplication.class);

        assertThat(finding.verdict()).as(finding.toString()).isEqualTo(Verdict.HELD);
        assertThat(finding.details()).contains("/api/report: 401", "/hooks/alerts/webhook: 401");
    }

    @Test
    void anOpenActuatorIsToldByItsAddresses() {
        Finding finding = prove(SidecarApplication.class, OpenActuator.class);

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence())
                .isEqualTo("Open without a login: /actuator/env, /actuator/info, /actuator/prometheus.");
    }

    private Finding prove(Class<?>... sources) {
        try (ConfigurableApplicationContext server = new SpringApplication(sources)
                .run(
                        "--server.port=0",
                        "--management.endpoints.web.exposure.include=*",
                        "--sidecar.access.directory="
                                + folder.resolve("access-" + List.of(sources).size()))) {
            return new ControlPlaneProof(server.getEnvironment()).prove();
        }
    }

    static class OpenActuator {

        @Bean
        @Order(0)
        SecurityFilterChain open(HttpSecurity http) throws Exception {
            return http.securityMatcher("/actuator/**")
                    .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                    .build();
        }
    }
}
