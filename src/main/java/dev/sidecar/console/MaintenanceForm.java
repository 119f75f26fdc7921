package dev.sidecar.console;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.maintenance.Maintenance;
import dev.sidecar.maintenance.Maintenances;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** The view of maintenance on the first page. */
final class MaintenanceForm {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Maintenances maintenances;
    private final Alertmanager alertmanager;
    private final Clock clock;

    MaintenanceForm(Maintenances maintenances, Alertmanager alertmanager, Clock clock) {
        this.maintenances = maintenances;
        this.alertmanager = alertmanager;
        this.clock = clock;
    }

    /** One that is on. */
    record Row(Maintenance one, Instant now) {

        public String until() {
            return TIME.format(one.until());
        }

        public String left() {
            return Durations.rounded(Duration.between(now, one.until()));
        }
    }

    public List<Row> current() {
        Instant now = clock.instant();
        return maintenances.current().stream().map(one -> new Row(one, now)).toList();
    }

    public boolean isPossible() {
        return alertmanager.isConfigured();
    }

    /** The longest time in minutes. */
    public long longest() {
        return maintenances.longest().toMinutes();
    }

    public String sentence() {
        return "It silences %s of %s, and ends by itself. You still get all other alerts."
                .formatted(String.join(", ", maintenances.alerts()), String.join(", ", maintenances.services()));
    }
}
