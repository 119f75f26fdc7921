package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminCredentialsTest {

    @TempDir
    Path directory;

    @Test
    void aCommandReadsWhatTheServerGenerated() {
        Secret generated = Credentials.from(properties(null)).adminPassword();

        assertThat(Credentials.readAdminPassword(properties(null))).isEqualTo(generated);
        assertThat(Credentials.from(properties(null)).adminPassword())
                .as("at the next start")
                .isEqualTo(generated);
    }

    @Test
    void aCommandGeneratesNothingAndSaysWhatIsMissing() {
        assertThatThrownBy(() -> Credentials.readAdminPassword(properties(null)))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.access.directory")
                .hasMessageContaining("sidecar.access.admin-password");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aGivenPasswordIsUsedAsItIs() {
        assertThat(Credentials.readAdminPassword(properties(Secret.of("given"))).reveal())
                .isEqualTo("given");
        assertThat(Credentials.from(properties(Secret.of("given")))
                        .adminPassword()
                        .reveal())
                .isEqualTo("given");
        assertThat(directory.resolve("admin-password")).doesNotExist();
    }

    @Test
    void aDirectoryThatCannotBeUsedStopsTheStart() throws Exception {
        Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> Credentials.from(new AccessProperties(
                        null,
                        null,
                        null,
                        null,
                        directory.resolve("file/below"),
                        directory.resolve("tokens.json"),
                        Duration.ofHours(12),
                        5,
                        Duration.ofMinutes(5),
                        List.of(),
                        List.of())))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.access.directory");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 101})
    void aLimitThatIsNoneStopsTheStart(int maxFailures) {
        assertThatThrownBy(() -> new AccessProperties(
                        null,
                        null,
                        null,
                        null,
                        directory,
                        directory.resolve("t"),
                        Duration.ofHours(12),
                        maxFailures,
                        Duration.ofMinutes(5),
                        List.of(),
                        List.of()))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.access.max-failures is '" + maxFailures + "'");
        assertThatThrownBy(() -> new AccessProperties(
                        null,
                        null,
                        null,
                        null,
                        directory,
                        directory.resolve("t"),
                        Duration.ofHours(12),
                        5,
                        Duration.ZERO,
                        List.of(),
                        List.of()))
                .hasMessageContaining("sidecar.access.locked-for");
    }

    private AccessProperties properties(Secret password) {
        return new AccessProperties(
                password,
                null,
                null,
                null,
                directory,
                directory.resolve("tokens.json"),
                Duration.ofHours(12),
                5,
                Duration.ofMinutes(5),
                List.of(),
                List.of());
    }
}
