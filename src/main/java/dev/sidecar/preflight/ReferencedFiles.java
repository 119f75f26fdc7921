package dev.sidecar.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Checks that the files that a configuration names exist where the service will look for them. */
final class ReferencedFiles {

    private static final Set<String> LISTS = Set.of("rule_files", "scrape_config_files", "templates");

    private final String service;
    private final PreflightProperties directories;
    private final Plan plan;

    ReferencedFiles(String service, PreflightProperties directories, Plan plan) {
        this.service = service;
        this.directories = directories;
        this.plan = plan;
    }

    void check(String configuration) {
        LoaderOptions options = new LoaderOptions();
        // Each receiver refers to every channel by alias.
        options.setMaxAliasesForCollections(1_000);
        try {
            walk("", new Yaml(new SafeConstructor(options)).load(configuration));
        } catch (YAMLException e) {
            plan.found(ReportLine.wrong(
                    service + ".yml", "is not YAML: " + e.getMessage(), "correct the file in the clone"));
        }
    }

    private void walk(String key, Object node) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((name, value) -> walk(String.valueOf(name), value));
        } else if (node instanceof List<?> list) {
            list.forEach(value -> walk(key, value));
        } else if (node instanceof String path && (key.endsWith("_file") || LISTS.contains(key))) {
            open(key, path);
        }
    }

    private void open(String key, String path) {
        Path home = Path.of("/etc", service);
        Path inService = home.resolve(path);
        boolean there;
        if (inService.startsWith("/run/secrets")) {
            // A service sees only its own directory of secrets.
            Path own = Path.of("/run/secrets", service);
            there = inService.startsWith(own)
                    && plan.content(directories
                                    .secrets()
                                    .resolve(service)
                                    .resolve(own.relativize(inService).toString()))
                            .filter(content -> !content.isBlank())
                            .isPresent();
        } else {
            there = inService.startsWith(home)
                    && matches(directories
                            .stack()
                            .resolve(service)
                            .resolve(home.relativize(inService).toString()));
        }
        if (!there) {
            plan.found(ReportLine.wrong(
                    service + ".yml",
                    key + " names " + path + ", which does not exist for the service or is empty",
                    inService.startsWith("/run/secrets")
                            ? "provide the secret (secrets/README.md), or remove the entry"
                            : "put the file back (git checkout -- " + service + "), or remove the entry"));
        }
    }

    private static boolean matches(Path pattern) {
        if (!pattern.getFileName().toString().contains("*")) {
            return Files.isReadable(pattern);
        }
        var matcher = pattern.getFileSystem().getPathMatcher("glob:" + pattern.getFileName());
        try (Stream<Path> files = Files.list(pattern.getParent())) {
            return files.anyMatch(file -> matcher.matches(file.getFileName()) && Files.isReadable(file));
        } catch (IOException e) {
            return false;
        }
    }
}
