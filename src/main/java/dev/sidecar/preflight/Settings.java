package dev.sidecar.preflight;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the stack's settings that are no secrets, as compose passes them on: an empty one is not given. */
final class Settings {

    private final Function<String, @Nullable String> variables;

    Settings(Function<String, @Nullable String> variables) {
        this.variables = variables;
    }

    Optional<String> get(String name) {
        return Optional.ofNullable(variables.apply(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    String get(String name, String otherwise) {
        return get(name).orElse(otherwise);
    }
}
