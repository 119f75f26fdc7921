package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.SidecarJvm;
import dev.sidecar.support.UnixUser;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator reads why the server cannot start. These are real processes, since the exit code is part of it. */
class RefusedStartTest {

    @TempDir
    private Path folder;

    @Test
    void aWrongSettingIsNamedWithItsValueAndWhatItMustBe() {
        assertThat(outputOfAStart(Map.of("SIDECAR_STACK", "no good!")))
                .contains(
                        "Setting sidecar.stack is 'no good!'.",
                        "It must be 1 to 63 letters",
                        "environment: SIDECAR_STACK")
                .doesNotContain("\tat ", "BeanCreationException");
    }

    @Test
    void anUpstreamThatIsNoAddressIsRefused() {
        for (String upstream : List.of("api:8081", "http://")) {
            assertThat(outputOfAStart(Map.of("SIDECAR_GATEWAY_UPSTREAM", upstream)))
                    .as(upstream)
                    .contains("Setting sidecar.gateway.upstream is '%s'.".formatted(upstream), "It must ")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void aSecretsFileThatIsNotThereIsNamedAndTheSecretNeverIs() throws Exception {
        Path empty = Files.createFile(folder.resolve("empty"));

        assertThat(outputOfAStart(Map.of("SIDECAR_ACCESS_ADMINPASSWORD_FILE", folder + "/none")))
                .contains("SIDECAR_ACCESS_ADMINPASSWORD_FILE", "none", "name a file that exists");
        assertThat(outputOfAStart(Map.of("SIDECAR_ACCESS_ADMINPASSWORD_FILE", empty.toString())))
                .contains("name a file that is not empty");
    }

    @Test
    void aTakenPortIsOneClearSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());

            assertThat(outputOfAStart(Map.of("SERVER_PORT", port)))
                    .contains("Port %s was already in use.".formatted(port))
                    .doesNotContain("\tat ");
            assertThat(outputOfAStart(
                            Map.of("SIDECAR_GATEWAY_PORT", port, "SIDECAR_GATEWAY_UPSTREAM", "http://127.0.0.1:9")))
                    .contains(port)
                    .doesNotContain("\tat ");
        }
    }

    private String outputOfAStart(Map<String, String> settings) {
        Map<String, String> environment =
                new HashMap<>(Map.of("SERVER_PORT", "0", "SIDECAR_ACCESS_DIRECTORY", folder + "/access"));
        environment.putAll(settings);
        ChildProcess server = ChildProcess.start(
                "the server", UnixUser.same(), environment, line -> {}, SidecarJvm.command(SidecarApplication.class));
        assertThat(server.waitFor(Duration.ofMinutes(2))).isEqualTo(1);
        return server.lastLines();
    }
}
