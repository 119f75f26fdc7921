package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.AlertmanagerConfig.Timing;
import dev.sidecar.preflight.RenderedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page says about when people are notified is what the routes do. */
class RoutesPageTest {

    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `([a-z-]+)`[^|]*\\| ([0-9a-z ]+) \\| ([0-9a-z ]+) \\| ([0-9a-z ]+) \\|.*$");

    @Test
    void theTableOfRoutesIsTheConfigurations(@TempDir Path directory) throws IOException {
        Path rendered = RenderedConfig.alertmanager(
                directory, Map.of("SIDECAR_URL", "http://sidecar:8080", "SIDECAR_TOKEN", "token"));
        AlertmanagerConfig config = AlertmanagerConfig.parse(Files.readString(rendered));
        Map<String, Timing> written = new TreeMap<>();
        String page = Files.readString(Path.of("docs/alerting.md"));
        Matcher row = ROW.matcher(page);
        while (row.find()) {
            written.put(
                    row.group(1), new Timing(duration(row.group(2)), duration(row.group(3)), duration(row.group(4))));
        }
        Map<String, Timing> routes = new TreeMap<>(config.timings());
        // For certain alerts only: drills of inhibitions, and the failure of a channel, which no table of routes needs.
        routes.keySet().removeIf(receiver -> receiver.equals("drill") || receiver.startsWith("without-"));
        // One alert of this receiver waits longer, which a sentence below the table says.
        Timing longest = routes.get("operational-critical");
        assertThat(page)
                .contains("`EndpointProbeFailed` waits %d s instead of 10 s"
                        .formatted(longest.groupWait().toSeconds()));
        routes.put(
                "operational-critical",
                new Timing(Duration.ofSeconds(10), longest.groupInterval(), longest.repeatInterval()));

        assertThat(written).isNotEmpty().isEqualTo(routes);
    }

    private static Duration duration(String text) {
        String[] parts = text.split(" ");
        return Duration.parse(
                "PT" + parts[0] + parts[1].replace("min", "M").replace("s", "S").replace("h", "H"));
    }
}
