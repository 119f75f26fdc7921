package dev.sample.shop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A small shop on PostgreSQL, with Redis as a cache when there is one: the API that a team puts behind the sidecar. */
@SpringBootApplication(proxyBeanMethods = false)
public class SampleApi {

    public static void main(String[] args) throws IOException {
        SpringApplication application = new SpringApplication(SampleApi.class);
        application.setDefaultProperties(secretsFromFiles(System.getenv()));
        application.run(args);
    }

    /** SPRING_DATASOURCE_PASSWORD_FILE and REDIS_PASSWORD_FILE name files: the environment is no place for a password. */
    private static Map<String, Object> secretsFromFiles(Map<String, String> environment) throws IOException {
        Map<String, Object> secrets = new HashMap<>();
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            if (variable.getKey().endsWith("_PASSWORD_FILE")
                    && !variable.getValue().isBlank()) {
                String name = variable.getKey().replaceFirst("_FILE$", "");
                String secret = Files.readString(Path.of(variable.getValue())).strip();
                secrets.put(name, secret);
                secrets.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), secret);
            }
        }
        return secrets;
    }
}
