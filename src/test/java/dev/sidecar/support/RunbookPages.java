package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/** Reads from the pages of {@code docs/runbooks} what they tell a person to type and to ask. */
public final class RunbookPages {

    private static final Path PAGES = Path.of("docs/runbooks");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\n(.*?)\n```$");

    private RunbookPages() {}

    public static String page(String alert) {
        try {
            return Files.readString(PAGES.resolve(alert + ".md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The blocks of a language, such as {@code promql}, in their order. */
    public static List<String> blocks(String text, String language) {
        return BLOCK.matcher(text)
                .results()
                .filter(block -> block.group(1).equals(language))
                .map(block -> block.group(2))
                .toList();
    }

    /** The lines to type under a heading, such as {@code Fix}, in their order. */
    public static List<String> commands(String alert, String heading) {
        return blocks(section(alert, heading), "sh").stream()
                .flatMap(String::lines)
                .toList();
    }

    /** The queries of Prometheus under a heading. */
    public static List<String> queries(String alert, String heading) {
        return blocks(section(alert, heading), "promql");
    }

    private static String section(String alert, String heading) {
        String page = page(alert);
        int begin = page.indexOf("**" + heading + ".**");
        if (begin < 0) {
            throw new IllegalArgumentException(alert + " has no " + heading);
        }
        int end = page.indexOf("\n**", begin);
        return page.substring(begin, end < 0 ? page.length() : end);
    }

    /** All queries of Prometheus, each with the pages that name it. */
    public static Map<String, Set<String>> queries() {
        Map<String, Set<String>> queries = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(PAGES)) {
            files.map(file -> file.getFileName().toString().replace(".md", ""))
                    .sorted()
                    .forEach(alert -> blocks(page(alert), "promql")
                            .forEach(query -> queries.computeIfAbsent(query, first -> new TreeSet<>())
                                    .add(alert)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return queries;
    }

    /** The series that a query reads, as Prometheus' parser tells them: {@code name{label="value"}}, without time. */
    public static Set<String> selectors(JsonNode parsed) {
        Set<String> selectors = new TreeSet<>();
        collect(parsed, selectors);
        return selectors;
    }

    private static void collect(JsonNode node, Set<String> selectors) {
        if (node.path("type").asString("").matches("(vector|matrix)Selector")) {
            String matchers = StreamSupport.stream(node.path("matchers").spliterator(), false)
                    .filter(matcher -> !matcher.path("name").asString("").equals("__name__"))
                    .map(matcher -> matcher.path("name").asString("")
                            + matcher.path("type").asString("")
                            + '"'
                            + matcher.path("value").asString("").replace("\\", "\\\\")
                            + '"')
                    .collect(Collectors.joining(", "));
            selectors.add(node.path("name").asString("") + (matchers.isEmpty() ? "" : "{" + matchers + "}"));
        }
        node.forEach(child -> collect(child, selectors));
    }
}
