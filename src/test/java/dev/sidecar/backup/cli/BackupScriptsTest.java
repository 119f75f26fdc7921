package dev.sidecar.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** The scripts decide one thing only: where the sidecar is. Java and Docker are stood in for by scripts that print their arguments. */
class BackupScriptsTest {

    private static final Path SCRIPTS = Path.of("backup").toAbsolutePath();

    @TempDir
    private Path folder;

    private Path programs;
    private Path clone;

    @BeforeEach
    void copyScripts() throws IOException {
        programs = Files.createDirectories(folder.resolve("programs"));
        clone = Files.createDirectories(folder.resolve("a clone"));
        Files.createDirectories(clone.resolve("backup"));
        try (Stream<Path> scripts = Files.list(SCRIPTS)) {
            for (Path script : scripts.toList()) {
                Files.copy(script, clone.resolve("backup").resolve(script.getFileName()));
            }
        }
        program("java", "printf '%s|' java \"$@\" \"host=${SIDECAR_BACKUP_SERVER_HOST:-}\"");
        program("docker", "exit 1");
    }

    @Test
    void runTheJarWhenThereIsNoStack() throws Exception {
        Files.writeString(clone.resolve(".env.backup.local"), "SIDECAR_BACKUP_SERVER_HOST=db.example.org\n");

        assertThat(run("backup-postgres.sh", "shop", "--json"))
                .isEqualTo(
                        "java|-Xmx128m|-jar|target/observability-sidecar.jar|backup|shop|--json|host=db.example.org|");
        assertThat(run("verify-backup.sh"))
                .isEqualTo("java|-Xmx128m|-jar|target/observability-sidecar.jar|verify|host=db.example.org|");
    }

    /** As cron does, under which Java would read every letter beyond ASCII as a question mark. */
    @Test
    void runTheJarWithALocaleThatKnowsAllLetters() throws Exception {
        program("java", "printf '%s|' \"$LC_ALL\" \"$@\"");

        Map<String, String> none = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "POSIX");
        assertThat(run(start(none, "backup-postgres.sh", "приложение")))
                .startsWith("C.UTF-8|")
                .endsWith("|приложение|");
        Map<String, String> german = Map.of("LC_ALL", "de_DE.UTF-8", "LC_CTYPE", "", "LANG", "");
        assertThat(run(start(german, "backup-postgres.sh"))).startsWith("de_DE.UTF-8|");
    }

    @Test
    void runInTheContainerWhenTheStackIsUp() throws Exception {
        program("docker", "case \" $* \" in *' ps '*) echo 0123abcd ;; *) printf '%s|' docker \"$@\" ;; esac");

        assertThat(run("restore-postgres.sh", "latest", "--into", "two words"))
                .isEqualTo("docker|compose|-f|docker-compose.staging.yml|exec|-T|sidecar|sidecar|restore|latest|--into|"
                        + "two words|");
    }

    @Test
    void runTheCommandItselfInsideTheContainer() throws Exception {
        program("sidecar", "printf '%s|' sidecar \"$@\"");

        assertThat(run("verify-backup.sh", "latest")).isEqualTo("sidecar|verify|latest|");
    }

    @Test
    void passOnTheExitCode() throws Exception {
        program("java", "exit 3");

        assertThat(start("verify-backup.sh").waitFor()).isEqualTo(3);
    }

    @Test
    void areNoPlaceForLogic() throws IOException {
        try (Stream<Path> scripts = Files.list(SCRIPTS)) {
            assertThat(scripts).allSatisfy(script -> {
                assertThat(Files.readAllLines(script)).hasSizeLessThan(20).anyMatch(line -> line.contains("exec "));
                assertThat(Files.isExecutable(script)).isTrue();
            });
        }
    }

    /** A value in a tracked file is a value in every clone. */
    @Test
    void theTrackedListOfSettingsHoldsNamesOnlyAndEachOfThemExists() throws IOException {
        List<String> names = Files.readAllLines(Path.of(".env.backup")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("# "))
                .toList();
        Set<String> settings = new TreeSet<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.sidecar")) {
            if (type.isAnnotatedWith(ConfigurationProperties.class)) {
                String prefix =
                        type.getAnnotationOfType(ConfigurationProperties.class).value();
                if (prefix.startsWith("sidecar.backup")) {
                    addNames(settings, "#" + prefix.toUpperCase(Locale.ROOT).replace('.', '_'), type.reflect());
                }
            }
        }

        assertThat(names).isNotEmpty().allMatch(line -> line.matches("#SIDECAR_BACKUP_[A-Z0-9_]+="));
        assertThat(names)
                .extracting(line -> line.replaceFirst("(_FILE)?=$", ""))
                .isSubsetOf(settings);
    }

    private static void addNames(Set<String> names, String prefix, Class<?> settings) {
        for (RecordComponent component : settings.getRecordComponents()) {
            String name = prefix + "_" + component.getName().toUpperCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                addNames(names, name, component.getType());
            } else {
                names.add(name);
            }
        }
    }

    private void program(String name, String body) throws IOException {
        Path program = programs.resolve(name);
        Files.writeString(program, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String run(String script, String... arguments) throws Exception {
        return run(start(script, arguments));
    }

    private static String run(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private Process start(String script, String... arguments) throws IOException {
        return start(Map.of(), script, arguments);
    }

    private Process start(Map<String, String> more, String script, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(clone.resolve("backup").resolve(script).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("SIDECAR_"));
        environment.put("PATH", programs + ":/usr/bin:/bin");
        environment.putAll(more);
        return builder.start();
    }
}
