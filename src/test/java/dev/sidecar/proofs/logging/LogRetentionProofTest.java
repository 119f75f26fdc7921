package dev.sidecar.proofs.logging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.loki.LokiFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LokiStandIn;
import dev.sidecar.proofs.Verdict;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** LOG-4 finds the line that outlives its retention, and holds only where Loki would show one. */
class LogRetentionProofTest {

    private static final Duration RETENTION = Duration.ofDays(30);

    private static Finding drilled(String configuration, Duration ageOfALine) {
        try (LokiStandIn loki = new LokiStandIn(configuration, "")) {
            Instant at = Instant.now().minus(ageOfALine);
            loki.add(at.getEpochSecond() * 1_000_000_000L, Map.of("stack", "shop"), "a line");
            return new LogRetentionProof(
                            LokiFixture.at(URI.create(loki.url()), "shop"),
                            new LoggingProofsProperties(List.of(), List.of(), Map.of(), RETENTION),
                            Clock.systemUTC())
                    .prove();
        }
    }

    private static String shipped() throws IOException {
        return Files.readString(Path.of("loki", "loki.yml"));
    }

    private static String lookingBack(String limit) throws IOException {
        return shipped().replaceAll("max_query_lookback: \\S+", "max_query_lookback: " + limit);
    }

    @Test
    void theShippedConfigurationShowsALineThatOutlivesItsRetention() throws IOException {
        assertThat(drilled(shipped(), Duration.ofDays(29)).verdict()).isEqualTo(Verdict.HELD);

        Finding finding = drilled(shipped(), Duration.ofDays(33));

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence()).startsWith("a line from ").endsWith(" is still stored.");
    }

    @Test
    void nothingIsProvenWhereLokiLooksNoFurtherBackThanTheRetention() throws IOException {
        Finding finding = drilled(lookingBack("720h"), Duration.ofDays(33));

        assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(finding.evidence())
                .isEqualTo(
                        "Retention is on, 30.0 d, but Loki shows no line older than 30.0 d: limits_config.max_query_lookback must be 0 (no limit) or at least 866h.");
        assertThat(drilled(lookingBack("866h"), Duration.ofDays(29)).verdict()).isEqualTo(Verdict.HELD);
    }

    @Test
    void aRetentionThatIsOffOrAnotherIsBroken() throws IOException {
        assertThat(drilled(shipped().replace("retention_enabled: true", "retention_enabled: false"), Duration.ZERO)
                        .evidence())
                .isEqualTo("compactor.retention_enabled is false.");
        assertThat(drilled(shipped().replace("retention_period: 720h", "retention_period: 7d"), Duration.ZERO)
                        .evidence())
                .isEqualTo("limits_config.retention_period is 7d, not 30.0 d.");
    }
}
