package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.AlertmanagerConfig.Inhibition;
import dev.sidecar.alerts.AlertmanagerConfig.Route;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AlertmanagerConfigTest {

    private static final AlertmanagerConfig CONFIG = AlertmanagerConfig.parse("""
            route:
              receiver: default
              group_wait: 30s
              routes:
                - { receiver: watchdog, matchers: ['alertname="Watchdog"'] }
                - { receiver: without-mail, matchers: ['alertname="NotificationsFailing"', 'integration="email"'] }
                - { receiver: drill, matchers: ['drill="inhibition"'] }
                - { receiver: security-critical, matchers: ['category="security"', 'severity="critical"'], group_wait: 0s }
                - receiver: performance
                  matchers: ['category="performance"']
                  group_wait: 1m30s
                  routes:
                    - { receiver: performance-critical, matchers: ['severity="critical"'] }
            inhibit_rules:
              - name: service-down-mutes-performance
                source_matchers: ['alertname=~"ServiceDown|UpstreamUnreachable"', 'service=~".+"']
                target_matchers: ['category="performance"', 'service=~".+"']
                equal: [stack, service]
              - source_matchers: ['severity="critical"']
                target_matchers: ['severity="warning"']
                equal: [service, stack, instance]
            receivers:
              - name: default
                email_configs: [{ to: a@b }]
                webhook_configs: [{ url: <secret> }, { url: <secret> }]
              - name: quiet
            """);

    @Test
    void knowsEveryChannel() {
        assertThat(CONFIG.channels())
                .containsExactly(
                        new Channel("default", "email", 0),
                        new Channel("default", "webhook", 0),
                        new Channel("default", "webhook", 1));
        assertThat(CONFIG.channels("quiet")).isEmpty();
    }

    @Test
    void knowsTheRoutesThatADrillCanTakeAndWhatItMustCarry() {
        assertThat(CONFIG.routes())
                .containsExactly(
                        new Route("default", Map.of(), Duration.ofSeconds(30)),
                        new Route(
                                "security-critical",
                                Map.of("category", "security", "severity", "critical"),
                                Duration.ZERO),
                        new Route("performance", Map.of("category", "performance"), Duration.ofSeconds(90)),
                        new Route(
                                "performance-critical",
                                Map.of("category", "performance", "severity", "critical"),
                                Duration.ofSeconds(90)));
    }

    @Test
    void knowsARuleByItsMatchersInWhateverOrderTheyAreGiven() {
        Inhibition rule = CONFIG.inhibition("service-down-mutes-performance").orElseThrow();
        assertThat(rule.says(
                        List.of("service=~\".+\"", "alertname=~\"ServiceDown|UpstreamUnreachable\""),
                        List.of("service=~\".+\"", "category=\"performance\""),
                        List.of("service", "stack")))
                .isTrue();
        assertThat(rule.says(List.of("service=~\".+\""), List.of("category=\"performance\""), List.of("stack")))
                .isFalse();
        assertThat(CONFIG.inhibition("rule-2")).isPresent();
    }

    @Test
    void aDrillOfARuleMatchesBothSidesAndHasAStackOfItsOwn() {
        Inhibition rule = CONFIG.inhibition("service-down-mutes-performance").orElseThrow();

        InhibitionDrill alike = InhibitionDrill.of(rule, null, "7");
        assertThat(alike.source())
                .isEqualTo(Map.of(
                        "alertname", "ServiceDown", "drill", "inhibition", "service", "drill", "stack", "drill-7"));
        assertThat(alike.target())
                .isEqualTo(Map.of(
                        "alertname", "DrillTarget",
                        "category", "performance",
                        "drill", "inhibition",
                        "service", "drill",
                        "stack", "drill-7"));
        assertThat(InhibitionDrill.of(rule, "service", "7").target()).containsEntry("service", "drill-other");
        assertThat(InhibitionDrill.of(rule, "stack", "7").target()).containsEntry("stack", "drill-7-other");
    }

    @Test
    void nothingIsMadeOfNothing() {
        assertThat(AlertmanagerConfig.parse(""))
                .isEqualTo(new AlertmanagerConfig(List.of(), List.of(), List.of(), Map.of(), Set.of()));
    }
}
