package dev.sidecar.support;

import dev.sidecar.secrets.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.convert.converter.Converter;

/** Settings as the application binds them, without the application. */
public final class BoundSettings {

    private BoundSettings() {}

    /** @param settings by their names below {@code sidecar.backup}; all others have their defaults */
    public static <T> T ofBackup(Map<String, ?> settings, Class<T> properties) {
        return of("sidecar.backup", settings, properties);
    }

    /** @param settings by their names below the prefix; all others have their defaults */
    public static <T> T of(String prefix, Map<String, ?> settings, Class<T> properties) {
        Map<String, Object> named = new HashMap<>();
        settings.forEach((name, value) -> named.put(prefix + "." + name, value));
        ApplicationConversionService conversions = new ApplicationConversionService();
        conversions.addConverter(String.class, Secret.class, (Converter<String, Secret>) Secret::of);
        return new Binder(List.of(new MapConfigurationPropertySource(named)), null, conversions, null)
                .bindOrCreate(prefix, properties);
    }
}
