package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Writes how many seconds of a processor each test class took, with the programs that it started and saw end, to a file of
 * this JVM in the folder {@code test.costs}, so that {@code ./test} can end with them. Two processors are what a whole run is
 * bound by, and a class that waits for a minute costs them nothing. A server that leaves its parent, as Docker's containers do, is
 * not counted. Only Linux tells.
 */
public final class ProcessorTime implements TestExecutionListener {

    private static final Path STAT = Path.of("/proc/self/stat");

    /** Ticks of the kernel's clock for users: 100 in a second on every Linux that Java runs on. */
    private static final double TICKS = 100;

    private final Map<String, Long> begun = new HashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        if (measured(test)) {
            begun.put(test.getUniqueId(), ticks());
        }
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Long before = measured(test) ? begun.remove(test.getUniqueId()) : null;
        if (before != null) {
            append("%.1f %s%n".formatted((ticks() - before) / TICKS, className(test)));
        }
    }

    private static boolean measured(TestIdentifier test) {
        return System.getProperty("test.costs") != null
                && Files.isReadable(STAT)
                && test.getSource().filter(ClassSource.class::isInstance).isPresent()
                && !className(test).contains("$");
    }

    private static String className(TestIdentifier test) {
        return test.getSource()
                .map(ClassSource.class::cast)
                .map(ClassSource::getClassName)
                .orElseThrow();
    }

    /** Time in the program and in the kernel, of this process and of the children that it waited for. */
    private static long ticks() {
        try {
            String stat = Files.readString(STAT);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Arrays.stream(fields, 11, 15).mapToLong(Long::parseLong).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void append(String line) {
        try {
            Files.writeString(
                    Files.createDirectories(Path.of(System.getProperty("test.costs")))
                            .resolve(ProcessHandle.current().pid() + ".txt"),
                    line,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
