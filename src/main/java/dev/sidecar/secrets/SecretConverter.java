package dev.sidecar.secrets;

import org.jspecify.annotations.Nullable;
import org.springframework.core.convert.converter.Converter;

/** An empty setting means "not given", as compose files pass unset variables on as empty strings. */
final class SecretConverter implements Converter<String, @Nullable Secret> {

    @Override
    public @Nullable Secret convert(String source) {
        return source.isBlank() ? null : Secret.of(source);
    }
}
