package dev.sidecar.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostileTextTest {

    /** Colours, titles, the bell, links of OSC 8, one-character CSI, moved cursors, turned-around and hidden letters. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u001b[2J\u001b[1;31mgone",
                "\u001b]0;title\u0007",
                "\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\",
                "\u001bP+q544e\u001b\\",
                "\u009b31mred",
                "a\rb",
                "a\bb",
                "a\u007fb",
                "\u202egnp.exe",
                "\u2066x\u2069",
                "\u200fx",
                "a\ufeffb",
                "a\u2028b",
                "a\u0000b",
                "\ud83d",
                "tag \udb40\udc41"
            })
    void nothingThatControlsATerminalIsLeft(String hostile) {
        for (String shown : new String[] {
            HostileText.forTerminal(hostile),
            HostileText.line(hostile),
            HostileText.forLog(hostile),
            HostileText.forMarkdown(hostile),
            HostileText.forHtml(hostile)
        }) {
            assertThat(shown.codePoints().map(Character::getType))
                    .doesNotContain(
                            (int) Character.CONTROL, (int) Character.FORMAT, (int) Character.LINE_SEPARATOR, (int)
                                    Character.SURROGATE);
        }
    }

    @Test
    void whatIsHarmlessStaysAsItIs() {
        String harmless = "Müller 日本語 שלום 👩\u200d💻 ✅ – a\tb";
        assertThat(HostileText.forTerminal(harmless + "\nnext")).isEqualTo(harmless + "\nnext");
        assertThat(HostileText.forLog("plain [x] <y> \\n")).isEqualTo("plain [x] <y> \\n");
    }

    @Test
    void aNameCannotBeginALineOfItsOwn() {
        assertThat(HostileText.line("app\nverified: L4\r\n")).isEqualTo("app\\u000averified: L4\\u000d\\u000a");
        assertThat(HostileText.forLog("app\nERROR: x")).doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "<img src=x onerror=alert(1)>#&lt;img src=x onerror=alert(1)&gt;",
                "![x](http://evil.example/t.png)#!\\[x\\](http\\://evil.example/t.png)",
                "[click](javascript:alert(1))#\\[click\\](javascript:alert(1))",
                "[a]: http://evil.example#\\[a\\]: http\\://evil.example",
                "<http://evil.example>#&lt;http\\://evil.example&gt;",
                "see http://evil.example and www.evil.example#see http\\://evil.example and www\\.evil.example",
                "mail a@evil.example#mail a\\@evil.example",
                "a | b#a \\| b",
                "`code` **bold** _it_ ~~no~~#\\`code\\` \\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~",
                "sidecar_up is 1#sidecar_up is 1",
                "&lt;script&gt;#&amp;lt;script&amp;gt;",
                "back\\slash#back\\\\slash",
                "1. item#1\\. item",
                "- item#\\- item",
                "--- #\\---"
            })
    void nothingThatControlsAMarkdownRendererIsLeft(String hostile, String shown) {
        assertThat(HostileText.forMarkdown(hostile)).isEqualTo(shown);
        assertThat(HostileText.forMarkdown("# heading")).isEqualTo("\\# heading");
        assertThat(HostileText.forMarkdown("a\n# heading\n\n<b>")).isEqualTo("a # heading &lt;b&gt;");
    }

    @Test
    void noElementEntityOrAttributeOfAPageBeginsInIt() {
        assertThat(HostileText.forHtml("<b onclick='x()'>\"A & B\"</b>\n"))
                .isEqualTo("&lt;b onclick=&#39;x()&#39;&gt;&quot;A &amp; B&quot;&lt;/b&gt;\\u000a");
    }
}
