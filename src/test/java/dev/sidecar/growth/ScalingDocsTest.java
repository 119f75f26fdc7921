package dev.sidecar.growth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.growth.Growth.Team;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/scaling.md says what was measured, what follows from that, and which limits the stack really has. */
class ScalingDocsTest {

    private static final Path PAGE = Path.of("docs/scaling.md");
    private static final Pattern LIMIT = Pattern.compile("\\| ([^|]+) \\| ([^|]+) \\| `([^`|]+)`: `([^`|]+)` \\|");

    private final Figures figures = Figures.read();
    private final Growth growth = new Growth(figures);
    private final Quotes quotes = new Quotes();

    @Test
    void theUnitCostsAreThoseThatWereMeasured() throws IOException {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("node_series", "series of a host's node exporter");
        names.put("collector_series", "series of a host's collector about itself");
        names.put("relay_series", "series of the relay about a host");
        names.put("postgres_series", "series of a PostgreSQL server");
        names.put("database_series", "series of each further database");
        names.put("table_series_if_on", "series of each table, if they were collected");
        names.put("redis_series", "series of a Redis");
        names.put("centre_series", "series of the centre's own programs, as far as they ran");
        names.put("push_sample", "bytes of a sample on its way, compressed");
        names.put("relay_sample", "processor time of the relay for a sample, µs");
        names.put("prometheus_sample", "processor time of Prometheus for a sample, rules included, µs");
        names.put("prometheus_series", "bytes alive in Prometheus for a series");
        names.put("disk_sample", "bytes of a sample on disk");
        names.put("rules", "seconds for all rules once");
        names.put("gateway_request", "processor time of the gateway for a request, µs");
        names.put("edge_request", "processor time of the edge for a request, µs");
        names.put("gateway_line", "bytes of the gateway's log line");
        names.put("edge_line", "bytes of the edge's log line");
        names.put("line_packed", "what gzip leaves of the gateway's lines");

        names.forEach((name, label) ->
                assertThat(page()).contains("| " + label + " | " + shown(figures.get("unit", name)) + " |"));
        assertThat(page())
                .contains("| processor time of the collector for a request, µs | "
                        + shown(quotes.microsOfRequest("alloy")) + " |")
                .contains(
                        "| processor time of Loki for a request, µs | " + shown(quotes.microsOfRequest("loki")) + " |");
    }

    @Test
    void thePredictionsFollowFromTheUnitCosts() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("series", "series");
        names.put("samples_s", "samples a second through the relay");
        names.put("push_kb_s", "KB a second of pushes");
        names.put("prometheus_live_mib", "MiB alive in Prometheus");
        names.put("prometheus_cpu", "processors of Prometheus");
        names.put("prometheus_gb_month", "GB on Prometheus' disk in 30 days");
        names.put("rules_s", "seconds for all rules once");
        names.put("relay_cpu", "processors of the relay");
        names.put("edge_cpu", "processors of the edge");
        names.put("gateway_cpu", "processors of the gateway");
        names.put("log_lines_s", "log lines a second");
        names.put("log_mb_s", "MB a second of log lines");
        names.put("log_gb_day", "GB a day of log lines");
        Map<String, Double> first = growth.predict(Team.FIRST);
        Map<String, Double> second = growth.predict(Team.SECOND);

        assertThat(names.keySet()).isEqualTo(first.keySet());
        // The arithmetic is that of the run that measured.
        assertThat(figures.of("predicted")).containsExactlyEntriesOf(written(first));
        names.forEach((name, label) -> assertThat(page())
                .contains("| %s | %s | %s | %s |"
                        .formatted(
                                label,
                                shown(first.get(name)),
                                figures.of("measured").containsKey(name) ? shown(figures.get("measured", name)) : "–",
                                shown(second.get(name)))));
    }

    @Test
    void theRunWasClean() {
        assertThat(figures.get("measured", "requests_failed")).isZero();
        assertThat(figures.get("measured", "pushes_refused")).isZero();
        assertThat(figures.get("measured", "gateway_lines")).isEqualTo(figures.get("measured", "requests"));
        for (String name : List.of(
                "series",
                "samples_s",
                "prometheus_live_mib",
                "relay_cpu",
                "prometheus_cpu",
                "gateway_cpu",
                "edge_cpu")) {
            assertThat(figures.get("measured", name) / figures.get("predicted", name))
                    .as(name + " beside its prediction")
                    .isBetween(0.5, 2.0);
        }
    }

    @Test
    void whatBreaksFirstFollowsFromTheLimits() {
        double lineBytes = growth.predict(Team.FIRST).get("log_mb_s") * Growth.MB / Team.FIRST.requests();
        double seriesOfHost = (growth.predict(Team.SECOND).get("series")
                        - growth.predict(Team.FIRST).get("series"))
                / (Team.SECOND.hosts() - Team.FIRST.hosts());
        double roomForSeries =
                (200 / Growth.GARBAGE - unit("prometheus_live")) * Growth.MIB / unit("prometheus_series");
        for (String said : List.of(
                "its processor at some %s requests/s, its limit of lines at some %s"
                        .formatted(rough(quotes.requestsAt("alloy", 0.5)), rough(2000 / 3.0)),
                "Prometheus' memory, at some %s hosts, and then the list of hosts, at 50"
                        .formatted(rough(roomForSeries / seriesOfHost)),
                "the disk under Loki: %s GB of lines a day"
                        .formatted(shown(growth.predict(Team.FIRST).get("log_gb_day"))),
                "the hundred hosts need %s MiB alive"
                        .formatted(shown(growth.predict(Team.SECOND).get("prometheus_live_mib"))),
                "The relay** needs %s of its half processor"
                        .formatted(Figures.number(growth.predict(Team.SECOND).get("relay_cpu"))),
                "resident, the relay %s of 256, the gateway %s of 192"
                        .formatted(
                                Figures.number(figures.get("measured", "relay_resident_mib")),
                                Figures.number(figures.get("measured", "gateway_resident_mib"))),
                "it had %s of its 256 MiB"
                        .formatted(Figures.number(figures.get("measured", "prometheus_resident_mib"))),
                "The collector's half processor is used up at some %s requests/s"
                        .formatted(rough(quotes.requestsAt("alloy", 0.5))),
                "its limit of 2,000 lines a second at some %s".formatted(rough(2000 / 3.0)),
                "%s processors at 1,000 requests/s".formatted(Figures.number(quotes.microsOfRequest("alloy") / 1000)),
                "keeps 30 MB of lines of a container: at 1,000 requests/s the last %s seconds"
                        .formatted(rough(30e6 / 1000 / unit("gateway_line"))),
                "some %s GB in 30 days packed as gzip does"
                        .formatted(rough(growth.predict(Team.FIRST).get("log_gb_day") * 30 * unit("line_packed"))),
                "room for some %s series, or %s hosts"
                        .formatted(rough(roomForSeries), rough(roomForSeries / seriesOfHost)),
                "8 MB a second are reached at some %s requests/s".formatted(rough(8 * Growth.MB / lineBytes)),
                "%s µs at 1,000 requests/s, %s when it has as much to do as it can"
                        .formatted(
                                rough(figures.get("measured", "gateway_cpu") * 1000),
                                Figures.number(quotes.microsAtSaturation("gateway"))),
                "after some %s databases".formatted(rough((5000 - unit("postgres_series")) / unit("database_series"))),
                "more than %s tables".formatted(rough((5000 - unit("postgres_series")) / unit("table_series_if_on"))),
                "The dump takes %s hours, the proof %s, a restore %s"
                        .formatted(
                                hours(quotes.dumpHoursOfTerabyte()),
                                hours(quotes.proofHoursOfTerabyte()),
                                hours(quotes.restoreHoursOfTerabyte())),
                "from some %s GB on".formatted(rough(1000 / quotes.restoreHoursOfTerabyte())),
                "A backup has some %s GB, and the 31 that are kept some %s TB"
                        .formatted(
                                rough(1000 * quotes.share()),
                                Figures.number(31 * quotes.share()).substring(0, 3)))) {
            assertThat(page().replaceAll("\\s+", " ")).contains(said);
        }
    }

    @Test
    void soManyBackupsAreKept() throws IOException {
        int kept = Pattern.compile(
                        "`sidecar\\.backup\\.slots\\.(?:daily|weekly|monthly)\\.keep` \\| `[A-Z_]+` \\| `(\\d+)`")
                .matcher(Files.readString(Path.of("docs/settings.md")))
                .results()
                .mapToInt(row -> Integer.parseInt(row.group(1)))
                .sum();

        assertThat(page()).contains("the " + kept + " that are kept");
    }

    @Test
    void theLimitsAreThoseOfTheStack() throws IOException {
        Matcher rows = LIMIT.matcher(page());
        int found = 0;
        while (rows.find()) {
            String file = rows.group(3);
            String text = Files.readString(Path.of(file)).replaceAll("[ \\t]+", " ");
            assertThat(found(text, rows.group(4).split(" … ")))
                    .as("%s says %s", file, rows.group(4))
                    .isTrue();
            String digits = rows.group(2).replaceAll("[^0-9.]", "");
            assertThat(rows.group(4).replaceAll("[^0-9.]", "")).as(rows.group()).contains(digits);
            found++;
        }
        assertThat(found).isGreaterThanOrEqualTo(16);
    }

    /** One after the other, so that what belongs to a service is looked for behind its name. */
    private static boolean found(String text, String[] parts) {
        int at = 0;
        for (String part : Arrays.stream(parts).map(String::strip).toList()) {
            at = text.indexOf(part, at);
            if (at < 0) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, Double> written(Map<String, Double> predicted) {
        Map<String, Double> written = new LinkedHashMap<>();
        predicted.forEach((name, value) -> written.put(name, Double.parseDouble(Figures.number(value))));
        return written;
    }

    private double unit(String name) {
        return figures.get("unit", name);
    }

    private static String page() {
        try {
            return Files.readString(PAGE);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String hours(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String shown(double value) {
        return value >= 1000 ? String.format(Locale.ROOT, "%,.0f", value) : Figures.number(value);
    }

    /** Two digits: what is called "some". */
    private static String rough(double value) {
        double step = Math.pow(10, Math.floor(Math.log10(value)) - 1);
        return String.format(Locale.ROOT, "%,.0f", Math.rint(value / step) * step);
    }
}
