package dev.sidecar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The map from proofs to requirements names the proofs that exist, all of them, and promises nothing. */
class ControlTest {

    private static final Path PAGE = Path.of("docs/evidence.md");
    private static final Path PROOFS = Path.of("src/main/java/dev/sidecar/proofs");
    private static final Pattern CLAIM = Pattern.compile("new Claim\\(\\s*\"([A-Z]+-\\d+)\"");

    /** A new proof has to be looked at once: towards what is it evidence? */
    @Test
    void everyProofIsMappedOrListedAsNotMappedAndNoOther() throws IOException {
        Set<String> named = new TreeSet<>(Control.mapped());
        named.addAll(Control.NOT_MAPPED);

        assertThat(named).isEqualTo(proofs());
        assertThat(Control.mapped()).doesNotContainAnyElementsOf(Control.NOT_MAPPED);
    }

    /** ReportCommandTest compares them with those of a running sidecar. */
    private static Set<String> proofs() throws IOException {
        Set<String> ids = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(PROOFS)) {
            for (Path source : sources.filter(file -> file.toString().endsWith("Proof.java"))
                    .toList()) {
                CLAIM.matcher(Files.readString(source)).results().forEach(claim -> ids.add(claim.group(1)));
            }
        }
        assertThat(ids).hasSizeGreaterThan(40);
        return ids;
    }

    @Test
    void theDocumentationHasTheSameMap() throws IOException {
        List<String> rows = Arrays.stream(Control.values())
                .map(control -> "| %s | %s %s | %s | %s | %s |"
                        .formatted(
                                control.framework(),
                                control.clause(),
                                control.title(),
                                control.shown(),
                                control.notShown(),
                                String.join(", ", control.proofs())))
                .toList();
        List<String> page = Files.readAllLines(PAGE);
        assertThat(page.stream()
                        .dropWhile(line -> !line.startsWith("| framework "))
                        .skip(2)
                        .takeWhile(line -> line.startsWith("|")))
                .containsExactlyElementsOf(rows);
        assertThat(page.get(page.size() - 1))
                .endsWith(": " + Control.NOT_MAPPED.stream().sorted().collect(Collectors.joining(", ")) + ".");
    }

    @Test
    void everyFrameworkThatIsAskedForIsThere() {
        assertThat(Arrays.stream(Control.values()).map(Control::clause))
                .contains("A.8.13", "A.8.15", "A.8.16", "A1.2", "CC7.2")
                .anyMatch(clause -> clause.startsWith("Article 21"));
    }

    /** No drill can say that; an auditor says it, of more than drills. */
    @Test
    void nobodyIsCalledCompliant() throws IOException {
        Pattern promise = Pattern.compile("(?i)compl(y|ies|ian|ied)|certif(y|ied|ication)|fulfil|conform");
        for (Control control : Control.values()) {
            assertThat(control.shown() + control.notShown() + control.title()).doesNotContainPattern(promise);
        }
        assertThat(Files.readString(PAGE)).contains("evidence **towards**").doesNotContainPattern(promise);
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java/dev/sidecar/reports"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(source)).as(source.toString()).doesNotContainPattern(promise);
            }
        }
    }
}
