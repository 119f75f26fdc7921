package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ./run} starts and what makes the dashboards stand beside the product: not in it, and not in need of the tests. */
class SourceRootsTest {

    @TempDir
    private Path compiled;

    /** As {@code ./run} and {@code ./regenerate} compile it in a fresh clone. */
    @ParameterizedTest
    @ValueSource(strings = {"src/demo/java", "src/dashboards/java"})
    void itCompilesWithoutTheTests(Path root) throws Exception {
        Path tests = folder(SourceRootsTest.class);
        String classpath = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).equals(tests))
                .collect(Collectors.joining(File.pathSeparator));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean success = compiler.getTask(
                            errors,
                            files,
                            null,
                            List.of("-proc:none", "-d", compiled.toString(), "-classpath", classpath),
                            null,
                            files.getJavaFileObjectsFromPaths(sources(root)))
                    .call();
            assertThat(success).as(errors.toString()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"src/demo/java", "src/dashboards/java"})
    void itIsNoPartOfTheProduct(Path root) throws Exception {
        Path product = folder(SidecarApplication.class);

        assertThat(product.resolve("dev/sidecar/SidecarApplication.class")).exists();
        assertThat(sources(root))
                .isNotEmpty()
                .allSatisfy(source -> assertThat(product.resolve(
                                root.relativize(source).toString().replaceFirst("java$", "class")))
                        .doesNotExist());
    }

    @ParameterizedTest
    @ValueSource(strings = {"src/demo/java", "src/dashboards/java"})
    void itsPackagesAreNullMarked(Path root) throws IOException {
        assertThat(sources(root).stream()
                        .map(source ->
                                root.relativize(source.getParent()).toString().replace('/', '.'))
                        .distinct())
                .isNotEmpty()
                .allSatisfy(
                        name -> assertThat(Class.forName(name + ".package-info").isAnnotationPresent(NullMarked.class))
                                .isTrue());
    }

    private static List<Path> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static Path folder(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
