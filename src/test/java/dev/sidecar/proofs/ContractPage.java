package dev.sidecar.proofs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The page of metrics of a program that is not there, made of what {@code prometheus/contracts} records of it: every name and label, no values. */
final class ContractPage {

    private ContractPage() {}

    static String of(String program) {
        try {
            return Files.readAllLines(Path.of("prometheus/contracts", program + ".txt")).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .flatMap(ContractPage::samples)
                    .collect(Collectors.joining("\n", "", "\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> samples(String family) {
        String[] parts = family.split(" ", 3);
        String name = parts[0];
        String labels = parts.length < 3
                ? ""
                : Stream.of(parts[2].split(",")).map(ContractPage::label).collect(Collectors.joining(","));
        return switch (parts[1]) {
            case "histogram" ->
                Stream.of(
                        sample(name + "_bucket", labels, "le=\"+Inf\""),
                        sample(name + "_sum", labels, ""),
                        sample(name + "_count", labels, ""));
            case "summary" ->
                Stream.of(
                        sample(name, labels, "quantile=\"0.5\""),
                        sample(name + "_sum", labels, ""),
                        sample(name + "_count", labels, ""));
            default -> Stream.of(sample(name, labels, ""));
        };
    }

    private static String label(String written) {
        String[] sides = written.split("=", 2);
        return sides[0] + "=\"" + (sides.length == 1 ? "x" : sides[1].split("\\|")[0]) + "\"";
    }

    private static String sample(String name, String labels, String more) {
        String all =
                List.of(labels, more).stream().filter(each -> !each.isEmpty()).collect(Collectors.joining(","));
        return name + (all.isEmpty() ? "" : "{" + all + "}") + (name.endsWith("_up") ? " 1" : " 0");
    }
}
