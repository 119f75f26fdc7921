package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the image holds is written down, and what is known against the dependencies is never passed over in silence. */
class SupplyChainTest {

    @TempDir
    Path folder;

    @Test
    void theImageWritesDownItsPackages() throws Exception {
        Path java = Files.createDirectories(folder.resolve("java"));
        Files.writeString(java.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_RUNTIME_VERSION=\"25.0.3+9-LTS\"\n");
        Path extensions =
                Files.writeString(folder.resolve("packages"), "postgresql-18-pgaudit 18.0-2.pgdg13+1 amd64\n");
        ProcessBuilder builder = new ProcessBuilder("docker/sbom", extensions.toString());
        builder.environment().put("JAVA_HOME", java.toString());

        Ended ended = run(builder);

        assertThat(ended.exitCode).as(ended.output).isZero();
        JsonNode bom = JsonMapper.shared().readTree(ended.output);
        assertThat(bom.path("bomFormat").asString()).isEqualTo("CycloneDX");
        assertThat(bom.path("components")).hasSizeGreaterThan(50);
        assertThat(bom.path("components").toString())
                .contains("\"name\":\"libc6\"", "pkg:generic/java@25.0.3%2B9-LTS")
                .contains("/postgresql-18-pgaudit@18.0-2.pgdg13%2B1?arch=amd64");
    }

    /** As the engine answers: an image may have digests under several names, and one that was built here has none. */
    @Test
    void everyPulledImageIsLockedToTheDigestThatItHas() throws Exception {
        Path engine = engine("prom/prometheus:v1");

        Ended ended = lock(engine);

        assertThat(ended.exitCode).as(ended.output).isZero();
        assertThat(ended.output).isEqualTo("""
                services:
                  locked: {image: 'registry.example:5000/own@sha256:3'}
                  nginx: {image: 'nginx@sha256:1'}
                  prometheus: {image: 'prom/prometheus@sha256:2'}
                """);
    }

    @Test
    void anImageWithoutADigestIsNotPassedOver() throws Exception {
        Ended ended = lock(engine("made/elsewhere:v1"));

        assertThat(ended.exitCode).isEqualTo(1);
        assertThat(ended.output).contains("made/elsewhere:v1 has no digest");
    }

    private Path engine(String third) throws Exception {
        Path program = Files.writeString(folder.resolve("docker"), """
                #!/bin/sh
                case "$1" in
                  compose)
                    printf '%%s\n' 'sidecar observability-sidecar:local' 'nginx nginx:1' 'prometheus %s' 'api sidecar-sample-api:local' \
                        'locked registry.example:5000/own@sha256:3' 'nginx nginx:1' ;;
                  image)
                    for image; do :; done
                    case $image in
                      nginx:1) printf '%%s\n' mirror/nginx@sha256:9 nginx@sha256:1 ;;
                      prom/prometheus:v1) echo prom/prometheus@sha256:2 ;;
                      registry.example*) echo registry.example:5000/own@sha256:3 ;;
                    esac ;;
                esac
                """.formatted(third));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program;
    }

    private Ended lock(Path engine) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("docker/lock");
        builder.environment().put("PATH", engine.getParent() + ":/usr/bin:/bin");
        return run(builder);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo fine; exit 0                                        | 0  | ''",
                "echo 'CVE-2026-1'; exit 1                                | 1  | CVE-2026-1",
                "echo 'dial tcp: lookup api: no such host' >&2; exit 127  | 75 | the advisories cannot be reached",
                "echo 'no packages found' >&2; exit 128                   | 1  | no packages found"
            })
    void aScanThatDidNotHappenIsSaidAndOneThatFoundSomethingFails(String scanner, int exitCode, String said)
            throws Exception {
        Path program = Files.writeString(folder.resolve("osv-scanner"), "#!/bin/sh\n" + scanner + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

        Ended ended = scan(folder + ":/usr/bin:/bin");

        assertThat(ended.exitCode).as(ended.output).isEqualTo(exitCode);
        assertThat(ended.output).contains(said);
    }

    @Test
    void withoutAScannerItIsSaidToo() throws Exception {
        Ended ended = scan("/nowhere");

        assertThat(ended.exitCode).isEqualTo(75);
        assertThat(ended.output).contains("needs osv-scanner");
        assertThat(Files.readString(Path.of("test"))).contains("Left out: the search for known vulnerabilities");
    }

    private record Ended(int exitCode, String output) {}

    private static Ended scan(String path) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(List.of("/bin/sh", ".ci/advisories", "bom.json"));
        builder.environment().put("PATH", path);
        return run(builder);
    }

    private static Ended run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), output);
    }
}
