package dev.sidecar.proofs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.settings.Identity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportMarkdownTest {

    private static final Instant AT = Instant.parse("2026-11-25T04:00:00Z");

    @Test
    void isADocumentThatSaysFirstWhatHasToBeDone() {
        Report report = new Report(
                AT,
                List.of(
                        drill(
                                "LOG-1",
                                Area.LOGGING,
                                Finding.held("All 2 sources delivered.").with(List.of("api: 3 s", "nginx: 5 s"))),
                        drill("LOG-2", Area.LOGGING, Finding.broken("It did | not\n arrive.")),
                        drill("MET-1", Area.METRICS, Finding.inconclusive("Prometheus gave no answer.")),
                        drill(
                                "SEC-3",
                                Area.SECURITY,
                                Finding.notConfigured("No certificate is probed: give the edge one."))),
                List.of(claim("PRF-1", Area.PERFORMANCE)),
                List.of(new LeftOut(claim("DSH-1", Area.DASHBOARDS), "We have our own Grafana.")));

        String written = ReportMarkdown.of(report, new Identity("shop", "box-1", "sidecar", "staging"));

        assertThat(written).startsWith("""
                # Readiness of shop

                **1 of 6 proven; 1 broken; 1 inconclusive; 1 not drilled yet; 1 not set up; 1 left out** (16 %).

                Written 2026-11-25 04:00 UTC on box-1 (staging). Every line""");
        assertThat(written).endsWith("""
                | area | held | broken | inconclusive | starting | not drilled yet | not set up | left out |
                |---|--:|--:|--:|--:|--:|--:|--:|
                | Logging | 1 | 1 | 0 | 0 | 0 | 0 | 0 |
                | Metrics | 0 | 0 | 1 | 0 | 0 | 0 | 0 |
                | Alerting | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
                | Dashboards | 0 | 0 | 0 | 0 | 0 | 0 | 1 |
                | Backups | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
                | Security | 0 | 0 | 0 | 0 | 0 | 1 | 0 |
                | Performance | 0 | 0 | 0 | 0 | 1 | 0 | 0 |

                ## Broken

                - **LOG-2** LOG-2 holds. – It did \\| not arrive.

                ## Inconclusive

                - **MET-1** MET-1 holds. – Prometheus gave no answer.

                ## Logging

                | | id | claim | evidence | when |
                |---|---|---|---|---|
                | ✅ held | LOG-1 | LOG-1 holds. | All 2 sources delivered. | 2026-11-25 03:59 UTC, 60 s earlier |
                | ❌ **broken** | LOG-2 | LOG-2 holds. | It did \\| not arrive. | 2026-11-25 03:59 UTC, 60 s earlier |

                ## Metrics

                | | id | claim | evidence | when |
                |---|---|---|---|---|
                | ❔ inconclusive | MET-1 | MET-1 holds. | Prometheus gave no answer. | 2026-11-25 03:59 UTC, 60 s earlier |

                ## Not set up, and how to set it up

                - **SEC-3** SEC-3 holds. – No certificate is probed: give the edge one.

                ## Left out on purpose

                - **DSH-1** DSH-1 holds. – We have our own Grafana.

                ## Not drilled yet

                - **PRF-1** PRF-1 holds. – the first drill has not run yet.

                ## Evidence in full

                **LOG-1** All 2 sources delivered.

                - api: 3 s
                - nginx: 5 s
                """);
    }

    /** A database, a label or an error can put this into a proof's evidence. */
    @Test
    void whatStrangersWroteIsShownAndRendersAsNothing() {
        String hostile = "\u001b[2J <img src=x onerror=alert(1)> ![x](http://evil.example/t.png)\n# heading";
        String written = ReportMarkdown.of(
                new Report(
                        AT,
                        List.of(
                                drill(
                                        "LOG-1",
                                        Area.LOGGING,
                                        Finding.held("%s", hostile).with(List.of(hostile))),
                                drill("LOG-2", Area.LOGGING, Finding.broken("%s", hostile)),
                                drill("SEC-3", Area.SECURITY, Finding.notConfigured(hostile))),
                        List.of(),
                        List.of()),
                new Identity("shop", "box-1", "sidecar", "staging"));

        assertThat(written)
                .contains("&lt;img src=x")
                .doesNotContain("\u001b", "<img", "![x]", "http://")
                .doesNotContainPattern("(?<!\\\\)\\]\\(")
                .doesNotContainPattern("(?m)^# heading");
    }

    private static Drill drill(String id, Area area, Finding finding) {
        return new Drill(claim(id, area), finding, AT.minusSeconds(60), Duration.ofMillis(3));
    }

    private static Claim claim(String id, Area area) {
        return new Claim(id, area, id + " holds.", Duration.ofMinutes(10));
    }
}
