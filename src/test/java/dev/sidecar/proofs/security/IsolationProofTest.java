package dev.sidecar.proofs.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** StackTest plants a fault in the stack itself. */
class IsolationProofTest {

    @TempDir
    Path folder;

    @Test
    void holdsWhileNoServiceHasAWeaknessAndTellsWhichIsRoot() throws IOException {
        Finding finding = prove("""
                {"services": [{"service": "redis", "root": false, "weaknesses": []},
                              {"service": "alloy", "root": true, "weaknesses": []}]}
                """);

        assertThat(finding.verdict()).isEqualTo(Verdict.HELD);
        assertThat(finding.evidence()).startsWith("2 services").endsWith("user 0: alloy.");
    }

    @Test
    void namesEveryServiceAndItsFaults() throws IOException {
        Finding finding = prove("""
                {"services": [{"service": "redis", "root": true, "weaknesses": ["root with capabilities", "writable root"]},
                              {"service": "loki", "root": false, "weaknesses": ["image without a fixed tag"]}]}
                """);

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.details())
                .containsExactly(
                        "redis: root with capabilities", "redis: writable root", "loki: image without a fixed tag");
    }

    @Test
    void tellsNothingFromAReportWithoutServices() throws IOException {
        assertThat(prove("{}").verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(prove("{\"services\": [{\"service\": \"redis\"}]}").verdict())
                .isEqualTo(Verdict.INCONCLUSIVE);
    }

    private Finding prove(String report) throws IOException {
        Path file = Files.writeString(folder.resolve("preflight.json"), report);
        return new IsolationProof(new SecurityProofsProperties("", file)).prove();
    }
}
