package dev.sidecar.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.settings.InvalidSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretTest {

    @TempDir
    Path folder;

    record Settings(String user, Secret password) {}

    @Test
    void cannotPrintItself() {
        Secret secret = Secret.of("hunter2");

        assertThat(secret).hasToString("***");
        assertThat(new Settings("me", secret).toString())
                .doesNotContain("hunter2")
                .contains("***");
        assertThat(secret.reveal()).isEqualTo("hunter2");
    }

    @Test
    void knowsItsValueWhenPresented() {
        assertThat(Secret.of("hunter2").matches("hunter2")).isTrue();
        assertThat(Secret.of("hunter2").matches("hunter")).isFalse();
        assertThat(Secret.of("a")).isEqualTo(Secret.of("a")).isNotEqualTo(Secret.of("b"));
    }

    @Test
    void refusesToBeEmpty() {
        assertThatThrownBy(() -> Secret.of(" ")).hasMessageContaining("must not be empty");
    }

    @Test
    void isReadFromTheFileWithoutItsLineEnd() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), "hunter2\n");

        assertThat(SecretFiles.read(Map.of("SIDECAR_ALERTS_TOKEN_FILE", file.toString(), "OTHER_FILE", "/nowhere")))
                .containsExactly(Map.entry("SIDECAR_ALERTS_TOKEN", "hunter2"));
    }

    @Test
    void aFileThatIsMissingOrEmptyStopsTheStartByTheNameOfItsVariable() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty"), "\n");

        assertThatThrownBy(() -> SecretFiles.read(Map.of("SIDECAR_X_FILE", "/nowhere/at/all")))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("SIDECAR_X_FILE is '/nowhere/at/all', but it must name a file that exists.");
        assertThatThrownBy(() -> SecretFiles.read(Map.of("SIDECAR_X_FILE", empty.toString())))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("not empty");
    }

    @Test
    void aValueAndAFileForTheSameSettingAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), "hunter2");

        assertThatThrownBy(() -> SecretFiles.read(Map.of("SIDECAR_X_FILE", file.toString(), "SIDECAR_X", "other")))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("only one of the two")
                .hasMessageNotContaining("other");
    }
}
