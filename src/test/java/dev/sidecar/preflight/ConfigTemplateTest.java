package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigTemplateTest {

    @Test
    void fillsHolesAndTakesTheDefaultOfWhatIsNotGiven() {
        assertThat(render("to: '${TO}' ${PORT:-25} ${EMPTY:-}", Map.of("TO", "ops@example.org")))
                .isEqualTo("to: 'ops@example.org' 25 \n");
    }

    @Test
    void keepsABlockOnlyWhenItsSettingIsGiven() {
        String template = """
                a: 1
                  # if SLACK
                  slack: '${SLACK}'
                  # end
                b: 2
                """;
        assertThat(render(template, Map.of())).isEqualTo("a: 1\nb: 2\n");
        assertThat(render(template, Map.of("SLACK", " "))).isEqualTo("a: 1\nb: 2\n");
        assertThat(render(template, Map.of("SLACK", "on"))).isEqualTo("a: 1\n  slack: 'on'\nb: 2\n");
    }

    @Test
    void keepsALineOnlyWhenTheSettingAtItsEndIsGiven() {
        String template = """
                a: 1
                slack: *slack # if SLACK
                - '${SLACK}' # if SLACK
                # a comment # if SLACK
                """;
        assertThat(render(template, Map.of())).isEqualTo("a: 1\n# a comment # if SLACK\n");
        assertThat(render(template, Map.of("SLACK", "on")))
                .isEqualTo("a: 1\nslack: *slack\n- 'on'\n# a comment # if SLACK\n");
    }

    @Test
    void aValueCannotBecomeStructure() {
        assertThat(render("'${NAME}'", Map.of("NAME", "it's $1 \\ ${OTHER}"))).isEqualTo("'it''s $1 \\ ${OTHER}'\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> render("'${NAME}'", Map.of("NAME", "a\nb: c")))
                .withMessage("NAME holds a line break or another control character");
    }

    @Test
    void saysWhatIsMissingButOnlyWhereItIsNeeded() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> render("${TO}", Map.of()))
                .withMessage("TO is not set");
        assertThat(render("# if MAIL\n${TO}\n# end", Map.of())).isEqualTo("\n");
    }

    @Test
    void leavesCommentsAlone() {
        assertThat(render("  # ${NAME} is a setting", Map.of())).isEqualTo("  # ${NAME} is a setting\n");
    }

    @Test
    void refusesBlocksThatDoNotMatch() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> render("# if A", Map.of()))
                .withMessage("'# if A' has no '# end'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> render("# end", Map.of()))
                .withMessage("'# end' without '# if'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> render("# if A\n# if B\n# end\n# end", Map.of()))
                .withMessageContaining("cannot be nested");
    }

    private static String render(String template, Map<String, String> settings) {
        return ConfigTemplate.render(template, name -> Optional.ofNullable(settings.get(name)));
    }
}
