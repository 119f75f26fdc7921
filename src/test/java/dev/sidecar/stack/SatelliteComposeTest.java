package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.stack.ComposeStack.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Compose's view of the file that another host gets, beside that of the centre's. No container starts. */
@Tag("docker")
class SatelliteComposeTest {

    private static final List<String> LINES = List.of("CENTRE_URL", "SATELLITE_NAME", "SATELLITE_TOKEN");

    /** These hold a container, and must be the same on both. */
    private static final List<String> HELD =
            List.of("image", "user", "read_only", "cap_drop", "security_opt", "pids_limit", "restart", "logging");

    @TempDir
    Path folder;

    private Map<String, JsonNode> services(ComposeStack stack) {
        Result result = stack.compose("config", "--format", "json");
        assertThat(result.exitCode()).as(result.all()).isZero();
        Map<String, JsonNode> services = new TreeMap<>();
        JsonMapper.shared().readTree(result.out()).path("services").forEachEntry(services::put);
        return services;
    }

    private ComposeStack satellite(String profiles) throws IOException {
        ComposeStack satellite = ComposeStack.satellite("rendered", folder, null);
        LINES.forEach(line -> satellite.set(line, "https://staging.test"));
        satellite.set("COMPOSE_PROFILES", profiles);
        return satellite;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|''",
                "postgres|postgres-exporter",
                "redis|redis-exporter",
                "postgres,redis|postgres-exporter,redis-exporter"
            })
    void aProfileStartsItsExporterAndNothingIsHeldLooserThanAtTheCentre(String profiles, String exporters)
            throws IOException {
        Map<String, JsonNode> centre = services(new ComposeStack("rendered", folder));
        Set<String> expected = new TreeSet<>(Set.of("alloy", "canary", "node-exporter"));
        expected.addAll(Arrays.stream(exporters.split(","))
                .filter(name -> !name.isEmpty())
                .toList());

        Map<String, JsonNode> services = services(satellite(profiles));

        assertThat(services.keySet()).isEqualTo(expected);
        // A shell and nothing else, in the image of the node exporter.
        JsonNode canary = services.remove("canary");
        assertThat(canary.path("network_mode").asString()).isEqualTo("none");
        assertThat(canary.path("mem_limit").asLong()).isPositive();
        assertHeld("canary", canary, centre.get("node-exporter"));
        services.forEach((name, service) -> {
            assertHeld(name, service, centre.get(name));
            assertThat(service.path("cpus").asDouble())
                    .isEqualTo(centre.get(name).path("cpus").asDouble());
            assertThat(service.path("tmpfs")).isEqualTo(centre.get(name).path("tmpfs"));
            assertThat(service.at("/healthcheck/test").isEmpty()).as(name).isFalse();
            // The collector also keeps what it could not push.
            assertThat(service.path("mem_limit").asLong())
                    .isEqualTo(
                            name.equals("alloy")
                                    ? 320L << 20
                                    : centre.get(name).path("mem_limit").asLong());
        });
    }

    private static void assertHeld(String name, JsonNode service, JsonNode likeThis) {
        assertThat(service.has("ports")).as(name + " listens").isFalse();
        for (String held : HELD) {
            assertThat(service.path(held)).as("%s of %s", held, name).isEqualTo(likeThis.path(held));
        }
    }

    @Test
    void whatIsMountedIsThereAndNothingOfTheHostCanBeWritten() throws IOException {
        Path authority = Files.writeString(folder.resolve("authority.pem"), "");
        ComposeStack satellite = satellite("postgres,redis");
        satellite.set("CENTRE_CA", authority.toString());

        Map<String, JsonNode> services = services(satellite);

        List<JsonNode> binds = services.values().stream()
                .flatMap(service -> StreamSupport.stream(service.path("volumes").spliterator(), false))
                .filter(volume -> volume.path("type").asString().equals("bind"))
                .toList();
        assertThat(binds)
                .hasSize(8)
                .allSatisfy(bind -> assertThat(bind.path("read_only").asBoolean())
                        .as(bind.toString())
                        .isTrue());
        assertThat(binds.stream()
                        .map(bind -> Path.of(bind.path("source").asString()))
                        .filter(source -> source.startsWith(Path.of("").toAbsolutePath()) || source.startsWith(folder)))
                .hasSize(4)
                .contains(authority)
                .allSatisfy(source -> assertThat(source).isRegularFile());
        assertThat(services.get("alloy").at("/environment/SSL_CERT_FILE").asString())
                .isEqualTo("/etc/centre-ca.pem");
        assertThat(services(satellite(""))
                        .get("alloy")
                        .at("/environment/SSL_CERT_FILE")
                        .asString())
                .isEmpty();
    }

    /** PostgreSQL's alerts need the same collectors there, and a database that somebody took over gets no more out of the exporter. */
    @Test
    void exportersCollectWhatTheyDoAtTheCentre() throws IOException {
        Map<String, JsonNode> centre = services(new ComposeStack("rendered", folder));

        Map<String, JsonNode> services = services(satellite("postgres,redis"));

        for (String exporter : List.of("node-exporter", "postgres-exporter")) {
            List<String> options = texts(centre.get(exporter).path("command"));
            assertThat(options).anyMatch(option -> option.startsWith("--web.config.file="));
            assertThat(texts(services.get(exporter).path("command")))
                    .isEqualTo(options.stream()
                            .filter(option -> !option.startsWith("--web.config.file="))
                            .toList());
        }
        assertThat(session(services)).isEqualTo(session(centre));
    }

    /** From the mode of TLS on. The exporter's driver knows fewer modes than libpq: disable, require, verify-ca and verify-full. */
    private static String session(Map<String, JsonNode> services) {
        String address = services.get("postgres-exporter")
                .at("/environment/DATA_SOURCE_URI")
                .asString();
        return address.substring(address.indexOf('?'));
    }

    private static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asString)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CENTRE_URL", "SATELLITE_NAME", "SATELLITE_TOKEN"})
    void withoutOneOfTheLinesItSaysWhereTheyComeFrom(String line) throws IOException {
        ComposeStack satellite = satellite("");
        satellite.set(line, "");

        Result result = satellite.compose("config", "--quiet");

        assertThat(result.exitCode()).isNotZero();
        assertThat(result.err()).contains(line, "put the lines that sidecar host add printed into .env");
    }
}
