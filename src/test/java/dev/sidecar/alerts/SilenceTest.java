package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SilenceTest {

    private static final Pattern MATCHER = Pattern.compile("([a-z]+)(=~|!~|!=|=)(.*)");
    private static final String NAMES = Silence.MutedTogether.CRITICAL.values().stream()
            .flatMap(List::stream)
            .collect(Collectors.joining("|"));

    @ParameterizedTest
    @CsvSource({
        "alertname, SlowQueries, false, false, false",
        "service, postgres, false, false, false",
        "alertname, (Slow|Fast)Queries, true, false, false",
        "alertname, 'Backup.*|DiskFull', true, false, false",
        "host, another, false, false, false",
        "alertname, .+, true, false, true",
        "alertname, 'Backup.*|.*', true, false, true",
        "alertname, 'Backup.*|', true, false, true",
        "alertname, '[A-Z].*', true, false, true",
        "alertname, '(?i)b.*', true, false, true",
        "alertname, 'a?.*', true, false, true",
        "alertname, Watchdog, false, true, true",
        "instance, '', false, false, true",
        "host, h1, false, false, true",
        "stack, staging, false, false, true",
        "category, security, false, false, true",
        "severity, critical, false, false, true",
        "severity, warning, true, false, true",
        "severity, warning, false, true, true",
        "severity, warning, false, false, false"
    })
    void whichSilencesAreOfEverything(String label, String value, boolean regex, boolean unequal, boolean everything) {
        assertThat(new Silence(
                                "",
                                List.of(new Silence.Matcher(label, value, regex, unequal)),
                                Instant.EPOCH,
                                Instant.MAX,
                                "",
                                "")
                        .isOfEverything("h1"))
                .isEqualTo(everything);
    }

    /** Each line is a silence, its matchers parted by a blank. */
    static Stream<Arguments> ofMost() {
        return Stream.of(
                Arguments.of("all names", List.of("alertname=~" + NAMES)),
                Arguments.of("all names, each a group", List.of("alertname=~(" + NAMES.replace("|", ")|(?:") + ")")),
                Arguments.of(
                        "names and services by name",
                        List.of("alertname=~" + NAMES + " service=~"
                                + String.join("|", Silence.MutedTogether.SERVICES))),
                Arguments.of("one for each name", Stream.of(NAMES.split("\\|")).map(name -> "alertname=" + name)),
                Arguments.of(
                        "one for each service",
                        Silence.MutedTogether.SERVICES.stream().map(name -> "service=" + name)),
                Arguments.of(
                        "one for each letter",
                        IntStream.rangeClosed('A', 'Z').mapToObj(letter -> "alertname=~%c.*".formatted(letter))),
                Arguments.of(
                        "half of the names, and half of the services",
                        List.of(
                                "alertname=~[A-D].*",
                                "service=~" + String.join("|", Silence.MutedTogether.SERVICES.subList(0, 8)))),
                Arguments.of(
                        "the words that names begin with", List.of("alertname=~(Backup|Api|Db|Ser|Host|Pitr|Not|D).*")),
                Arguments.of("all severities", List.of("severity=~.+")),
                Arguments.of("both categories", List.of("category=~operational|security")),
                Arguments.of("this host by an expression", List.of("host=~h1|h2")),
                Arguments.of("another service than one that is not", List.of("service!=none")),
                Arguments.of("no name that is empty", List.of("alertname!~^$")),
                Arguments.of(
                        "signs that we do not read", List.of("alertname=~Ale[[:alpha:]]+|Bac[[:alpha:]]+|Ser\\pL+")),
                Arguments.of("too long to read", List.of("alertname=~abc|" + "x".repeat(20_000))),
                Arguments.of("too deep to read", List.of("alertname=~abc" + "(".repeat(5_000) + ")".repeat(5_000))),
                Arguments.of("too much to search", List.of("alertname=~Xyz((([A-Za-z]*)*)*)*!|(([A-Za-z]+)*)*!")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void ofMost(String what, Object written) {
        List<Silence> silences = (written instanceof List<?> list ? list.stream() : (Stream<?>) written)
                .map(one -> silence(one.toString()))
                .toList();

        assertThat(Silence.MutedTogether.of(silences, "h1")).containsAll(silences.subList(0, 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alertname=SlowQueries",
                "alertname=~Backup.*",
                "service=postgres",
                "service=~api|gateway|nginx alertname=~ServiceDown|UpstreamUnreachable|ServiceRestarting",
                "severity=warning",
                "host=another",
                "host=~web-.+",
                "datname=scratch",
                "category=security"
            })
    void ofSome(String matchers) {
        assertThat(Silence.MutedTogether.of(List.of(silence(matchers)), "h1")).isEmpty();
    }

    @Test
    void theListsAreThoseOfTheShippedRulesAndTargets() throws IOException {
        assertThat(Silence.MutedTogether.CRITICAL.entrySet().stream()
                        .flatMap(one -> one.getValue().stream().map(name -> one.getKey() + " " + name)))
                .containsExactlyInAnyOrderElementsOf(RuleFiles.alerts().stream()
                        .filter(alert -> alert.severity().equals("critical"))
                        .map(alert -> alert.category() + " " + alert.name())
                        .distinct()
                        .toList());
        assertThat(Pattern.compile("labels: \\{ service: '?(?:\\$\\{API_SERVICE:-)?([a-z-]+)")
                        .matcher(Files.readString(Path.of("prometheus/prometheus.yml")))
                        .results()
                        .map(found -> found.group(1)))
                .hasSizeGreaterThan(10)
                .allMatch(Silence.MutedTogether.SERVICES::contains);
    }

    private static Silence silence(String matchers) {
        List<Silence.Matcher> all = Stream.of(matchers.split(" "))
                .map(one -> {
                    java.util.regex.Matcher parts = MATCHER.matcher(one);
                    assertThat(parts.matches()).isTrue();
                    String sign = parts.group(2);
                    return new Silence.Matcher(
                            parts.group(1), parts.group(3), sign.endsWith("~"), sign.startsWith("!"));
                })
                .toList();
        return new Silence("", all, Instant.EPOCH, Instant.MAX, "", "");
    }
}
