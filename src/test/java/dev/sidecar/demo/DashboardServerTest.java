package dev.sidecar.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** Compares what {@code ./run} gives to Grafana with what the stack gives to it. */
class DashboardServerTest {

    @TempDir
    private Path folder;

    private StandInProgram grafana;
    private DashboardServer server;
    private Path home;

    @BeforeEach
    void start() throws Exception {
        grafana = StandInProgram.at(folder.resolve("installed/bin/grafana"), folder);
        home = folder.resolve("run-grafana");
        server = DashboardServer.start(
                folder.resolve("installed"),
                folder.resolve("run"),
                12345,
                Map.of("prometheus", "http://127.0.0.1:9999", "alertmanager", "http://127.0.0.1:9998"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void itStartsWithThoseOfTheStackAndInItsOwnFolder() throws Exception {
        assertThat(folder.resolve("arguments")).doesNotExist();
        server.begin();
        grafana.awaitStart();

        assertThat(grafana.arguments())
                .containsExactly(
                        "server", "--homepath=" + folder.resolve("installed"), "--config=" + home.resolve("none.ini"));
        Map<String, String> given = grafana.environment();
        Set<String> elsewhere =
                Set.of("GF_SERVER_ROOT_URL", "GF_AUTH_JWT_KEY_FILE", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
        shipped().forEach((name, value) -> {
            if (name.endsWith("__FILE")) {
                assertThat(given.get(name.replace("__FILE", ""))).as(name).isNotBlank();
            } else if (!elsewhere.contains(name)) {
                assertThat(given).containsEntry(name, value);
            }
        });
        assertThat(given)
                .containsEntry("GF_SERVER_HTTP_ADDR", "127.0.0.1")
                .containsEntry("GF_SERVER_HTTP_PORT", "12345");
        assertThat(given.get("GF_PLUGINS_DISABLE_PLUGINS")).contains("influxdb", ",tempo");
        assertThat(List.of("DATA", "LOGS", "PLUGINS", "PROVISIONING"))
                .allSatisfy(path -> assertThat(given.get("GF_PATHS_" + path)).startsWith(home.toString()));
        assertThat(Path.of(given.get("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")))
                .isRegularFile();

        server.close();
        assertThat(home).doesNotExist();
    }

    @Test
    void itsDataSourcesAreTheShippedOnesThatAreHere() throws Exception {
        Map<String, Map<String, Object>> sources =
                dataSources(home.resolve("provisioning/datasources/datasources.yml"));
        Map<String, Map<String, Object>> shipped =
                dataSources(Path.of("grafana/provisioning/datasources/datasources.yml"));

        assertThat(sources.keySet()).containsExactlyInAnyOrder("prometheus", "alertmanager");
        assertThat(sources.get("prometheus"))
                .containsEntry("url", "http://127.0.0.1:9999")
                .containsEntry("isDefault", true);
        assertThat(sources.get("alertmanager").get("jsonData"))
                .isEqualTo(shipped.get("alertmanager").get("jsonData"));
        String password =
                String.valueOf(((Map<?, ?>) sources.get("prometheus").get("secureJsonData")).get("basicAuthPassword"));
        assertThat(password).matches("\\$__file\\{.+}");
        assertThat(Path.of(password.substring(8, password.length() - 1))).isRegularFile();
    }

    @Test
    void itsDashboardsAreThoseOfTheClone() throws Exception {
        Map<String, List<Map<String, Map<String, String>>>> file =
                new Yaml().load(Files.readString(home.resolve("provisioning/dashboards/dashboards.yml")));

        try (Stream<Path> files =
                Files.list(Path.of(file.get("providers").get(0).get("options").get("path")))) {
            assertThat(files).hasSize(10);
        }
        assertThat(home.resolve("provisioning/alerting/none.yml")).exists();
        assertThat(home.resolve("provisioning/plugins/none.yml")).exists();
    }

    @Test
    void theSidecarIsAViewerWhoseTokenGrafanaCanCheck() throws Exception {
        Map<String, String> settings = server.settings();
        String[] token = Files.readString(Path.of(settings.get("SIDECAR_DASHBOARDS_VIEWERTOKEN_FILE")))
                .split("\\.");
        String pem = Files.readString(home.resolve("secrets/grafana/viewer_key.pem"))
                .replaceAll("-----[A-Z ]+-----|\\s", "");
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(pem))));
        signature.update((token[0] + "." + token[1]).getBytes(StandardCharsets.US_ASCII));

        assertThat(signature.verify(Base64.getUrlDecoder().decode(token[2]))).isTrue();
        assertThat(settings).containsEntry("SIDECAR_DASHBOARDS_GRAFANAURL", "http://127.0.0.1:12345");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.passwordFile())))
                .isEqualTo("rw-------");
    }

    private static Map<String, String> shipped() throws Exception {
        Map<String, Map<String, Map<String, Map<String, Object>>>> file =
                DashboardServer.compose().load(Files.readString(Path.of("docker-compose.staging.yml")));
        return file.get("services").get("grafana").get("environment").entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue())));
    }

    private static Map<String, Map<String, Object>> dataSources(Path file) throws Exception {
        Map<String, List<Map<String, Object>>> all = new Yaml().load(Files.readString(file));
        return all.get("datasources").stream()
                .collect(Collectors.toMap(source -> String.valueOf(source.get("uid")), source -> source));
    }
}
