package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** The files that another host gets. No test runs Alloy with satellite.alloy; this one reads it. */
class SatelliteFilesTest {

    private static final Path COMPOSE_FILE = Path.of("docker-compose.satellite.yml");
    private static final Path ALLOY = Path.of("alloy/satellite.alloy");

    @Test
    void everyServiceIsHeldAsTightAsAtTheCentre() {
        List<ServiceIsolation> services = new Isolation(COMPOSE_FILE).services();

        assertThat(services)
                .hasSize(5)
                .allSatisfy(service ->
                        assertThat(service.weaknesses()).as(service.service()).isEmpty());
        assertThat(services.stream().filter(ServiceIsolation::root).map(ServiceIsolation::service))
                .containsExactly("alloy");
    }

    @Test
    void itsImagesAreTheCentres() throws IOException {
        Map<String, Object> centre = images(Path.of("docker-compose.staging.yml"));

        assertThat(images(COMPOSE_FILE))
                .isNotEmpty()
                .allSatisfy((name, image) -> assertThat(image).as(name).isEqualTo(centre.get(name)));
    }

    private static Map<String, Object> images(Path file) throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        Map<String, Map<String, Object>> yaml = new Yaml(options).load(Files.readString(file));
        return new TreeMap<>(yaml.get("x-images"));
    }

    /** What the command prints is what the file asks for. */
    @Test
    void itAsksForTheLinesThatTheCommandPrints() throws IOException {
        String file = Files.readString(COMPOSE_FILE);
        String command = Files.readString(Path.of("src/main/java/dev/sidecar/hosts/HostCommand.java"));

        assertThat(Pattern.compile("\"([A-Z_]+)=\"").matcher(command).results().map(found -> found.group(1)))
                .containsExactly("CENTRE_URL", "SATELLITE_NAME", "SATELLITE_TOKEN")
                .allSatisfy(name -> assertThat(file).contains("${" + name + ":?"));
    }

    @Test
    void itPushesWhereTheRelayListensWithEveryVariableThatItIsGiven() throws IOException {
        String metrics = Files.readString(ALLOY);
        String logs = Files.readString(Path.of("alloy/config.alloy"));
        String file = Files.readString(COMPOSE_FILE);

        assertThat(metrics).contains("\"satellites/metrics\"", "\"X-Satellite-Machine\"");
        assertThat(file).containsPattern("LOKI_URL: \\$\\{CENTRE_URL:\\?[^}]+}/satellites/logs\n");
        assertThat(logs).contains("coalesce(sys.env(\"LOKI_URL\"), \"http://loki:3100\") + \"/otlp\"");
        Pattern.compile("sys\\.env\\(\"([A-Z_]+)\"\\)")
                .matcher(metrics)
                .results()
                .forEach(variable -> assertThat(file).contains(" " + variable.group(1) + ": "));
        // Both files are one configuration.
        Pattern.compile("(?m)^(\\S+ \"\\w+\") \\{$")
                .matcher(metrics)
                .results()
                .forEach(component -> assertThat(logs).doesNotContain(component.group(1) + " {"));
        assertThat(metrics.chars().filter(c -> c == '{').count())
                .isEqualTo(metrics.chars().filter(c -> c == '}').count());
    }
}
