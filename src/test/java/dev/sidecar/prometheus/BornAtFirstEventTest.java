package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The stack's sidecar forgives the absence of exactly those metrics that the contracts say are born late. */
class BornAtFirstEventTest {

    private static final String SETTING = "SIDECAR_RULES_BORNATFIRSTEVENT: ";

    @Test
    void theComposeFilePassesOnTheContractsList() throws IOException {
        List<String> contract = Files.readAllLines(Path.of("prometheus/contracts/born-at-first-event.txt")).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();

        List<String> passed = Files.readAllLines(Path.of("docker-compose.staging.yml")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith(SETTING))
                .flatMap(line -> Arrays.stream(line.substring(SETTING.length()).split(",")))
                .toList();

        assertThat(contract).isNotEmpty();
        assertThat(passed).containsExactlyElementsOf(contract);
    }
}
