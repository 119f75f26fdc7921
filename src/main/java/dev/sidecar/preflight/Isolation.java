package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Reports how tightly each service of the compose file is isolated. A team may loosen that; preflight only makes sure that nobody overlooks it. */
final class Isolation implements Step {

    private final Path composeFile;

    Isolation(Path composeFile) {
        this.composeFile = composeFile;
    }

    @Override
    public void prepare(Plan plan) {
        List<ServiceIsolation> services;
        try {
            services = services();
        } catch (YAMLException | ClassCastException e) {
            plan.found(ReportLine.wrong(
                    composeFile.getFileName().toString(),
                    "is not valid: " + e.getMessage(),
                    "run docker compose config, which names the line, and correct the file"));
            return;
        }
        services.forEach(service -> {
            if (!service.weaknesses().isEmpty()) {
                plan.found(
                        ReportLine.note("isolation of " + service.service(), String.join("; ", service.weaknesses())));
            }
        });
        String root = services.stream()
                .filter(ServiceIsolation::root)
                .map(ServiceIsolation::service)
                .collect(Collectors.joining(", "));
        plan.found(ReportLine.on(
                "isolation",
                services.size() + " services; user 0: "
                        + (root.isEmpty() ? "none" : root + " (see the compose file)")));
    }

    /** The compose file uses many anchors; the usual limit on them guards against files from strangers. */
    private static LoaderOptions options() {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        return options;
    }

    List<ServiceIsolation> services() {
        Optional<String> text = Plan.stored(composeFile);
        Object file = text.map(content -> (Object) new Yaml(new SafeConstructor(options())).load(content))
                .orElse(Map.of());
        Object entries = ((Map<?, ?>) file).get("services");
        List<ServiceIsolation> services = new ArrayList<>();
        if (entries instanceof Map<?, ?> map) {
            map.forEach((name, entry) -> services.add(ServiceIsolation.of(String.valueOf(name), (Map<?, ?>) entry)));
        }
        return services;
    }
}
