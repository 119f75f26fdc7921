package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import dev.sidecar.support.StackImage;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** The versions of images are written once, in the compose file; whoever needs one reads it there. */
class VersionsTest {

    private static final Path ROOT = Path.of("");
    private static final String COMPOSE_FILE = "docker-compose.staging.yml";
    private static final Set<String> NOT_OURS = Set.of(".git", ".cache", "target", ".idea", ".vscode");
    private static final Pattern ARGUMENT = Pattern.compile("(?m)^ARG (\\w+_IMAGE)=(\\S+)$");

    /** Of every image its name and a version of two numbers or more: {@code nginx:8443} is an address. */
    private static final Pattern VERSION = Pattern.compile(StackImage.all().values().stream()
            .map(image -> Pattern.quote(image.substring(0, image.indexOf(':'))))
            .collect(Collectors.joining("|", "(?<![\\w./-])(?:", "):v?\\d+\\.\\d[\\w.-]*")));

    @Test
    void everyImageOfTheStackHasItsVersionInTheComposeFile() throws IOException {
        String compose = Files.readString(Path.of(COMPOSE_FILE));

        assertThat(StackImage.all())
                .hasSizeGreaterThan(10)
                .allSatisfy((name, image) -> assertThat(image).matches("[a-z0-9/_-]+:v?\\d+(\\.\\d+)+[a-z-]*"));
        assertThat(compose.lines().map(String::strip).filter(line -> line.startsWith("image:")))
                .as("no service names a version by itself")
                .isNotEmpty()
                .allMatch(line -> line.matches("image: (\\*image-[a-z-]+|.*:\\$\\{SIDECAR_VERSION:-local})"));
    }

    /** Of several that build one the last wins its name, by chance, and all are replaced by a build that changes nothing. */
    @Test
    void everyImageOfOursIsBuiltByOneServiceAndPulledByNone() throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(500);
        Map<String, Map<String, Map<String, Object>>> compose =
                new Yaml(options).load(Files.readString(Path.of(COMPOSE_FILE)));
        Map<Object, List<String>> ours = compose.get("services").values().stream()
                .filter(service -> String.valueOf(service.get("image")).contains("SIDECAR_VERSION"))
                .collect(Collectors.groupingBy(
                        service -> service.get("image"),
                        Collectors.mapping(
                                service -> service.containsKey("build")
                                        ? "built"
                                        : String.valueOf(service.get("pull_policy")),
                                Collectors.toList())));

        assertThat(ours)
                .hasSize(3)
                .allSatisfy((image, services) -> assertThat(services)
                        .as("%s", image)
                        .containsOnlyOnce("built")
                        .isSubsetOf("built", "never"));
    }

    @Test
    void noOtherFileRepeatsOne() throws IOException {
        Map<String, List<String>> repeated = new TreeMap<>();
        for (Path file : files()) {
            List<String> found = VERSION.matcher(text(file))
                    .results()
                    .map(MatchResult::group)
                    .toList();
            if (!found.isEmpty()) {
                repeated.put(file.toString(), found);
            }
        }
        repeated.remove(COMPOSE_FILE);
        // For another machine, which gets that file alone; SatelliteFilesTest compares.
        repeated.remove("docker-compose.satellite.yml");

        String postgres = StackImage.of("postgres");
        assertThat(repeated)
                .as("read it from " + COMPOSE_FILE)
                .isEqualTo(Map.of("Dockerfile", List.of(postgres), "postgres/Dockerfile", List.of(postgres)));
    }

    @Test
    void theDockerfilesAgree() throws IOException {
        Map<String, Set<String>> arguments = new TreeMap<>();
        for (String file : List.of("Dockerfile", "postgres/Dockerfile", "sample-api/Dockerfile")) {
            ARGUMENT.matcher(Files.readString(Path.of(file)))
                    .results()
                    .forEach(argument -> arguments
                            .computeIfAbsent(argument.group(1), name -> new TreeSet<>())
                            .add(argument.group(2)));
        }

        assertThat(arguments).containsOnlyKeys("POSTGRES_IMAGE", "BUILD_IMAGE", "JRE_IMAGE");
        assertThat(arguments).allSatisfy((name, images) -> assertThat(images).hasSize(1));
    }

    /** Tests run against what Debian has; that they are not the stack's versions is said, not hidden. */
    @Test
    void whereTestsRunAnotherVersionTheScriptSaysSo() {
        Map<String, String> programs = Map.of(
                "prometheus", "prometheus",
                "alertmanager", "alertmanager",
                "node_exporter", "node-exporter",
                "blackbox_exporter", "blackbox-exporter",
                "postgres_exporter", "postgres-exporter",
                "nginx-prometheus-exporter", "nginx-exporter",
                "redis_exporter", "redis-exporter");
        Path here = Path.of("").toAbsolutePath();

        String said =
                Programs.run(here, "sh", List.of(".ci/programs", "--differing")).output();

        programs.forEach((program, name) -> {
            String has =
                    number(Programs.run(here, program, List.of("--version")).output());
            String pinned = number(StackImage.of(name));
            if (has.equals(pinned)) {
                assertThat(said).doesNotContain(program + " ");
            } else {
                assertThat(said).contains("%s %s (%s)".formatted(program, has, pinned));
            }
        });
    }

    private static String number(String text) {
        return Pattern.compile("\\d+\\.\\d+\\.\\d+")
                .matcher(text)
                .results()
                .findFirst()
                .orElseThrow()
                .group();
    }

    private static List<Path> files() throws IOException {
        List<Path> found = new ArrayList<>();
        collect(ROOT, found);
        return found;
    }

    private static void collect(Path folder, List<Path> found) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                if (Files.isDirectory(entry)
                        && !NOT_OURS.contains(entry.getFileName().toString())) {
                    collect(entry, found);
                } else if (Files.isRegularFile(entry)) {
                    found.add(entry);
                }
            }
        }
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            return ""; // a picture
        }
    }
}
