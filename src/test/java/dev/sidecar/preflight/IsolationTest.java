package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** The compose file of the repository, as it is and with one fault planted in it. */
class IsolationTest {

    private static final Path COMPOSE_FILE = Path.of("docker-compose.staging.yml");

    @TempDir
    Path folder;

    @Test
    void everyServiceOfTheStackIsHeldTight() throws IOException {
        List<ServiceIsolation> services = services(Files.readString(COMPOSE_FILE));

        assertThat(services)
                .hasSize(25)
                .allSatisfy(service ->
                        assertThat(service.weaknesses()).as(service.service()).isEmpty());
        assertThat(services.stream().filter(ServiceIsolation::root).map(ServiceIsolation::service))
                .containsExactly("alloy");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            nginx             | cap_add: [NET_ADMIN]                                   | capabilities NET_ADMIN
            alloy             | cap_add: [DAC_READ_SEARCH]                             | root with capabilities
            redis             | {user: '0', cap_drop: []}                              | root with capabilities
            prometheus        | {user: 'root', cap_add: [CHOWN]}                       | root with capabilities
            grafana           | cap_drop: []                                           | capabilities defaults
            api               | read_only: false                                       | writable root
            loki              | security_opt: []                                       | may gain privileges
            sidecar           | privileged: true                                       | privileged
            node-exporter     | pid: host                                              | in a namespace of the host
            blackbox-exporter | network_mode: host                                     | in a namespace of the host
            alertmanager      | devices: [/dev/kmsg]                                   | in a namespace of the host
            redis-exporter    | security_opt: ['no-new-privileges:true', 'seccomp:unconfined'] | in a namespace of the host
            alloy             | volumes: ['/var/run/docker.sock:/var/run/docker.sock'] | with docker.sock
            postgres          | networks: [app, edge]                                  | data within reach of the edge
            redis             | networks: {edge: {aliases: [cache]}}                   | data within reach of the edge
            postgres          | ports: ['5432:5432']                                   | data within reach of the edge
            redis             | networks: [app, edge-stats]                            | data within reach of the edge
            postgres-exporter | networks: [app, observe]                               | an exporter beside the API
            blackbox-exporter | networks: [edge, observe]                              | an exporter beside the API or the edge
            node-exporter     | ports: ['9100:9100']                                   | an exporter beside the API or the edge
            loki              | networks: [logs, observe]                              | logs within reach of others
            loki              | ports: ['127.0.0.1:3100:3100']                         | logs within reach of others
            tempo             | networks: [spans, traces]                              | traces within reach of others
            tempo             | ports: ['127.0.0.1:3200:3200']                         | traces within reach of others
            postgres-exporter | mem_limit: null                                        | no limit on memory
            nginx-exporter    | cpus: null                                             | no limit on memory
            nginx             | pids_limit: null                                       | no limit on memory
            prometheus        | image: prom/prometheus                                 | image without a fixed tag
            loki              | image: grafana/loki:latest                             | image without a fixed tag
            alertmanager      | image: registry.our-team.net:5000/alertmanager         | image without a fixed tag
            """)
    void aFaultIsNamedWithItsService(String service, String fault, String weakness) throws IOException {
        Plan plan = new Plan();
        new Isolation(file(planted(service, fault))).prepare(plan);

        assertThat(plan.findings().stream().filter(finding -> finding.state() == ReportLine.State.NOTE))
                .as("the one service, and no other")
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.subject()).isEqualTo("isolation of " + service);
                    assertThat(finding.detail()).contains(weakness);
                });
    }

    /** The service with the fault laid over it; a key that is null is taken away. */
    private static String planted(String service, String fault) throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        Yaml yaml = new Yaml(options);
        Map<String, Object> file = yaml.load(Files.readString(COMPOSE_FILE));
        @SuppressWarnings("unchecked")
        Map<String, Map<String, Object>> services = (Map<String, Map<String, Object>>) file.get("services");
        Map<String, Object> planted = yaml.load(fault);
        planted.forEach((key, value) -> {
            if (value == null) {
                services.get(service).remove(key);
            } else {
                services.get(service).put(key, value);
            }
        });
        return yaml.dump(file);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("docker-compose.staging.yml"), content);
    }

    private List<ServiceIsolation> services(String content) throws IOException {
        return new Isolation(file(content)).services();
    }
}
