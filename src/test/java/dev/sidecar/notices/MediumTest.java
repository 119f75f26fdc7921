package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** What Alertmanager sends and what the sidecar sends itself is written alike for each medium, and cut before it is too long. */
class MediumTest {

    private static final List<String> HOSTILE = List.of(
            "",
            " ",
            "plain words, 10 % of 3.5 GiB",
            "@everyone @here @channel <!channel> <@U123> <users/all> <at>you</at>",
            "[click](https://evil.example) [a]: https://evil.example [a][b] ![x](https://evil.example/x.png)",
            "]( ][ ]: ](]( ]][( ][](",
            "<https://evil.example|click> https://evil.example www.evil.example",
            "`code` ```block``` *bold* **bold** _it_ __under__ ~s~ ~~strike~~ ||spoiler|| ***",
            "snake_case_name a_b_c _a_ _b_ (_x_) a__b _ __ /var/log_*.gz __init__.py",
            "# heading",
            "  ## heading",
            "- item",
            "+ item",
            "* item",
            "1. item",
            "12) item",
            "> quoted",
            "  > quoted",
            "-# small",
            "====",
            "{{now}} {{{x}}} {{{{ }} {{DATE(2026-01-01T00:00:00Z,SHORT)}}",
            "&lt;!channel&gt; &amp; &#60;b&#62; a & b &co R&D; &;",
            ":fire: :+1: 12:30:45 host:9090 a: b ::1",
            "C:\\Users\\x \\* \\\\ \\\\U \\_ \\",
            "$x$ $5 and $6 ${HOME} $1 \\$1",
            "line\nbreak\r\nand\ttab\u2028separator\u2029end\u0085next",
            "\u001b[31mred\u001b[0m \u0007 \u202egnp.exe\u202c \u2066x\u2069 \ufeffbom \u200bwide soft\u00adhyphen \ue000private",
            "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 \ud83d\udd25 \u65e5\u672c \u05e9\u05dc\u05d5\u05dd \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "</b><script>alert(1)</script> \"quoted\" 'single'",
            "FIRING    all is well   ",
            "a  b   c");

    private static final List<String> PARTS =
            ("a b 1 _ _ a_ 日 é 😀 \u200d \u202e \u2028 \u00ad \\ ` * { } [ ] ( ) < > # + - . ! | ~ @ : $ & = ; \" ' / &lt; - ")
                    .lines()
                    .flatMap(line -> java.util.stream.Stream.concat(
                            java.util.Arrays.stream(line.split(" ")), java.util.stream.Stream.of(" ", " ", "\n")))
                    .toList();

    @TempDir
    Path directory;

    private static String template(Medium medium) {
        return medium == Medium.GOOGLE_CHAT ? "google" : medium.name().toLowerCase(java.util.Locale.ROOT);
    }

    @ParameterizedTest
    @EnumSource
    void alertmanagerWritesItAsTheSidecarDoes(Medium medium) throws IOException {
        List<String> values = new ArrayList<>(HOSTILE);
        Random random = new Random(medium.ordinal());
        for (int i = 0; i < 300; i++) {
            values.add(anything(random));
        }
        List<String> ours =
                values.stream().map(value -> medium.line(value, 100_000)).toList();

        assertThat(rendered(medium, values)).containsExactlyElementsOf(ours);
    }

    /** Mostly what some medium reads. */
    private static String anything(Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(12) + 1; length > 0; length--) {
            text.append(PARTS.get(random.nextInt(PARTS.size())));
        }
        return text.toString();
    }

    private List<String> rendered(Medium medium, List<String> values) throws IOException {
        List<Map<String, Object>> alerts = values.stream()
                .map(value -> Map.<String, Object>of(
                        "status",
                        "firing",
                        "labels",
                        Map.of("alertname", "a"),
                        "annotations",
                        Map.of("summary", value)))
                .toList();
        Path data = Files.writeString(
                directory.resolve("data.json"),
                JsonMapper.shared().writeValueAsString(Map.of("status", "firing", "alerts", alerts)));
        Programs.Result result = Programs.run(
                directory,
                "amtool",
                List.of(
                        "template",
                        "render",
                        "--template.glob="
                                + Path.of("alertmanager/templates/*.tmpl").toAbsolutePath(),
                        "--template.type=text",
                        "--template.data=" + data,
                        "--template.text={{ range .Alerts }}{{ template \"sidecar.escaped\" (dict \"value\" .Annotations.summary"
                                + " \"for\" \"" + template(medium) + "\" \"pairs\" 400) }}\u0001{{ end }}"));
        assertThat(result.exitCode()).as(result.output()).isZero();
        String[] lines = result.output().split("\u0001", -1);
        return List.of(lines).subList(0, values.size());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsCutWithinWhatIsWrittenForACharacter(Medium medium) {
        for (String letter : List.of("x", "日", "😀", "*", "&", "<", "@", "_", "\\", ":a", "{", "\n", "\n- ")) {
            String line = medium.line("s" + letter.repeat(500), 100);
            String text = medium.text("s" + letter.repeat(500), 100);

            assertThat(List.of(line, text)).as(letter).allSatisfy(written -> {
                assertThat(written).hasSizeLessThanOrEqualTo(100);
                String kept = written.replaceAll("…$", "");
                assertThat(medium.text("s" + letter.repeat(500), 100_000))
                        .startsWith(kept.strip().substring(0, 1));
                assertThat(kept).doesNotEndWith("&amp").doesNotEndWith("&l");
                assertThat(Character.isHighSurrogate(kept.charAt(kept.length() - 1)))
                        .isFalse();
            });
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            SLACK       | <!channel> & *b* _i_ a_b      | &lt;!channel&gt; &amp; ∗b∗ ‗i‗ a_b
            TEAMS       | [click](https://x) {{{now}}}  | [click] (https://x) { { {now}}}
            DISCORD     | @everyone :fire: a_b          | @​everyone \\:fire\\: a\\_b
            MATTERMOST  | C:\\Users <b> $x$ a_b         | C:\\Users ‹b› ＄x＄ a\\_b
            GOOGLE_CHAT | [click](https://x) ~s~ `c`    | [click] (https://x) ∼s∼ ʹcʹ
            SUBJECT     | <!channel> *b*                | ‹!channel› *b*
            PLAIN       | <!channel> *b* @here          | <!channel> *b* @here
            """)
    void eachMediumReadsTextAsText(Medium medium, String text, String written) {
        assertThat(medium.line(text, 200)).isEqualTo(written);
    }

    @Test
    void linesStayLinesAndEachBeginsAnew() {
        assertThat(Medium.TEAMS.text("a\n- b\r\n# c", 200)).isEqualTo("a\n\n‐ b\n\n＃ c");
        assertThat(Medium.SLACK.text("a\n> b", 200)).isEqualTo("a\n› b");
        assertThat(Medium.PLAIN.text("a\n\n  b\u001b[2J\tc", 200)).isEqualTo("a\n\n  b [2J c");
    }
}
