package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Has exporters that run here collect what the compose file has theirs collect. */
public final class StackExporter {

    private StackExporter() {}

    /** @param service such as {@code node-exporter} @return its arguments that switch a collector on or off or limit it */
    public static String[] collectors(String service) {
        String[] collectors = texts(service, "command").stream()
                .filter(argument -> argument.matches("--(no-)?collector\\..*"))
                .toArray(String[]::new);
        if (collectors.length == 0) {
            throw new IllegalArgumentException(service + " has no argument for collectors");
        }
        return collectors;
    }

    /** The same, and the other arguments but the one for its login; mounted files are those of this repository. */
    public static String[] arguments(String service) {
        return texts(service, "command").stream()
                .filter(argument -> !argument.startsWith("--web."))
                .map(argument -> mounted(argument, texts(service, "volumes")))
                .toArray(String[]::new);
    }

    private static String mounted(String argument, List<String> volumes) {
        return volumes.stream()
                .map(volume -> volume.split(":"))
                .filter(volume -> volume[0].startsWith("./") && argument.endsWith("=" + volume[1]))
                .map(volume -> argument.replace(
                        volume[1],
                        Path.of(volume[0]).toAbsolutePath().normalize().toString()))
                .findFirst()
                .orElse(argument);
    }

    /** A variable of its environment, as it is written there. */
    public static String variable(String service, String name) {
        return ((Map<?, ?>) service(service).get("environment")).get(name).toString();
    }

    private static List<String> texts(String service, String list) {
        return ((List<?>) service(service).get(list))
                .stream().map(Object::toString).toList();
    }

    private static Map<String, Object> service(String service) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        try {
            Map<String, Map<String, Map<String, Object>>> file = new Yaml(new SafeConstructor(options))
                    .load(Files.readString(Path.of("docker-compose.staging.yml")));
            return file.get("services").get(service);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
