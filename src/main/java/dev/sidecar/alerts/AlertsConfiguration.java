package dev.sidecar.alerts;

import dev.sidecar.jobs.JobSource;
import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.notices.Notices;
import dev.sidecar.peers.Peer;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(AlertsProperties.class)
class AlertsConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    /** How long a channel may take beyond the wait of its route; a drill has as much. */
    private static final Duration DELIVERY_MARGIN = Duration.ofSeconds(45);

    @Bean
    Alertmanager alertmanager(AlertsProperties settings) {
        return new Alertmanager(new Peer(
                "Alertmanager",
                "sidecar.alerts.alertmanager-url",
                settings.alertmanagerUrl(),
                ANSWER_LIMIT,
                login(settings.alertmanagerUsername(), settings.alertmanagerPassword())));
    }

    private static Consumer<HttpHeaders> login(String user, @Nullable Secret password) {
        return headers -> {
            if (password != null) {
                headers.setBasicAuth(user, password.reveal(), StandardCharsets.UTF_8);
            }
        };
    }

    @Bean
    Receipts receipts() {
        return new Receipts();
    }

    @Bean
    Incidents incidents(Clock clock) {
        return new Incidents(clock);
    }

    @Bean
    DeliveryCheck deliveryCheck(
            Alertmanager alertmanager, Prometheus prometheus, Incidents incidents, Identity identity, Clock clock) {
        return new DeliveryCheck(
                alertmanager, new FiringInPrometheus(prometheus), incidents, clock, identity.host(), DELIVERY_MARGIN);
    }

    @Bean
    DirectTelling directTelling(
            DeliveryCheck check,
            Incidents incidents,
            Notices notices,
            DeadMansSwitch deadMansSwitch,
            AlertMetrics metrics,
            Identity identity,
            Clock clock,
            AlertsProperties settings) {
        return new DirectTelling(
                check,
                new DirectTelling.Means(
                        incidents, new IncidentsFile(settings.receiptsFile()), notices, deadMansSwitch, metrics),
                identity,
                clock);
    }

    @Bean
    JobSource receiptJobs(AlertsProperties settings, DirectTelling telling) {
        return () -> settings.alertmanagerUrl() == null ? List.of() : List.of(telling.job());
    }

    @Bean
    AlertMetrics alertMetrics(MeterRegistry registry) {
        return new AlertMetrics(registry);
    }

    @Bean
    Drills drills(
            Alertmanager alertmanager,
            Receipts receipts,
            Identity identity,
            Clock clock,
            Notices notices,
            AlertsProperties settings) {
        return new Drills(
                alertmanager, receipts, identity, clock, notices::mailTrouble, new DrillsFile(settings.drillsFile()));
    }

    @Bean
    DrillRequests drillRequests(Drills drills, Clock clock, AlertsProperties settings) {
        return new DrillRequests(drills, clock, settings.drillPause());
    }

    @Bean
    AlertmanagerHooks alertmanagerHooks(
            Receipts receipts,
            Incidents incidents,
            AlertMetrics metrics,
            Alertmanager alertmanager,
            Clock clock,
            DeadMansSwitch deadMansSwitch) {
        return new AlertmanagerHooks(
                new AlertmanagerEvents(receipts, incidents, metrics, new InhibitionNames(alertmanager, clock), clock),
                deadMansSwitch);
    }

    @Bean
    AlertsController alertsController(
            Receipts receipts,
            DeliveryCheck check,
            DeadMansSwitch deadMansSwitch,
            Drills drills,
            DrillRequests requests) {
        return new AlertsController(receipts, check, deadMansSwitch, drills, requests);
    }
}
