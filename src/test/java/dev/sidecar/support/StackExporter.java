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

/** What the compose file has exporters collect, for those that run here without it. */
public final class StackExporter {

    private StackExporter() {}

    /** @param service such as {@code node-exporter} @return its arguments that switch a collector on or off or limit it */
    public static String[] collectors(String service) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        try {
            Map<String, Map<String, Map<String, List<String>>>> file = new Yaml(new SafeConstructor(options))
                    .load(Files.readString(Path.of("docker-compose.staging.yml")));
            String[] collectors = file.get("services").get(service).get("command").stream()
                    .filter(argument -> argument.matches("--(no-)?collector\\..*"))
                    .toArray(String[]::new);
            if (collectors.length == 0) {
                throw new IllegalArgumentException(service + " has no argument for collectors");
            }
            return collectors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
