package dev.sidecar.proofs.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.TestHosts;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.PrometheusFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.relay.Samples;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The proof of each other host, with a real Prometheus that has what the relay would have written. */
class OtherHostsProofTest {

    private static final Clock CLOCK = Clock.systemUTC();

    @Test
    void aHostThatIsWellHoldsAndEachFaultOfOneIsNamed(@TempDir Path folder) throws Exception {
        Path list = folder.resolve("hosts.json");
        TestHosts added = new TestHosts(list, "centre");
        try (PrometheusServer server = PrometheusServer.receiving(
                Files.writeString(folder.resolve("prometheus.yml"), "scrape_configs: []\n"), FreePort.get())) {
            OtherHostsProof proof = new OtherHostsProof(
                    PrometheusFixture.at(server.address(), java.util.Set.of(), java.util.Set.of()),
                    new Hosts(list, new Identity("staging", "centre", "sidecar", "staging"), CLOCK));
            assertThatThrownBy(proof::prove).isInstanceOf(NotConfigured.class);

            added.add("well");
            push(server, "well", 0, 1, -3, 0.5);
            assertThat(proof.prove()).satisfies(finding -> {
                assertThat(finding.verdict()).isEqualTo(Verdict.HELD);
                assertThat(finding.evidence())
                        .contains("well: 1 targets up, newest sample 3 s from our clock, 50 % of / free");
            });

            added.add("silent");
            added.add("old");
            push(server, "old", 120, 1, 0, 0.5);
            added.add("down");
            push(server, "down", 0, 0, 0, 0.5);
            added.add("behind");
            push(server, "behind", 0, 1, -3600, 0.5);
            added.add("full");
            push(server, "full", 0, 1, 0, 0.01);
            Finding finding = proof.prove();
            assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
            assertThat(finding.evidence())
                    .contains(
                            "silent: no metrics within the last five minutes",
                            "down: node is down",
                            "behind: its clock, or its queue, is 3600 s behind",
                            "full: 1 % of its disk is free")
                    .containsPattern("old: its metrics are 1[23]\\d s old")
                    .doesNotContain("well:");
            assertThat(finding.details()).hasSize(6);

            for (String host : new String[] {"silent", "old", "down", "behind", "full"}) {
                added.revoke(host);
            }
            assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);
        }
    }

    private static void push(
            PrometheusServer server, String host, int secondsAgo, double up, double offset, double free)
            throws Exception {
        long at = CLOCK.millis() - secondsAgo * 1000L;
        Map<String, String> node = Map.of("host", host, "job", "satellite-node", "service", "node");
        Map<String, String> root = Map.of("host", host, "job", "satellite-node", "mountpoint", "/");
        new Samples()
                .add("up", node, up, at)
                .add("node_filesystem_avail_bytes", root, free * 1e9, at)
                .add("node_filesystem_size_bytes", root, 1e9, at)
                .add("sidecar_relay_clock_offset_seconds", Map.of("satellite", host, "job", "relay"), offset, at)
                .send(server.address());
    }
}
