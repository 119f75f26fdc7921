package dev.sidecar.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ./run} as it is, with stand-ins of Maven and Java: it builds what changed, and nothing else. */
class RunScriptTest {

    private static final List<String> INPUTS = List.of(
            "pom.xml",
            "src/main/java/A.java",
            "src/demo/java/B.java",
            "docs/runbooks/C.md",
            "prometheus/rules/d.yml",
            "grafana/dashboards/e.json",
            "sample-api/pom.xml",
            "sample-api/src/main/java/F.java");

    @TempDir
    private Path clone;

    @BeforeEach
    void aClone() throws IOException {
        Instant past = Instant.now().minus(Duration.ofHours(1));
        for (String input : INPUTS) {
            file(input, "");
        }
        Files.copy(Path.of("run"), clone.resolve("run"));
        file(".ci/prepare", "need() { :; }\nfind_jdk() { :; }\ninstalled=\nJAVA_HOME=$PWD/jdk\n");
        program(".cache/programs/bin/prometheus", "exit 0");
        program("jdk/bin/java", "echo started >>ran");
        program("bin/mvn", """
                case "$*" in
                  *sample-api*) what=sample; made=sample-api/target/sample-api.jar ;;
                  *) what=sidecar; made=target/observability-sidecar.jar ;;
                esac
                echo $what >>ran
                [ ! -f meanwhile ] || touch "$(cat meanwhile)"
                [ ! -f fails ] || exit 1
                mkdir -p "${made%/*}"
                touch "$made"
                [ $what = sample ] || echo classes >target/demo-classpath
                """);
        try (var all = Files.walk(clone)) {
            for (Path one : all.toList()) {
                Files.setLastModifiedTime(one, FileTime.from(past));
            }
        }
    }

    private void file(String name, String content) throws IOException {
        Path file = clone.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void program(String name, String script) throws IOException {
        file(name, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(clone.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** @return what it did, in order */
    private List<String> run() throws Exception {
        Files.deleteIfExists(clone.resolve("ran"));
        ProcessBuilder run = new ProcessBuilder("sh", clone.resolve("run").toString())
                .redirectErrorStream(true)
                .redirectOutput(clone.resolve("said").toFile());
        Map<String, String> environment = run.environment();
        environment.put("PATH", clone.resolve("bin") + ":" + environment.get("PATH"));
        run.start().waitFor();
        return Files.exists(clone.resolve("ran")) ? Files.readAllLines(clone.resolve("ran")) : List.of();
    }

    /** As an editor does it some time after the last build. */
    private void change(String name) throws IOException {
        Files.setLastModifiedTime(
                clone.resolve(name), FileTime.from(Instant.now().plusSeconds(2)));
    }

    @Test
    void theFirstTimeBuildsAllAndTheSecondNothing() throws Exception {
        assertThat(run()).containsExactly("sample", "sidecar", "started");
        assertThat(run()).containsExactly("started");
        assertThat(clone.resolve(".cache/begun")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sample", "sidecar"})
    void aChangedInputBuildsWhatItIsPartOf(String what) throws Exception {
        for (String input : INPUTS) {
            if (input.startsWith("sample-api") != what.equals("sample")) {
                continue;
            }
            for (String made : List.of(
                    "sample-api/target/sample-api.jar", "target/observability-sidecar.jar", "target/demo-classpath")) {
                file(made, "");
            }
            change(input);

            assertThat(run()).as(input).containsExactly(what, "started");
            Files.setLastModifiedTime(clone.resolve(input), FileTime.from(Instant.EPOCH));
        }
    }

    @Test
    void aLostJarAndADeletedSourceAreBuiltAnew() throws Exception {
        run();
        Files.delete(clone.resolve("target/observability-sidecar.jar"));
        assertThat(run()).containsExactly("sidecar", "started");

        Files.delete(clone.resolve("src/main/java/A.java"));
        change("src/main/java");
        assertThat(run()).containsExactly("sidecar", "started");
    }

    @Test
    void whatFailedOrWasChangedMeanwhileIsBuiltTheNextTime() throws Exception {
        file("fails", "");
        assertThat(run()).containsExactly("sample");
        Files.delete(clone.resolve("fails"));
        file("meanwhile", "src/main/java/A.java");
        assertThat(run()).containsExactly("sample", "sidecar", "started");
        Files.delete(clone.resolve("meanwhile"));

        assertThat(run()).as("changed while it was built").containsExactly("sidecar", "started");
    }
}
