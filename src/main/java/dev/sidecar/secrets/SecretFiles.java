package dev.sidecar.secrets;

import dev.sidecar.settings.InvalidSetting;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Reads the file that an environment variable {@code SIDECAR_…_FILE} names and sets the variable without {@code _FILE} to its
 * content. Docker and Kubernetes hand over secrets as files, and {@code docker inspect} and every child process see a value in the
 * environment.
 */
final class SecretFiles implements EnvironmentPostProcessor {

    private static final String SUFFIX = "_FILE";

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        Map<String, Object> fromFiles = read(environment.getSystemEnvironment());
        if (!fromFiles.isEmpty()) {
            environment
                    .getPropertySources()
                    .addBefore(
                            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                            new SystemEnvironmentPropertySource(
                                    "secretFiles-" + StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                    fromFiles));
        }
    }

    static Map<String, Object> read(Map<String, Object> environment) {
        Map<String, Object> fromFiles = new LinkedHashMap<>();
        environment.forEach((variable, value) -> {
            String file = String.valueOf(value);
            if (variable.startsWith("SIDECAR_") && variable.endsWith(SUFFIX) && !file.isBlank()) {
                String target = variable.substring(0, variable.length() - SUFFIX.length());
                Object direct = environment.get(target);
                InvalidSetting.unless(
                        direct == null || direct.toString().isBlank(),
                        variable,
                        file,
                        "be unset when " + target + " is set as well: only one of the two can count");
                fromFiles.put(target, content(variable, Path.of(file)));
            }
        });
        return fromFiles;
    }

    private static String content(String variable, Path file) {
        String content;
        try {
            content = Files.readString(file).stripTrailing();
        } catch (NoSuchFileException e) {
            throw new InvalidSetting(variable, file, "name a file that exists");
        } catch (AccessDeniedException e) {
            throw new InvalidSetting(
                    variable, file, "name a file that user '%s' may read".formatted(System.getProperty("user.name")));
        } catch (IOException e) {
            throw new InvalidSetting(variable, file, "name a readable text file (" + e.getMessage() + ")");
        }
        InvalidSetting.unless(!content.isBlank(), variable, file, "name a file that is not empty");
        return content;
    }
}
