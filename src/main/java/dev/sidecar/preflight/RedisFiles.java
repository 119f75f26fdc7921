package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Writes the password for Redis and its exporter, neither of which reads it from a plain file. */
final class RedisFiles implements Step {

    private final Settings settings;
    private final Path secrets;

    RedisFiles(Settings settings, Path secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    @Override
    public void prepare(Plan plan) {
        plan.content(secrets.resolve("redis/password")).ifPresent(password -> {
            plan.write(
                    secrets.resolve("redis/password.conf"),
                    "requirepass \"" + password.replace("\\", "\\\\").replace("\"", "\\\"") + "\"\n");
            String address =
                    "redis://%s:%s".formatted(settings.get("REDIS_HOST", "redis"), settings.get("REDIS_PORT", "6379"));
            plan.write(
                    secrets.resolve("redis-exporter/passwords.json"),
                    JsonMapper.shared().writeValueAsString(Map.of(address, password)));
        });
    }
}
