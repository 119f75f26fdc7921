package dev.sidecar.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the demo takes of the machine: the memory of each of its programs, what they share counted once, and their processor time. */
final class Cost {

    private static final String REST = "the rest";
    /** In kilobytes; of less nobody wants to know what it is. */
    private static final long SMALL = 5_000;

    private Cost() {}

    /** Such as {@code 870 MB of memory (sidecar 240, sample-api 160, …) and 40 processor seconds so far}. */
    static String ofAll() {
        List<ProcessHandle> all = Stream.concat(
                        Stream.of(ProcessHandle.current()),
                        ProcessHandle.current().descendants())
                .toList();
        Map<String, Long> kilobytes = new TreeMap<>();
        all.forEach(process -> kilobytes.merge(name(process), kilobytes(process), Long::sum));
        long rest = kilobytes.values().stream()
                .filter(each -> each < SMALL)
                .mapToLong(Long::longValue)
                .sum();
        kilobytes.values().removeIf(each -> each < SMALL);
        kilobytes.merge(REST, rest, Long::sum);
        long seconds = all.stream()
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus)
                .toSeconds();
        return "%d MB of memory (%s) and %d processor seconds so far"
                .formatted(
                        kilobytes.values().stream().mapToLong(Long::longValue).sum() / 1_000,
                        kilobytes.entrySet().stream()
                                .sorted(Map.Entry.<String, Long>comparingByValue()
                                        .reversed())
                                .map(entry -> entry.getKey() + " " + entry.getValue() / 1_000)
                                .collect(Collectors.joining(", ")),
                        seconds);
    }

    private static String name(ProcessHandle process) {
        String program =
                Path.of(process.info().command().orElse(REST)).getFileName().toString();
        if (!program.equals("java")) {
            return program;
        }
        return Arrays.stream(process.info().arguments().orElse(new String[0]))
                .filter(argument -> argument.endsWith(".jar"))
                .map(jar -> Path.of(jar).getFileName().toString().replace(".jar", ""))
                .findFirst()
                .orElse("./run itself");
    }

    /** A page that several use counts to each with its share. */
    private static long kilobytes(ProcessHandle process) {
        try {
            return Files.readAllLines(Path.of("/proc/%d/smaps_rollup".formatted(process.pid()))).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            return 0; // it has ended, or this is no Linux
        }
    }
}
