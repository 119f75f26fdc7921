package dev.sidecar.settings;

import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stops the start because a setting has a value that cannot work. The compact constructors of the settings' records throw it, and the
 * start ends with the three facts that an operator needs: name, value and what the value must be. Never pass a secret's value in here.
 */
public final class InvalidSetting extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private static final Pattern IN_ADDRESS =
            Pattern.compile("(?<=//)[^/\\s]*(?=@)|(?i)(?<=(?:password|passwd|secret|token|key)=)[^&;\\s]+");

    private final String name;
    private final String value;
    private final String must;

    /**
     * Refuses the value of one setting.
     *
     * @param name the setting as written in a properties file, such as {@code sidecar.gateway.upstream}
     * @param value what it was
     * @param must what it must be, as the end of the sentence "it must …"
     */
    public InvalidSetting(String name, @Nullable Object value, String must) {
        super("%s is '%s', but it must %s.".formatted(name, shown(value), must));
        this.name = name;
        this.value = shown(value);
        this.must = must;
    }

    /** A password in an address is refused, and would be read in the log of the start that failed. */
    private static String shown(@Nullable Object value) {
        return value == null ? "" : IN_ADDRESS.matcher(value.toString()).replaceAll("***");
    }

    /** Never null: there is no way to make one without words. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    String name() {
        return name;
    }

    String value() {
        return value;
    }

    String must() {
        return must;
    }

    String environmentVariable() {
        return name.toUpperCase(java.util.Locale.ROOT).replace("-", "").replace('.', '_');
    }

    /** Stops the start unless the setting's value can be a label in every one of Prometheus, Loki and Alertmanager's routes. */
    public static void unlessLabel(String name, String value) {
        unless(
                value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}"),
                name,
                value,
                "be 1 to 63 letters, digits, dots, dashes or underscores, beginning with a letter or digit");
    }

    /** Stops the start unless the condition on the setting holds. */
    public static void unless(boolean holds, String name, @Nullable Object value, String must) {
        if (!holds) {
            throw new InvalidSetting(name, value, must);
        }
    }
}
