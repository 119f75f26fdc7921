package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks the recipe of CONTRIBUTING.md, "A receiver", for each channel that there is: whoever forgets a file is told here. */
class ChannelRecipeTest {

    static Stream<Map.Entry<String, String>> channels() {
        return Channels.SECRETS.entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("channels")
    void aChannelIsInEveryFileOfItsRecipe(Map.Entry<String, String> channel) throws IOException {
        SecretFile secret = StackSecrets.ALL.stream()
                .filter(one -> one.copies().contains("alertmanager/" + channel.getValue()))
                .findFirst()
                .orElseThrow();

        assertThat(secret.offWhenEmpty()).isTrue();
        assertThat(read("secrets/README.md")).contains("| `" + secret.name() + "` |");
        assertThat(read("docs/alerting.md"))
                .containsPattern("(?m)^\\| [^|]+ \\| [^|]+ \\| `" + secret.name() + "` \\|");
        String configuration = read("alertmanager/alertmanager.yml");
        assertThat(configuration).contains("/" + channel.getValue() + "'");
        List<String> receivers = Pattern.compile("(?m)^  - name: ")
                .splitAsStream(configuration)
                .skip(1)
                .filter(receiver ->
                        receiver.startsWith("default") || receiver.matches("(?s)(\\w+-critical|without-.*)\n.*"))
                .toList();
        assertThat(receivers).hasSizeGreaterThan(10);
        long without = receivers.stream()
                .filter(receiver -> !receiver.contains("# if " + channel.getKey() + "\n"))
                .peek(receiver -> assertThat(receiver).startsWith("without-"))
                .count();
        assertThat(without)
                .as("receivers without it: the one that tells of its failure")
                .isEqualTo(1);
    }

    /** A setting that a channel needs reaches preflight, and is found by whoever reads the list of settings. */
    @ParameterizedTest
    @MethodSource("channels")
    void whatElseItNeedsIsASettingOfTheStack(Map.Entry<String, String> channel) throws IOException {
        String configuration = read("alertmanager/alertmanager.yml");
        Matcher block =
                Pattern.compile("(?s)# if " + channel.getKey() + "\n(.*?)# end").matcher(configuration);
        assertThat(block.find()).isTrue();
        Matcher setting = Pattern.compile("\\$\\{([A-Z_]+)").matcher(block.group(1));
        while (setting.find()) {
            if (!setting.group(1).equals("ALERTMANAGER_SECRETS")) {
                assertThat(read("docker-compose.staging.yml")).contains(setting.group(1) + ": ${" + setting.group(1));
                assertThat(read("docs/alerting.md")).contains("`" + setting.group(1) + "`");
            }
        }
    }

    private static String read(String file) throws IOException {
        return Files.readString(Path.of(file));
    }
}
