package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A reader who follows the documentation arrives: the README is short, no link is dead, no page is missing from the index. */
class DocsLinksTest {

    private static final Path README = Path.of("README.md");
    private static final Path DOCS = Path.of("docs");
    private static final Pattern DASHBOARD =
            Pattern.compile("[Dd]ashboard ([A-Z][A-Za-z ]*?)(?=[,:;.)]| means| over| by|$)");
    private static final Pattern PANEL = Pattern.compile("panels? ([A-Z][A-Za-z0-9 ']*?)(?= and (?=[A-Z])|[:;.,)]|$)");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");
    private static final Pattern FENCE = Pattern.compile("(?ms)^ *```.*?^ *```");
    /** How programs, scripts and pages without links name a section: {@code docs/stack.md, "Upgrading an image"}. */
    private static final Pattern NAMED = Pattern.compile("(docs/[a-z-]+\\.md)(?:, \\\\?\"([^\"\\\\]+)\\\\?\")?");

    @Test
    void theReadmeIsReadInOneGo() throws IOException {
        assertThat(Files.readAllLines(README)).hasSizeLessThanOrEqualTo(200);
    }

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        for (Path page : pages()) {
            assertThat(links(page))
                    .as("links of %s", page)
                    .allSatisfy(link -> assertThat(page.resolveSibling(link)).exists());
        }
    }

    @Test
    void everyLinkToASectionLeadsToAHeading() throws IOException {
        int sections = 0;
        for (Path page : pages()) {
            for (String link :
                    targets(page).filter(target -> target.contains("#")).toList()) {
                String[] parts = link.split("#", 2);
                Path linked = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
                assertThat(slugs(linked))
                        .as("sections of %s, linked in %s", linked, page)
                        .contains(parts[1]);
                sections++;
            }
        }
        assertThat(sections).isGreaterThan(20);
    }

    @Test
    void everyPageAndSectionNamedOutsideOfLinksIsThere() throws IOException {
        int sections = 0;
        for (Path file : namingFiles()) {
            for (MatchResult named :
                    NAMED.matcher(Files.readString(file)).results().toList()) {
                Path page = Path.of(named.group(1));
                assertThat(page).as("named in %s", file).exists();
                if (named.group(2) != null) {
                    assertThat(headings(page))
                            .as("sections of %s, named in %s", page, file)
                            .contains(named.group(2));
                    sections++;
                }
            }
        }
        assertThat(sections).isGreaterThan(5);
    }

    /** As GitHub makes them: lower case, only letters, digits, dashes and underscores, a number for what comes again. */
    private static List<String> slugs(Path page) throws IOException {
        Map<String, Integer> seen = new HashMap<>();
        return headings(page).stream()
                .map(heading -> heading.replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}\\p{M}_ -]", "")
                        .replace(' ', '-'))
                .map(slug -> {
                    int before = seen.merge(slug, 1, Integer::sum) - 1;
                    return before == 0 ? slug : slug + "-" + before;
                })
                .toList();
    }

    private static List<String> headings(Path page) throws IOException {
        return HEADING.matcher(FENCE.matcher(Files.readString(page)).replaceAll(""))
                .results()
                .map(heading -> heading.group(1))
                .toList();
    }

    /** Finds all that a person reads beside the pages: messages, configuration, scripts. */
    private static List<Path> namingFiles() throws IOException {
        List<Path> found = new ArrayList<>(pages());
        for (String folder : List.of(
                "src/main", "src/demo", "postgres", "prometheus/rules", "alertmanager", "alloy", "nginx", "backup")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(Files::isRegularFile)
                        .filter(file ->
                                file.toString().matches(".*\\.(java|ya?ml|sh|sql|html|tmpl|alloy|conf|properties)"))
                        .forEach(found::add);
            }
        }
        Stream.of(
                        "docker-compose.staging.yml",
                        "docker-compose.satellite.yml",
                        ".env.example",
                        ".env.backup",
                        "Dockerfile")
                .map(Path::of)
                .forEach(found::add);
        return found;
    }

    @Test
    void theIndexNamesEveryPage() throws IOException {
        Set<String> indexed = links(DOCS.resolve("README.md")).collect(Collectors.toSet());
        try (Stream<Path> pages = Files.list(DOCS)) {
            assertThat(pages.map(page -> page.getFileName().toString())
                            .filter(name -> name.endsWith(".md") && !name.equals("README.md")))
                    .isNotEmpty()
                    .isSubsetOf(indexed);
        }
    }

    @Test
    void aRunbookNamesPagesAndPanelsThatGrafanaHas() throws IOException {
        Set<String> pages = new HashSet<>();
        Set<String> panels = new HashSet<>();
        for (Path file : files(Path.of("grafana/dashboards"), ".json")) {
            JsonNode dashboard = JsonMapper.shared().readTree(file.toFile());
            pages.add(dashboard.path("title").asString().replaceFirst("^\\d\\d ", ""));
            dashboard.findValues("title").forEach(title -> panels.add(title.asString()));
        }

        for (Path runbook : files(DOCS.resolve("runbooks"), ".md")) {
            String text = Files.readString(runbook);
            assertThat(found(DASHBOARD, text)).as("dashboards in %s", runbook).isSubsetOf(pages);
            assertThat(found(PANEL, text)).as("panels in %s", runbook).isSubsetOf(panels);
        }
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(name -> name.group(1)).toList();
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(DOCS);
                Stream<Path> top = Files.list(Path.of(""))) {
            return Stream.concat(docs, top)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }

    private static Stream<String> links(Path page) throws IOException {
        return targets(page).map(link -> link.replaceFirst("#.*", "")).filter(link -> !link.isEmpty());
    }

    private static Stream<String> targets(Path page) throws IOException {
        return LINK.matcher(Files.readString(page))
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.contains("://"));
    }
}
