package dev.sidecar.grafana;

import java.nio.file.Path;
import java.util.List;

/** All dashboards, in the order of their pages. */
final class Dashboards {

    static final Path DIRECTORY = Path.of("grafana", "dashboards");

    private Dashboards() {}

    static List<Dashboard> all() {
        return List.of(
                OverviewDashboard.dashboard(),
                ApiDashboard.dashboard(),
                PostgresDashboard.dashboard(),
                RedisDashboard.dashboard(),
                HostDashboard.dashboard(),
                LogsDashboard.dashboard(),
                BackupsDashboard.dashboard(),
                AlertsDashboard.dashboard(),
                SidecarDashboard.dashboard(),
                StackDashboard.dashboard());
    }
}
