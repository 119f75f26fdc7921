package dev.sidecar.delivery;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/** The jar carries these of the clone: {@code prometheus/rules}, {@code grafana/dashboards} and the data sources. */
final class Shipped {

    private static final int LONGEST = 1024 * 1024;

    private Shipped() {}

    /** The files of rules, by name without ending. */
    static Map<String, String> rules() {
        return texts("classpath:delivery/rules/*.yml");
    }

    /** The dashboards, by uid. */
    static Map<String, String> dashboards() {
        return texts("classpath:delivery/dashboards/*.json");
    }

    static String dataSources() {
        return texts("classpath:delivery/datasources/datasources.yml")
                .values()
                .iterator()
                .next();
    }

    private static Map<String, String> texts(String pattern) {
        Map<String, String> texts = new TreeMap<>();
        try {
            for (Resource file : new PathMatchingResourcePatternResolver().getResources(pattern)) {
                String name = Objects.requireNonNull(file.getFilename());
                try (InputStream in = file.getInputStream()) {
                    texts.put(
                            name.substring(0, name.lastIndexOf('.')),
                            new String(Limited.whole(in, LONGEST), StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (texts.isEmpty()) {
            throw new IllegalStateException("The jar holds no " + pattern);
        }
        return texts;
    }

    static Yaml yaml() {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setWidth(10_000);
        // Expressions and queries of several lines stay readable.
        Representer readable = new Representer(options) {
            @Override
            protected Node representScalar(Tag tag, String value, DumperOptions.ScalarStyle style) {
                return super.representScalar(
                        tag, value, value.contains("\n") ? DumperOptions.ScalarStyle.LITERAL : style);
            }
        };
        return new Yaml(new SafeConstructor(new LoaderOptions()), readable, options);
    }
}
