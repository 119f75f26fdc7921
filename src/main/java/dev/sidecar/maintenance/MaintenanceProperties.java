package dev.sidecar.maintenance;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of maintenance.
 *
 * @param longest the longest time for which a maintenance may be asked
 * @param alerts the names of the alerts that a deploy causes; no others are silenced
 * @param services the services that a deploy restarts; alerts of others are not silenced
 */
@ConfigurationProperties("sidecar.maintenance")
record MaintenanceProperties(@DefaultValue("2h") Duration longest, List<String> alerts, List<String> services) {

    MaintenanceProperties {
        InvalidSetting.unless(
                longest.compareTo(Maintenances.SHORTEST) >= 0 && longest.compareTo(Duration.ofHours(24)) <= 0,
                "sidecar.maintenance.longest",
                longest,
                "be between 1m and 24h");
        alerts = names("sidecar.maintenance.alerts", alerts);
        services = names("sidecar.maintenance.services", services);
    }

    private static List<String> names(String setting, List<String> given) {
        List<String> names = given.stream().map(String::strip).distinct().toList();
        InvalidSetting.unless(
                !names.isEmpty() && names.stream().allMatch(name -> name.matches("[A-Za-z0-9_.:-]{1,100}")),
                setting,
                given,
                "be a list of names; an empty one would silence everything");
        return names;
    }
}
