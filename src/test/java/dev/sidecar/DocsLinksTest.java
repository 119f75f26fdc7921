package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
        return LINK.matcher(Files.readString(page))
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.contains("://"))
                .map(link -> link.replaceFirst("#.*", ""))
                .filter(link -> !link.isEmpty());
    }
}
