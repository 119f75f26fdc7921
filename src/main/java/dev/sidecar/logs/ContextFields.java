package dev.sidecar.logs;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.sidecar.text.HostileText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import tools.jackson.core.JsonGenerator;

/**
 * Writes the fields of a line besides its message: who wrote it, the key-values of the call, and from the MDC the ids of the request.
 * It writes a value that is no number or boolean as its {@code toString()} and never takes an object apart, so a secret inside stays
 * hidden.
 */
final class ContextFields {

    static final List<String> IDS = List.of("request_id", "trace_id", "span_id");

    private static final Set<String> OURS =
            Set.of("timestamp", "level", "logger", "message", "service", "environment", "stack_trace");

    private final String service;
    private final String environment;

    ContextFields(String service, String environment) {
        this.service = service;
        this.environment = environment;
    }

    void writeTo(JsonGenerator generator, ILoggingEvent event) {
        generator.writeStringProperty("service", service);
        generator.writeStringProperty("environment", environment);
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (int i = 0; i < pairs.size(); i++) {
                KeyValuePair pair = pairs.get(i);
                if (isLast(pairs, i)) {
                    write(generator, OURS.contains(pair.key) ? "field_" + pair.key : pair.key, pair.value);
                }
            }
        }
        Map<String, String> context = event.getMDCPropertyMap();
        for (String id : IDS) {
            String value = context.get(id);
            if (value != null && find(pairs, id) == null) {
                generator.writeStringProperty(id, HostileText.forLog(value));
            }
        }
    }

    /** Finds an id of the request that this line belongs to: in the call's key-values, else in the MDC. */
    static @Nullable String id(ILoggingEvent event, String name) {
        KeyValuePair pair = find(event.getKeyValuePairs(), name);
        return pair == null ? event.getMDCPropertyMap().get(name) : String.valueOf(pair.value);
    }

    private static @Nullable KeyValuePair find(@Nullable List<KeyValuePair> pairs, String name) {
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                if (pair.key.equals(name)) {
                    return pair;
                }
            }
        }
        return null;
    }

    /** A key given twice is written once, with its last value: some readers refuse JSON that has a key twice. */
    private static boolean isLast(List<KeyValuePair> pairs, int index) {
        String key = pairs.get(index).key;
        for (int i = index + 1; i < pairs.size(); i++) {
            if (pairs.get(i).key.equals(key)) {
                return false;
            }
        }
        return true;
    }

    private static void write(JsonGenerator generator, String name, @Nullable Object value) {
        generator.writeName(name);
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            generator.writeNumber(((Number) value).longValue());
        } else if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            generator.writeNumber(number.doubleValue());
        } else if (value instanceof Boolean bool) {
            generator.writeBoolean(bool);
        } else if (value == null) {
            generator.writeNull();
        } else {
            generator.writeString(HostileText.forLog(value.toString()));
        }
    }
}
