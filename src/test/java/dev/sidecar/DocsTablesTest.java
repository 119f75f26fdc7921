package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.PostgresServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ClassPathResource;

/** The documented settings and metrics are those that the code has, no more and no less. */
class DocsTablesTest {

    private static final Path SETTINGS = Path.of("docs/settings.md");
    private static final Path METRICS = Path.of("docs/metrics.md");

    /** Reading all classes takes seconds, so it is done once. */
    private static final Map<String, Setting> IN_THE_CODE = settings();

    /** @param type as declared @param standard the default, empty for none */
    private record Setting(Class<?> type, String standard) {}

    @Test
    void theTableOfSettingsIsTheCodes() throws IOException {
        // What application.yml says is the default that holds.
        EnumerablePropertySource<?> shipped = applicationYml();
        Map<String, String> defaults = new TreeMap<>();
        IN_THE_CODE.forEach((name, setting) -> {
            Object set = shipped.getProperty(name);
            defaults.put(name, set == null ? setting.standard() : set.toString());
        });

        assertThat(defaults).isNotEmpty();
        assertThat(table(SETTINGS, cells -> cells.get(2))).containsExactlyInAnyOrderEntriesOf(defaults);
    }

    /** By Spring's own reading of an environment, since a name that is nearly right is ignored without a word. */
    @Test
    void theVariableBesideASettingSetsIt() throws IOException {
        Map<String, String> variables = table(SETTINGS, cells -> cells.get(1));
        assertThat(variables.keySet()).isEqualTo(IN_THE_CODE.keySet());

        IN_THE_CODE.forEach((name, setting) -> {
            String variable = variables.get(name).replace("`", "").replaceFirst(",.*", "");
            if (setting.type() != Map.class) {
                assertThat(read(variable, name)).as(name).isEqualTo("set");
            } else if (!variable.isEmpty()) {
                String key = variable.replaceFirst(".*<SOURCE>", "")
                        .replace('_', '.')
                        .toLowerCase(Locale.ROOT);
                assertThat(read(variable.replace("<SOURCE>", "API"), name + ".api" + key))
                        .as(name)
                        .isEqualTo("set");
            }
        });
    }

    @Test
    void exactlyTheSecretsHaveAVariableForAFile() throws IOException {
        Map<String, String> variables = table(SETTINGS, cells -> cells.get(1).replace("`", ""));

        IN_THE_CODE.forEach((name, setting) -> assertThat(variables.get(name).contains(","))
                .as("a variable %s_FILE in the row of %s", variables.get(name), name)
                .isEqualTo(setting.type() == Secret.class));
        assertThat(variables.values().stream().filter(names -> names.contains(",")))
                .isNotEmpty()
                .allSatisfy(names -> assertThat(names).matches("(\\w+), \\1_FILE"));
    }

    @Test
    void theReadmeCountsTheProofs() throws IOException {
        long proofs = new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.sidecar.proofs")
                        .stream()
                        .filter(type -> !type.isInterface() && type.isAssignableTo("dev.sidecar.proofs.Proof"))
                        .count();

        assertThat(Files.readString(Path.of("README.md"))).contains(": " + proofs + " proofs of ");
    }

    private static @Nullable Object read(String variable, String name) {
        PropertySource<?> environment = new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.of(variable, "set"));
        for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment)) {
            ConfigurationProperty found = source.getConfigurationProperty(ConfigurationPropertyName.of(name));
            if (found != null) {
                return found.getValue();
            }
        }
        return null;
    }

    private static Map<String, Setting> settings() {
        Map<String, Setting> settings = new TreeMap<>();
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.sidecar").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigurationProperties.class))
                        .map(type -> load(type.getName()))
                        .forEach(type -> collect(
                                type.getAnnotation(ConfigurationProperties.class)
                                        .value(),
                                type,
                                settings));
        return settings;
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void collect(String prefix, Class<?> settings, Map<String, Setting> found) {
        for (RecordComponent component : settings.getRecordComponents()) {
            var parameter = Arrays.stream(settings.getDeclaredConstructors())
                    .flatMap(constructor -> Arrays.stream(constructor.getParameters()))
                    .filter(candidate -> candidate.getName().equals(component.getName()))
                    .findFirst()
                    .orElseThrow();
            Name given = parameter.getAnnotation(Name.class);
            String name = prefix + "." + (given == null ? dashed(component.getName()) : given.value());
            if (component.getType().isRecord()) {
                collect(name, component.getType(), found);
            } else {
                DefaultValue standard = parameter.getAnnotation(DefaultValue.class);
                found.put(
                        name,
                        new Setting(component.getType(), standard == null ? "" : String.join(",", standard.value())));
            }
        }
    }

    private static String dashed(String name) {
        return ConfigurationPropertyName.adapt(name.replaceAll("([A-Z0-9]*[A-Z])", "-$1"), '.')
                .toString();
    }

    private static EnumerablePropertySource<?> applicationYml() throws IOException {
        List<PropertySource<?>> sources =
                new YamlPropertySourceLoader().load("application", new ClassPathResource("application.yml"));
        return (EnumerablePropertySource<?>) sources.get(0);
    }

    @Test
    void theTableOfMetricsIsWhatAServerExportsBeforeItDidAnything(@TempDir Path folder) throws IOException {
        Map<String, String> metrics = new TreeMap<>();
        Files.createDirectories(folder.resolve("checks/postgres"));
        Files.writeString(folder.resolve("checks/postgres/one.sql"), "-- expect: 1\nSELECT 1\n");
        try (PostgresServer postgres = PostgresServer.start();
                ConfigurableApplicationContext server = new SpringApplicationBuilder(SidecarApplication.class)
                        .run(
                                "--server.port=0",
                                "--sidecar.gateway.port=0",
                                "--sidecar.rules.expected-targets=sidecar",
                                "--sidecar.gateway.upstream=http://127.0.0.1:9",
                                "--sidecar.access.directory=" + folder.resolve("access"),
                                "--sidecar.backup.server.host=" + postgres.host(),
                                "--sidecar.backup.server.port=" + postgres.port(),
                                "--sidecar.backup.server.user=" + postgres.user(),
                                "--sidecar.backup.server.password=" + postgres.password(),
                                "--sidecar.dumps.sources.nightly.folder=" + folder.resolve("dumps"),
                                "--sidecar.pitr.enabled=true",
                                "--sidecar.far-end.url=http://127.0.0.1:9",
                                "--sidecar.backup.checks.directory=" + folder.resolve("checks"),
                                "--sidecar.backup.directory=" + folder.resolve("backups"))) {
            server.getBean(PrometheusMeterRegistry.class).getPrometheusRegistry().scrape().stream()
                    .filter(family -> family.getMetadata().getPrometheusName().startsWith("sidecar_"))
                    .forEach(family -> metrics.put(exported(family), labels(family)));
        }
        // Micrometer's companion of a histogram or summary.
        metrics.keySet().removeIf(name -> name.endsWith("_max") && metrics.containsKey(name.replaceFirst("_max$", "")));

        assertThat(metrics).isNotEmpty();
        assertThat(table(METRICS, cells -> cells.get(1).replace("`", ""))).isEqualTo(metrics);
    }

    private static String exported(MetricSnapshot family) {
        String name = family.getMetadata().getPrometheusName();
        return family instanceof io.prometheus.metrics.model.snapshots.CounterSnapshot ? name + "_total" : name;
    }

    private static String labels(MetricSnapshot family) {
        return family.getDataPoints().stream()
                .map(DataPointSnapshot::getLabels)
                .flatMap(labels -> labels.stream().map(Label::getName))
                .collect(Collectors.toCollection(TreeSet::new))
                .stream()
                .collect(Collectors.joining(", "));
    }

    /** First column to another, of all tables of a page; of code in backticks the code. */
    private static Map<String, String> table(Path page, Function<List<String>, String> value) throws IOException {
        Map<String, String> rows = new TreeMap<>();
        Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("| `"))
                .map(DocsTablesTest::cells)
                .forEach(cells -> assertThat(rows.put(cells.get(0), value.apply(cells)))
                        .as("second row for " + cells.get(0))
                        .isNull());
        return rows;
    }

    private static List<String> cells(String row) {
        return Stream.of(row.substring(1).split("(?<!\\\\)\\|"))
                .map(String::strip)
                .map(cell -> cell.replaceAll("^`([^`]*)`$", "$1").replace("\\|", "|"))
                .map(cell -> cell.equals("–") ? "" : cell)
                .toList();
    }
}
