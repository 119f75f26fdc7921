package dev.sidecar.grafana;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class DashboardsTest {
    @Test
    void theFilesAreWhatTheSourceSays() throws IOException {
        for (Dashboard dashboard : Dashboards.all()) {
            var file = Dashboards.DIRECTORY.resolve(dashboard.uid() + ".json");
            if (Boolean.getBoolean("dashboards.write")) {
                Files.createDirectories(Dashboards.DIRECTORY);
                Files.writeString(file, dashboard.toJson());
            }
            assertThat(Files.readString(file, StandardCharsets.UTF_8)).isEqualTo(dashboard.toJson());
        }
    }
}
