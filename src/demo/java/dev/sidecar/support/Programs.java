package dev.sidecar.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The real programs that {@code ./run} starts and tests run against. A program that is missing or too old fails the test with the instruction; nothing is
 * skipped, for a test that did not run proves nothing.
 */
public final class Programs {

    /** The stack runs these at least; older ones do not know what our files say. */
    private static final Map<String, Integer> OLDEST =
            Map.of("prometheus", 3_005, "promtool", 3_005, "alertmanager", 33, "amtool", 33);

    private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)");
    private static final Map<String, Path> FOUND = new ConcurrentHashMap<>();

    private Programs() {}

    /** The words of a program and its end. */
    public record Result(int exitCode, String output) {}

    /** @param name as in its own project: {@code promtool}, {@code alertmanager}, {@code postgres_exporter}, {@code redis-server} … */
    public static Path find(String name) {
        return FOUND.computeIfAbsent(name, Programs::search);
    }

    /** Runs it to its end; its errors are part of the output. */
    public static Result run(Path directory, String program, List<String> arguments) {
        return run(directory, Map.of(), program, arguments);
    }

    /** @param environment added to this JVM's */
    public static Result run(Path directory, Map<String, String> environment, String program, List<String> arguments) {
        List<String> command = Stream.concat(Stream.of(find(program).toString()), arguments.stream())
                .toList();
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " did not end within 5 minutes");
            }
            return new Result(process.exitValue(), output);
        } catch (IOException e) {
            throw new IllegalStateException(command + " cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command + " was interrupted", e);
        }
    }

    private static Path search(String name) {
        return places().map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .filter(Programs::isYoungEnough)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "%s is missing%s. Run .ci/programs (./run and ./test do), or install it so that it is on PATH."
                                .formatted(name, OLDEST.containsKey(name) ? " or too old" : "")));
    }

    private static Stream<Path> places() {
        return Stream.concat(
                Stream.of(Path.of(".cache/programs/bin").toAbsolutePath()),
                Stream.concat(
                                Arrays.stream(System.getenv("PATH").split(":")),
                                Stream.of("/usr/sbin", "/usr/local/sbin"))
                        .map(Path::of));
    }

    private static boolean isYoungEnough(Path program) {
        Integer oldest = OLDEST.get(program.getFileName().toString());
        if (oldest == null) {
            return true;
        }
        try {
            Process process = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(output);
            return version.find()
                    && Integer.parseInt(version.group(1)) * 1_000 + Integer.parseInt(version.group(2)) >= oldest;
        } catch (IOException e) {
            return false;
        }
    }
}
