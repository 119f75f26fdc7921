package dev.sidecar.prometheus;

import static dev.sidecar.support.Docker.docker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.collector.LokiServer;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a runbook names at night is there: queries of Prometheus read what is exported, queries of Loki find a line as the stack stores
 * it, statements and Redis commands run, pages, panels and settings exist. Commands are tried by {@code DocsCommandsTest}. Loki itself
 * is not asked: its lines stand here as {@code CollectorTest} and {@code RealLokiTest} see them stored.
 */
class RunbooksTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\n(.*?)\n```$");
    private static final Pattern SQL =
            Pattern.compile("exec postgres psql -U postgres -d app -c \"([^\"]+)\"", Pattern.MULTILINE);
    private static final Pattern REDIS = Pattern.compile("redis-cli ([^']+)'");
    private static final Pattern PANELS = Pattern.compile(
            "[Dd]ashboard \\*([^*]+)\\*(?: [^,.*]*)?(?:, panels? \\*([^*]+)\\*(?: and \\*([^*]+)\\*)?)?");
    private static final Pattern PAGES = Pattern.compile("[Cc]onsole pages? \\*([^*]+)\\*(?: and \\*([^*]+)\\*)?");
    private static final Pattern SETTING = Pattern.compile("`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`");
    private static final Set<String> LABELS = Set.of("stack", "host", "service", "source", "level");

    /** A line as Loki has it: its labels, its structured metadata, its text. */
    private record Line(Map<String, String> labels, Map<String, String> metadata, String text) {

        static Line of(String service, String source, String level, Map<String, String> metadata, String text) {
            return new Line(
                    Map.of("stack", "staging", "host", "h1", "service", service, "source", source, "level", level),
                    metadata,
                    text);
        }

        static Line access(String status, String milliseconds) {
            Map<String, String> metadata = Map.of(
                    "request_id",
                    "r1",
                    "method",
                    "GET",
                    "path",
                    "/orders/7",
                    "status",
                    status,
                    "duration_ms",
                    milliseconds,
                    "upstream_service",
                    "api",
                    "client_ip",
                    "192.0.2.7");
            return of(
                    "nginx",
                    "nginx",
                    status.startsWith("5") ? "error" : status.startsWith("4") ? "warn" : "info",
                    metadata,
                    "{\"request_id\":\"r1\",\"status\":" + status + ",\"duration_ms\":" + milliseconds + "}");
        }

        static Line postgres(String level, String sqlstate, String message) {
            return of(
                    "postgres",
                    "postgres",
                    level,
                    Map.of("sqlstate", sqlstate),
                    "{\"error_severity\":\"ERROR\",\"state_code\":\"" + sqlstate + "\",\"message\":\"" + message
                            + "\"}");
        }
    }

    @TempDir
    static Path directory;

    private static PrometheusServer prometheus;

    @BeforeAll
    static void start() throws IOException {
        prometheus = PrometheusServer.idle(directory);
    }

    @AfterAll
    static void stop() {
        prometheus.close();
    }

    static Stream<Path> pages() {
        return RuleFiles.files(Path.of("docs/runbooks"), ".md").stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aQueryOfPrometheusReadsWhatIsExported(Path page) {
        Expressions expressions = new Expressions(prometheus, Contracts.read(), RuleFiles.recordings());

        blocks(page, "promql").forEach(expressions::labelsOf);

        assertThat(expressions.complaints()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aQueryOfLokiFindsALine(Path page) {
        List<Line> lines = lines();

        assertThat(blocks(page, "logql"))
                .allSatisfy(query -> assertThat(lines).as(query).anyMatch(line -> finds(query, line)));
    }

    /** So that the small reader of queries in this test may stand for Loki where there is none. */
    @Test
    @Tag("images")
    void theRealLokiFindsTheSameLines() {
        String network = "sidecar-runbooks-" + UUID.randomUUID();
        docker("network", "create", network);
        try (LokiServer loki = LokiServer.start(network, LokiServer.CONFIGURATION)) {
            Awaitility.await().atMost(Duration.ofMinutes(2)).until(loki::isReady);
            List<Line> lines = lines();
            Instant at = Instant.now().minusSeconds(60);
            for (Line line : lines) {
                at = at.plusNanos(1_000);
                loki.push(line.labels(), line.metadata(), at, line.text());
            }
            List<String> queries =
                    pages().flatMap(page -> blocks(page, "logql").stream()).toList();
            assertThat(queries).hasSizeGreaterThan(5).allSatisfy(query -> {
                long expected =
                        lines.stream().filter(line -> finds(query, line)).count();
                if (query.startsWith("sum")) {
                    assertThat(loki.values(query).stream()
                                    .mapToDouble(Double::doubleValue)
                                    .sum())
                            .as(query)
                            .isEqualTo(expected);
                } else {
                    assertThat(loki.lines(query)).as(query).hasSize((int) expected);
                }
            });
        } finally {
            docker("network", "rm", "--force", network);
        }
    }

    /** The examples that were committed once and matched nothing: the check above would have said so. */
    @Test
    void aQueryThatFindsNothingIsSeen() {
        assertThat(Stream.of(
                        "{service=\"sidecar\", level=`ERROR`}",
                        "{service=\"sidecar\"} |= \"BACKUP\"",
                        "{service=\"nginx\"} | status=\"4o1\"",
                        "{service=\"ngnix\"}"))
                .allSatisfy(query -> assertThat(lines()).noneMatch(line -> finds(query, line)));
    }

    /** As they are written, in a database with the extension that the stack loads. */
    @Test
    void everyStatementRuns() throws SQLException {
        List<String> statements = pages().flatMap(page -> groups(SQL, read(page)))
                .map(found -> found.group(1))
                .distinct()
                .toList();
        assertThat(statements).hasSizeGreaterThan(8);

        try (PostgresServer server = PostgresServer.start("shared_preload_libraries=pg_stat_statements")) {
            server.execute("postgres", "CREATE DATABASE app");
            server.execute("app", "CREATE SCHEMA monitoring", "CREATE EXTENSION pg_stat_statements SCHEMA monitoring");
            try (Connection connection = server.connect("app");
                    Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
        }
    }

    @Test
    void everyCommandOfRedisRuns() {
        int port = FreePort.get();
        List<String> commands = pages().flatMap(page -> groups(REDIS, read(page)))
                .map(found -> found.group(1))
                .distinct()
                .toList();
        assertThat(commands).hasSizeGreaterThan(5);

        Process server = redis(port);
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> redis(port, "PING").contains("PONG"));
            assertThat(commands)
                    .allSatisfy(command -> assertThat(redis(port, command)).doesNotContain("ERR"));
        } finally {
            server.destroy();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageAPanelAndASettingExist(Path page) throws IOException {
        String text = read(page);
        Map<String, Set<String>> dashboards = dashboards();
        String menu = Files.readString(Path.of("src/main/resources/templates/layout.html"));
        String settings = Files.readString(Path.of(".env.example"))
                + Files.readString(Path.of("docs/settings.md"))
                + Files.readString(Path.of("docker-compose.staging.yml"))
                + Files.readString(Path.of("docker-compose.satellite.yml"));

        assertThat(groups(PANELS, text)).allSatisfy(found -> {
            assertThat(dashboards).containsKey(found.group(1));
            assertThat(Stream.of(2, 3).map(found::group).filter(panel -> panel != null))
                    .isSubsetOf(dashboards.get(found.group(1)));
        });
        assertThat(groups(PAGES, text)
                        .flatMap(found -> Stream.of(1, 2).map(found::group))
                        .filter(name -> name != null))
                .allSatisfy(name -> assertThat(menu).containsPattern(">" + Pattern.quote(name) + "</?(a|span)\\b"));
        assertThat(groups(SETTING, text).map(found -> found.group(1)))
                .allSatisfy(name -> assertThat(settings).contains(name));
        assertThat(text.replaceAll("(?s)```.*?```", ""))
                .as("a page, panel or dashboard is named in a way that this test reads")
                .doesNotContainPattern("(?i)(?<!\\()dashboard (?!\\*)|panels? (?!\\*)|console page (?!\\*)");
    }

    /** What the first look names can be typed or clicked; a page that only explains helps nobody at night. */
    @ParameterizedTest
    @MethodSource("pages")
    void theFirstLookCanBeCopied(Path page) {
        String text = read(page);
        String look = text.substring(text.indexOf("**First look.**"), text.indexOf("**Fix.**"));

        assertThat(look).contains("\n```");
        assertThat(text.split("(?m)^```", -1).length % 2).isEqualTo(1);
    }

    /** Of the sidecar's own lines the messages in its source, with their level; of all others what their programs write. */
    private static List<Line> lines() {
        List<Line> lines = new ArrayList<>(List.of(
                Line.access("200", "2500"),
                Line.access("401", "3"),
                Line.access("403", "3"),
                Line.access("429", "1"),
                Line.access("502", "30"),
                Line.of("api", "api", "error", Map.of("request_id", "r1"), "{\"level\":\"ERROR\",\"message\":\"x\"}"),
                Line.postgres("fatal", "28P01", "password authentication failed for user \\\"app\\\""),
                Line.postgres("error", "40P01", "deadlock detected"),
                Line.postgres("info", "00000", "statement: DROP TABLE orders"),
                Line.postgres("info", "00000", "statement: ALTER DATABASE shop RENAME TO shop_old")));
        Pattern message = Pattern.compile("\\.at(Info|Warn|Error)\\(\\)|\\blog\\.(info|warn|error)\\(");
        Pattern literal = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                String text = Files.readString(source);
                groups(message, text).forEach(found -> {
                    String level = (found.group(1) == null ? found.group(2) : found.group(1)).toLowerCase();
                    int end = text.indexOf(';', found.end());
                    String said = groups(literal, text.substring(found.end(), end))
                            .map(each -> each.group(1))
                            .collect(Collectors.joining(" "));
                    lines.add(Line.of("sidecar", "sidecar", level, Map.of(), said));
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    /** As much of LogQL as the runbooks use; what it does not know fails. */
    private static boolean finds(String query, Line line) {
        MatchResult log = groups(
                        Pattern.compile(
                                "\\{([^}]*)}((?: *\\|[=~] *\"[^\"]*\")*)((?: *\\| *[a-z_]+ *(?:=~|=|>) *(?:\"[^\"]*\"|[\\d.]+))*)"),
                        query)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no selector: " + query));
        String outside = query.replace(log.group(), "").strip();
        assertThat(outside).as(query).matches("|sum by \\([a-z_, ]+\\) \\(count_over_time\\( ?\\[10m]\\)\\)");
        return matches(log.group(1), ",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", line.labels(), true)
                && groups(Pattern.compile("\\|([=~]) *\"([^\"]*)\""), log.group(2))
                        .allMatch(filter -> filter.group(1).equals("=")
                                ? line.text().contains(filter.group(2))
                                : Pattern.compile(filter.group(2))
                                        .matcher(line.text())
                                        .find())
                && matches(
                        log.group(3).replaceFirst("^ *\\|", ""),
                        "\\|(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)",
                        line.metadata(),
                        false);
    }

    private static boolean matches(String matchers, String separator, Map<String, String> values, boolean labels) {
        for (String each : matchers.split(separator)) {
            if (each.isBlank()) {
                continue;
            }
            MatchResult matcher = groups(Pattern.compile("^ *([a-z_]+) *(=~|=|>) *[\"`]?([^\"`]*)[\"`]? *$"), each)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("not known here: " + each));
            if (labels) {
                assertThat(LABELS).contains(matcher.group(1));
            }
            String value = values.getOrDefault(matcher.group(1), "");
            boolean fits = switch (matcher.group(2)) {
                case "=" -> value.equals(matcher.group(3));
                case "=~" -> value.matches(matcher.group(3));
                default ->
                    !value.isEmpty()
                            && Double.parseDouble(value)
                                    > Double.parseDouble(matcher.group(3).strip());
            };
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static List<String> blocks(Path page, String language) {
        return groups(BLOCK, read(page))
                .filter(block -> block.group(1).equals(language))
                .map(block -> block.group(2))
                .toList();
    }

    private static Map<String, Set<String>> dashboards() throws IOException {
        Map<String, Set<String>> dashboards = new HashMap<>();
        for (Path file : RuleFiles.files(Path.of("grafana/dashboards"), ".json")) {
            JsonNode dashboard = JsonMapper.shared().readTree(Files.readString(file));
            Set<String> panels = new TreeSet<>();
            dashboard
                    .path("panels")
                    .forEach(panel -> panels.add(panel.path("title").asString("")));
            dashboards.put(dashboard.path("title").asString().replaceFirst("^\\d+ ", ""), panels);
        }
        return dashboards;
    }

    private static Process redis(int port) {
        try {
            return new ProcessBuilder(
                            Programs.find("redis-server").toString(),
                            "--port",
                            Integer.toString(port),
                            "--bind",
                            "127.0.0.1",
                            "--save",
                            "")
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String redis(int port, String command) {
        List<String> words = new ArrayList<>(List.of("-e", "-p", Integer.toString(port)));
        words.addAll(List.of(command.split(" ")));
        return Programs.run(directory, "redis-cli", words).output();
    }

    private static Stream<MatchResult> groups(Pattern pattern, String text) {
        return pattern.matcher(text).results();
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
