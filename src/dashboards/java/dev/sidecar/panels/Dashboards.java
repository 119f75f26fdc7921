package dev.sidecar.panels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** All dashboards, in the order of their pages. */
final class Dashboards {

    static final Path DIRECTORY = Path.of("grafana", "dashboards");

    private Dashboards() {}

    public static void main(String[] args) throws IOException {
        for (Dashboard dashboard : all()) {
            Files.writeString(file(dashboard), dashboard.toJson());
        }
    }

    static Path file(Dashboard dashboard) {
        return DIRECTORY.resolve(dashboard.uid() + ".json");
    }

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
