package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A newcomer who follows CONTRIBUTING.md finds every file that it names, and a recipe is short enough to be read. */
class ContributingTest {

    private static final Path PAGE = Path.of("CONTRIBUTING.md");
    private static final Path MAIN = Path.of("src/main/java/dev/sidecar");

    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern FILE =
            Pattern.compile("\\.?[\\w.-]*(?:/[\\w.-]+)+/?|[\\w.-]+\\.(?:md|yml|xml)|\\.env\\.\\w+");
    private static final Pattern CLASS =
            Pattern.compile("[A-Z][A-Za-z0-9]*[a-z](?:Test|Contract|Dashboard|Stack|World|Server|Process)"
                    + "|Dashboards|Panel|Outside|InvalidSetting");

    private static String page;

    @BeforeAll
    static void read() throws IOException {
        page = Files.readString(PAGE);
    }

    @Test
    void everyFileThatItNamesExists() {
        Set<String> files = named(FILE);

        assertThat(files)
                .hasSizeGreaterThan(60)
                .allSatisfy(file -> assertThat(
                                Stream.of(Path.of(file), MAIN.resolve(file)).filter(Files::exists))
                        .as(file)
                        .isNotEmpty());
    }

    @Test
    void everyClassThatItNamesExists() throws IOException {
        Set<String> classes = named(CLASS);
        try (Stream<Path> sources = Files.walk(Path.of("src"))) {
            assertThat(classes)
                    .hasSizeGreaterThan(20)
                    .isSubsetOf(sources.map(source -> source.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .map(name -> name.replace(".java", ""))
                            .collect(Collectors.toSet()));
        }
    }

    @Test
    void everyRoomIsOnTheMapAndNoOther() throws IOException {
        Set<String> onTheMap = Arrays.stream(section("## Where things are").split("\n"))
                .filter(row -> row.startsWith("| `"))
                .flatMap(row -> CODE.matcher(row.split("\\|")[1]).results().map(code -> code.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> folders = Files.walk(MAIN)) {
            assertThat(onTheMap)
                    .isEqualTo(folders.filter(Files::isDirectory)
                            .filter(folder -> !folder.equals(MAIN))
                            .map(folder -> folder.getFileName().toString())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    @Test
    void aRecipeHasTenLinesAtMost() {
        Map<String, List<String>> recipes = new LinkedHashMap<>();
        for (String recipe : section("## Recipes").split("\n### ")) {
            recipes.put(
                    recipe.lines().findFirst().orElseThrow(),
                    recipe.lines().filter(line -> line.matches("\\d+\\. .*")).toList());
        }

        assertThat(recipes).hasSizeGreaterThanOrEqualTo(9);
        assertThat(recipes.values()).allSatisfy(steps -> assertThat(steps).hasSizeLessThanOrEqualTo(10));
    }

    private static String section(String heading) {
        int begin = page.indexOf(heading + "\n");
        assertThat(begin).as(heading).isNotNegative();
        int end = page.indexOf("\n## ", begin + 1);
        return page.substring(begin, end < 0 ? page.length() : end);
    }

    private static Set<String> named(Pattern pattern) {
        return CODE.matcher(page)
                .results()
                .map(code -> code.group(1))
                .filter(code -> pattern.matcher(code).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
