package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes each test that failed, with its class, its input and its assertion, to a file of this JVM in the folder
 * {@code test.failed}, so that {@code ./test} can end with them. Surefire's own summary leaves the input out.
 */
public final class FailedTests implements TestExecutionListener {

    private static final int FIRST_LINES = 12;
    private static final int LAST_LINES = 8;
    private static final int LONGEST_LINE = 300;

    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        String folder = System.getProperty("test.failed");
        if (folder != null && result.getStatus() != Status.SUCCESSFUL) {
            append(Path.of(folder), describe(test, result.getThrowable()));
        }
    }

    private String describe(TestIdentifier test, Optional<Throwable> failure) {
        Deque<String> names = new ArrayDeque<>();
        String className = "";
        Optional<TestIdentifier> at = Optional.of(test);
        while (at.isPresent() && at.get().getParentId().isPresent()) {
            Optional<ClassSource> source =
                    at.get().getSource().filter(ClassSource.class::isInstance).map(ClassSource.class::cast);
            if (source.isPresent()) {
                className = source.get().getClassName();
                break;
            }
            names.push(at.get().getDisplayName());
            at = plan.getParent(at.get());
        }
        return "FAILED %s%n  %s%n%s%n"
                .formatted(
                        className,
                        names.isEmpty() ? "before or after its tests" : String.join(" > ", names),
                        failure.map(FailedTests::message).orElse("  (no reason given)"));
    }

    private static String message(Throwable failure) {
        List<String> lines =
                failure.toString().lines().filter(line -> !line.isBlank()).toList();
        List<String> told = new ArrayList<>(lines.subList(0, Math.min(lines.size(), FIRST_LINES)));
        if (lines.size() > FIRST_LINES + LAST_LINES) {
            told.add("…");
        }
        told.addAll(lines.subList(Math.max(told.size(), lines.size() - LAST_LINES), lines.size()));
        Arrays.stream(failure.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.sidecar."))
                .filter(frame -> !frame.getClassName().startsWith("dev.sidecar.support."))
                .limit(3)
                .forEach(frame -> told.add("  at " + frame));
        return told.stream()
                .map(line -> "  " + (line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private static void append(Path folder, String text) {
        try {
            Files.writeString(
                    Files.createDirectories(folder)
                            .resolve(ProcessHandle.current().pid() + ".txt"),
                    text,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
