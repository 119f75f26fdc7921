package dev.sidecar.panels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds every dashboard to what it has to say and be, whatever it shows. */
class DashboardsTest {

    private static final Set<String> PANELS =
            Set.of("timeseries", "stat", "gauge", "bargauge", "state-timeline", "heatmap", "table", "logs");
    private static final Set<String> FIGURES = Set.of("stat", "gauge", "bargauge");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?!__)\\{?(\\w+)");
    private static final Pattern FIXED_WINDOW = Pattern.compile("\\b(rate|increase|irate)\\([^()\\[]*\\[(?!\\$__)");

    static Stream<DashboardFile> files() {
        return DashboardFile.all().stream();
    }

    @Test
    void theFilesAreWhatTheSourceSays() {
        for (Dashboard dashboard : Dashboards.all()) {
            assertThat(Dashboards.file(dashboard))
                    .as("./regenerate dashboards writes them")
                    .hasContent(dashboard.toJson());
        }
        assertThat(DashboardFile.all()).hasSize(Dashboards.all().size());
    }

    @Test
    void noTwoHaveTheSameUidOrTitle() {
        assertThat(files().map(file -> file.json().path("uid").asString())).doesNotHaveDuplicates();
        assertThat(files().map(file -> file.json().path("title").asString())).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("files")
    void itIsAFinishedPage(DashboardFile file) {
        JsonNode json = file.json();

        assertThat(json.path("uid").asString() + ".json").isEqualTo(file.name());
        assertThat(json.path("description").asString()).endsWith("?");
        assertThat(json.path("schemaVersion").asInt()).isEqualTo(42);
        assertThat(json.path("editable").asBoolean(true)).isFalse();
        assertThat(json.path("refresh").asString()).isEqualTo("30s");
        assertThat(json.path("time").path("from").asString()).isEqualTo("now-6h");
        assertThat(json.path("annotations").path("list").size()).isEqualTo(2);
        assertThat(json.path("links").size()).isEqualTo(1);
        assertThat(file.text())
                .as("inputs that only an import by hand would ask for")
                .doesNotContain("${DS_", "__inputs");
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyPanelSaysWhatItShows(DashboardFile file) throws IOException {
        Set<String> provisioned = provisioned();

        assertThat(file.panels()).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.path("type").asString()).isIn(PANELS);
            assertThat(panel.path("title").asString()).isNotBlank();
            assertThat(panel.path("description").asString())
                    .as(panel.path("title").asString())
                    .hasSizeGreaterThan(10);
            assertThat(panel.path("fieldConfig").path("defaults").path("unit").asString(""))
                    .isNotEmpty();
            assertThat(panel.path("datasource").path("uid").asString()).isIn(provisioned);
            assertThat(DashboardFile.list(panel.path("targets")))
                    .isNotEmpty()
                    .allSatisfy(target -> assertThat(target.path("datasource")).isEqualTo(panel.path("datasource")));
        });
        assertThat(file.panels().stream().map(panel -> panel.path("title").asString()))
                .doesNotHaveDuplicates();
    }

    /** Grafana gives a missing figure the lowest threshold's colour, and one without thresholds is red from 80 on. */
    @ParameterizedTest
    @MethodSource("files")
    void aFigureHasTheColourOfWhatItMeans(DashboardFile file) {
        assertThat(file.panels())
                .filteredOn(panel -> FIGURES.contains(panel.path("type").asString()))
                .allSatisfy(panel -> {
                    String title = panel.path("title").asString();
                    JsonNode defaults = panel.path("fieldConfig").path("defaults");
                    assertThat(DashboardFile.list(defaults.path("mappings")))
                            .as("%s: what it means that there is none", title)
                            .anySatisfy(mapping -> {
                                assertThat(mapping.at("/options/match").asString(""))
                                        .isEqualTo("null+nan");
                                assertThat(mapping.at("/options/result/color").asString())
                                        .isNotEqualTo("green");
                            });
                    assertThat(defaults.has("thresholds")
                                    || defaults.at("/color/mode").asString("").equals("fixed")
                                    || DashboardFile.list(defaults.path("mappings"))
                                            .anyMatch(mapping -> mapping.path("type")
                                                    .asString()
                                                    .equals("value")))
                            .as("%s: its colours", title)
                            .isTrue();
                });
        assertThat(file.queries().map(DashboardFile.Query::raw))
                .as("none of nothing is not none: sum(… == bool 0)")
                .noneMatch(query -> query.matches("(?s).*== 0\\)+ or (on\\(\\) )?vector\\(0\\).*"));
    }

    /** Without a top of its own, the axis of a panel that has only zeros goes up to 100: to 10,000 %. */
    @ParameterizedTest
    @MethodSource("files")
    void aShareIsDrawnUpToHundredPercentAtMost(DashboardFile file) {
        assertThat(file.panels())
                .filteredOn(panel ->
                        panel.at("/fieldConfig/defaults/unit").asString("").equals("percentunit"))
                .filteredOn(panel -> !panel.path("type").asString().equals("stat"))
                .allSatisfy(panel -> {
                    JsonNode defaults = panel.at("/fieldConfig/defaults");
                    double top = defaults.path("max")
                            .asDouble(defaults.at("/custom/axisSoftMax").asDouble(100));
                    assertThat(top).as(panel.path("title").asString()).isLessThanOrEqualTo(1);
                });
    }

    /** The table has room for two rows under a panel of the usual height; Grafana cuts the third. */
    @ParameterizedTest
    @MethodSource("files")
    void noLegendIsCut(DashboardFile file) {
        assertThat(file.panels())
                .filteredOn(panel ->
                        panel.at("/options/legend/displayMode").asString("").equals("table"))
                .allSatisfy(panel -> {
                    assertThat(panel.path("targets").size())
                            .as(panel.path("title").asString())
                            .isLessThanOrEqualTo(2);
                    assertThat(DashboardFile.list(panel.path("targets"))
                                    .map(target -> target.path("legendFormat").asString("")))
                            .as(
                                    "%s: one query, many series",
                                    panel.path("title").asString())
                            .noneMatch(legend -> legend.contains("{{"));
                });
    }

    @Test
    void theFirstPageBeginsWithWhatUsersNotice() {
        List<JsonNode> panels = DashboardFile.all().stream()
                .filter(file -> file.name().equals("overview.json"))
                .findFirst()
                .orElseThrow()
                .panels();

        assertThat(panels)
                .extracting(panel -> panel.path("title").asString())
                .startsWith(
                        "Requests",
                        "Errors",
                        "P95 of the answer time",
                        "Active connections",
                        "Cache hits",
                        "Recent errors");
        assertThat(panels.subList(0, 6))
                .extracting(panel -> panel.path("type").asString())
                .containsExactly("timeseries", "gauge", "timeseries", "timeseries", "gauge", "logs");
        assertThat(panels.get(0).at("/targets/0/expr").asString()).contains("rate5m");
        assertThat(panels.get(2).at("/targets/0/exemplar").asBoolean()).isTrue();
    }

    /** A dot in the picture of latencies leads to the lines of its request: the trace is the id that both have. */
    @Test
    void theWayFromAnExemplarToItsLinesIsAQueryThatLokiReads() throws IOException {
        String link = Files.readAllLines(Path.of("grafana/provisioning/datasources/datasources.yml")).stream()
                .map(String::strip)
                .dropWhile(line -> !line.equals("exemplarTraceIdDestinations:"))
                .filter(line -> line.startsWith("url: "))
                .findFirst()
                .orElseThrow()
                .substring("url: ".length())
                .replace("$${__value.raw}", "0af7651916cd43dd8448eb211c80319c");
        JsonNode pane = new JsonMapper()
                .readTree(URLDecoder.decode(
                        link.substring(link.indexOf("panes=") + "panes=".length()), StandardCharsets.UTF_8));
        String query = pane.at("/r/queries/0/expr").asString();

        assertThat(query).contains("|= `0af7651916cd43dd8448eb211c80319c`");
        assertThat(LogQl.read(query).fields()).containsExactly("trace_id");
        assertThat(files().flatMap(file -> file.panels().stream())
                        .filter(panel -> panel.at("/targets/0/exemplar").asBoolean(false))
                        .map(panel -> panel.path("title").asString()))
                .containsExactlyInAnyOrder("P95 of the answer time", "Answer time");
    }

    @ParameterizedTest
    @MethodSource("files")
    void noPanelLiesOnAnother(DashboardFile file) {
        boolean[][] taken = new boolean[200][24];
        Set<Integer> ids =
                file.panels().stream().map(panel -> panel.path("id").asInt()).collect(Collectors.toSet());

        for (JsonNode panel : file.json().path("panels")) {
            JsonNode place = panel.path("gridPos");
            for (int y = place.path("y").asInt();
                    y < place.path("y").asInt() + place.path("h").asInt();
                    y++) {
                for (int x = place.path("x").asInt();
                        x < place.path("x").asInt() + place.path("w").asInt();
                        x++) {
                    assertThat(taken[y][x]).as(panel.path("title").asString()).isFalse();
                    taken[y][x] = true;
                }
            }
        }
        assertThat(ids).hasSameSizeAs(file.panels());
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyVariableIsThereAndItsAllMatchesSomething(DashboardFile file) {
        List<JsonNode> variables =
                DashboardFile.list(file.json().path("templating").path("list")).toList();
        Set<String> names = variables.stream()
                .map(variable -> variable.path("name").asString())
                .collect(Collectors.toSet());

        assertThat(variables)
                .filteredOn(variable -> variable.path("type").asString().equals("query"))
                .allSatisfy(variable -> assertThat(variable.path("allValue").asString())
                        .as("Loki refuses .*")
                        .isEqualTo(".+"));
        assertThat(file.queries())
                .allSatisfy(query -> assertThat(
                                VARIABLE.matcher(query.raw()).results().map(found -> found.group(1)))
                        .isSubsetOf(names));
        assertThat(file.queries())
                .as("every query heeds the choice of stack and host")
                .allSatisfy(query -> assertThat(query.raw()).contains("stack=~\"$stack\",host=~\"$host\""));
    }

    /** A window shorter than four scrapes has no rate, and then the panel is empty. */
    @ParameterizedTest
    @MethodSource("files")
    void ratesAreOverTheWindowThatGrafanaChooses(DashboardFile file) {
        assertThat(file.queries().filter(query -> query.dataSource().equals("prometheus")))
                .allSatisfy(query -> {
                    assertThat(FIXED_WINDOW.matcher(query.raw()).find())
                            .as(query.toString())
                            .isFalse();
                    if (query.raw().contains("histogram_quantile")) {
                        assertThat(query.raw())
                                .containsPattern(
                                        "histogram_quantile\\([\\d.]+, sum by \\([^)]*le\\) \\((rate|increase)\\(");
                    }
                });
    }

    /** With a fixed window, the columns of a day stand for one minute each, and the lines between them are not counted. */
    @ParameterizedTest
    @MethodSource("files")
    void linesAreCountedOverTheWholeOfAColumn(DashboardFile file) {
        assertThat(file.queries().filter(query -> query.dataSource().equals("loki")))
                .allSatisfy(query -> assertThat(query.raw()).doesNotContainPattern("\\[(?!\\$__)"));
    }

    @Test
    void theWayFromAPanelToItsLinesIsAQueryThatLokiReads() {
        List<String> links = files().flatMap(file -> file.panels().stream())
                .flatMap(panel -> DashboardFile.list(
                        panel.path("fieldConfig").path("defaults").path("links")))
                .map(link -> link.path("url").asString())
                .toList();

        assertThat(links).isNotEmpty().allSatisfy(link -> {
            String panes = link.substring(link.indexOf("panes=") + "panes=".length());
            JsonNode pane = new JsonMapper()
                    .readTree(URLDecoder.decode(panes.replaceAll("\\$\\{[^}]*}", "x"), StandardCharsets.UTF_8));
            assertThat(LogQl.read(pane.at("/logs/queries/0/expr").asString()).labels())
                    .containsExactly("service");
            assertThat(pane.at("/logs/range/from").asString()).isNotEmpty();
        });
    }

    /** Of links to the data source itself Explore opens without a query. */
    @Test
    void theWayFromALineToItsRequestIsAQueryThatLokiReads() throws IOException {
        List<String> links = Files.readAllLines(Path.of("grafana/provisioning/datasources/datasources.yml")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("url: ") && line.contains("__value.raw") && !line.contains("trace_id"))
                .map(line -> line.substring("url: ".length()).replace("$${__value.raw}", "an-id"))
                .toList();

        assertThat(links)
                .hasSize(2)
                .anySatisfy(link -> assertThat(link).startsWith("/d/logs?var-request_id=an-id&"))
                .anySatisfy(link -> {
                    JsonNode pane = new JsonMapper()
                            .readTree(URLDecoder.decode(
                                    link.substring(link.indexOf("panes=") + "panes=".length()),
                                    StandardCharsets.UTF_8));
                    String query = pane.at("/r/queries/0/expr").asString();
                    assertThat(query).contains("|= `an-id`");
                    assertThat(LogQl.read(query).fields()).containsExactly("request_id");
                });
        assertThat(Files.readString(Path.of("grafana/provisioning/datasources/datasources.yml")))
                .doesNotContain("datasourceUid: loki");
    }

    @SuppressWarnings("unchecked")
    private static Set<String> provisioned() throws IOException {
        java.util.Map<String, Object> file =
                new Yaml().load(Files.readString(Path.of("grafana", "provisioning", "datasources", "datasources.yml")));
        return ((List<java.util.Map<String, Object>>) file.get("datasources"))
                .stream().map(source -> (String) source.get("uid")).collect(Collectors.toSet());
    }
}
