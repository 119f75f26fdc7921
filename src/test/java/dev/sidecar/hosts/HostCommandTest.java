package dev.sidecar.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.commands.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class HostCommandTest {

    private static final Pattern TOKEN = Pattern.compile("(?m)^SATELLITE_TOKEN=([A-Za-z0-9_-]{43})$");

    @TempDir
    private Path folder;

    @BeforeEach
    void settings() {
        System.setProperty(
                "sidecar.hosts.list", folder.resolve("list/hosts.json").toString());
        System.setProperty("sidecar.hosts.push-url", "https://staging.our-team.net/");
        System.setProperty("sidecar.host", "centre");
    }

    @AfterEach
    void forget() {
        System.clearProperty("sidecar.hosts.list");
        System.clearProperty("sidecar.hosts.push-url");
        System.clearProperty("sidecar.host");
    }

    private static int run(String... arguments) {
        return Commands.run(SidecarApplication.class, arguments);
    }

    @Test
    void aHostIsAddedListedRevokedAndAddedAgain(CapturedOutput output) throws IOException {
        assertThat(run("host")).isZero();
        assertThat(output.getOut()).contains("No other host was added.");

        assertThat(run("host", "add", "web-2")).isZero();
        Matcher token = TOKEN.matcher(output.getOut());
        assertThat(token.find()).isTrue();
        assertThat(output.getOut()).contains("\nCENTRE_URL=https://staging.our-team.net\n", "\nSATELLITE_NAME=web-2\n");
        Path list = folder.resolve("list/hosts.json");
        assertThat(Files.readString(list)).contains("web-2").doesNotContain(token.group(1));
        assertThat(Files.getPosixFilePermissions(list)).hasSize(4);

        assertThat(run("host", "list")).isZero();
        assertThat(output.getOut()).containsPattern("web-2 +added 20\\S+Z\\R");
        assertThat(run("host", "revoke", "web-2")).isZero();
        assertThat(run("host", "list")).isZero();
        assertThat(output.getOut()).containsPattern("web-2 +added 20\\S+Z, revoked 20\\S+Z\\R");
        assertThat(run("host", "add", "web-2")).isZero();
        assertThat(TOKEN.matcher(output.getOut()).results().map(found -> found.group(1)))
                .as("another token")
                .hasSize(2)
                .doesNotHaveDuplicates();
    }

    @Test
    void aNameThatIsDoubledOursOrNoneIsRefused(CapturedOutput output) throws IOException {
        assertThat(run("host", "add", "web-2")).isZero();
        String before = Files.readString(folder.resolve("list/hosts.json"));

        assertThat(run("host", "add", "web-2")).isEqualTo(2);
        assertThat(output.getErr()).contains("web-2 exists already.");
        assertThat(run("host", "add", "centre")).isEqualTo(2);
        assertThat(output.getErr()).contains("centre is this stack's own host");
        assertThat(run("host", "add", "web 2\"}")).isEqualTo(2);
        assertThat(run("host", "revoke", "web-3")).isEqualTo(2);
        assertThat(output.getErr()).contains("There is no host 'web-3' with a token.");
        assertThat(Files.readString(folder.resolve("list/hosts.json"))).isEqualTo(before);

        Files.writeString(folder.resolve("list/hosts.json"), "{");
        assertThat(run("host", "list")).isEqualTo(1);
        assertThat(run("host", "add", "web-4")).isEqualTo(1);
        assertThat(Files.readString(folder.resolve("list/hosts.json"))).isEqualTo("{");
    }
}
