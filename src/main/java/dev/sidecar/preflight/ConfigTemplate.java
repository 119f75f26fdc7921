package dev.sidecar.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Renders the configuration of a program that reads no environment: it replaces {@code ${NAME}} or {@code ${NAME:-default}} by the value
 * of a setting, and keeps the lines between {@code # if NAME} and {@code # end}, or a line that ends with {@code # if NAME}, only if that
 * setting is given. Values stand inside single quotes of YAML; a quote in a value is doubled, so that no value can become structure.
 * Comments stay as they are.
 */
final class ConfigTemplate {

    private static final Pattern IF = Pattern.compile("\\s*# if ([A-Z0-9_]+)\\s*");
    private static final Pattern LINE_IF = Pattern.compile("(\\s*[^\\s#].*?) # if ([A-Z0-9_]+)\\s*");
    private static final Pattern END = Pattern.compile("\\s*# end\\s*");
    private static final Pattern HOLE = Pattern.compile("\\$\\{([A-Z0-9_]+)(?::-([^}]*))?}");

    private final Function<String, Optional<String>> settings;
    private final List<String> rendered = new ArrayList<>();
    private @Nullable String block;
    private boolean kept = true;

    private ConfigTemplate(Function<String, Optional<String>> settings) {
        this.settings = settings;
    }

    /**
     * Fills in one template.
     *
     * @param settings finds the value of a setting; empty or blank means that it is not given
     * @throws IllegalArgumentException naming what is missing or malformed, in words for the operator
     */
    static String render(String template, Function<String, Optional<String>> settings) {
        ConfigTemplate file = new ConfigTemplate(settings);
        template.lines().forEach(file::take);
        if (file.block != null) {
            throw new IllegalArgumentException("'# if %s' has no '# end'".formatted(file.block));
        }
        return String.join("\n", file.rendered) + "\n";
    }

    private void take(String line) {
        Matcher opening = IF.matcher(line);
        if (opening.matches()) {
            if (block != null) {
                throw new IllegalArgumentException("'# if %s' stands inside '# if %s'; blocks cannot be nested"
                        .formatted(opening.group(1), block));
            }
            block = opening.group(1);
            kept = given(block).isPresent();
        } else if (END.matcher(line).matches()) {
            if (block == null) {
                throw new IllegalArgumentException("'# end' without '# if'");
            }
            block = null;
            kept = true;
        } else if (kept) {
            Matcher conditional = LINE_IF.matcher(line);
            if (!conditional.matches()) {
                rendered.add(line.stripLeading().startsWith("#") ? line : fill(line));
            } else if (given(conditional.group(2)).isPresent()) {
                rendered.add(fill(conditional.group(1)));
            }
        }
    }

    private String fill(String line) {
        return HOLE.matcher(line).replaceAll(hole -> {
            String value = given(hole.group(1))
                    .or(() -> Optional.ofNullable(hole.group(2)))
                    .orElseThrow(() -> new IllegalArgumentException("%s is not set".formatted(hole.group(1))));
            if (value.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException(
                        "%s holds a line break or another control character".formatted(hole.group(1)));
            }
            return Matcher.quoteReplacement(value.replace("'", "''"));
        });
    }

    private Optional<String> given(String name) {
        return settings.apply(name).filter(value -> !value.isBlank());
    }
}
