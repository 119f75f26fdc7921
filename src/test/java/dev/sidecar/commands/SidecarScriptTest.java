package dev.sidecar.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The image's program {@code sidecar}, with a stand-in for Java that says what the kernel would end it for. */
class SidecarScriptTest {

    private static final String SCORE = "cat /proc/self/oom_score_adj";

    @TempDir
    static Path help;

    @TempDir
    Path folder;

    @BeforeAll
    static void asTheImageIsBuilt() throws IOException {
        HelpFiles.main(new String[] {help.toString()});
    }

    @ParameterizedTest
    @ValueSource(strings = {"backup app", "list --json", "restore latest"})
    void whereMemoryIsShortTheKernelEndsACommandFirst(String arguments) throws Exception {
        assertThat(run(SCORE, arguments)).isEqualTo("1000");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"--server.port=0", "gateway", "relay"})
    void aServerStaysAsItWasStarted(String arguments) throws Exception {
        assertThat(run(SCORE, arguments))
                .isEqualTo(Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
    }

    /** The jar of the two roles has not the libraries that the help of commands needs. */
    @ParameterizedTest
    @CsvSource({
        "gateway, gateway",
        "relay --sidecar.relay.port=8002, gateway",
        "gateway --sidecar.gateway.port=8000 --help, observability-sidecar",
        "relay --sidecar.relay.port=8002 -h, observability-sidecar",
        "list --json, observability-sidecar",
        "--server.port=0, observability-sidecar"
    })
    void eachRunsTheJarThatHasItsLibraries(String arguments, String jar) throws Exception {
        assertThat(run("echo \"$*\"", arguments)).endsWith("-jar /app/" + jar + ".jar " + arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--help", "-h", "list --help", "alert test -h", "pitr --help", "gateway --help", "--version"})
    void helpNeedsNoJavaAndIsTheSame(String arguments) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertThat(Help.print(
                        arguments.split(" "), Commands.plain(), new PrintStream(printed, true, StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(run(SCORE, arguments))
                .isEqualTo(printed.toString(StandardCharsets.UTF_8).strip())
                .isNotEqualTo("1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list --json --help", "help", "nosuch --help", "../list --help", "list"})
    void whatIsNotHelpAloneIsTheProgramsToAnswer(String arguments) throws Exception {
        assertThat(run(SCORE, arguments)).isEqualTo("1000");
    }

    private String run(String says, String arguments) throws IOException, InterruptedException {
        Path java = folder.resolve("java");
        Files.writeString(java, "#!/bin/sh\n" + says + "\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        ProcessBuilder program = new ProcessBuilder(Stream.concat(
                        Stream.of("sh", "docker/sidecar"),
                        arguments == null ? Stream.of() : List.of(arguments.split(" ")).stream())
                .toList());
        program.environment().put("PATH", folder + ":" + System.getenv("PATH"));
        for (String options : List.of("SIDECAR_JVM", "COMMAND_JVM", "GATEWAY_JVM")) {
            program.environment().put(options, "");
        }
        program.environment().put("HELP_TEXTS", help.toString());
        Process started = program.redirectErrorStream(true).start();
        String score = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(started.waitFor()).as(score).isZero();
        return score.strip();
    }
}
