package dev.sidecar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A command that a page tells the reader to type: a line of a block marked {@code sh}, or code within a sentence that begins with the
 * name of a program.
 */
record DocumentedCommand(Path page, String line) {

    /** Names of the page that lists what no test runs. */
    static final Path NOT_RUN = Path.of("docs/commands-not-run.md");

    private static final Pattern INLINE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern PROGRAM = Pattern.compile("(?:sudo )?(?:[A-Z_]+=\\S+ )*(?:"
            + "(?:docker|sidecar|curl|mvn|java|promtool|amtool|redis-cli|psql|openssl|nginx|alloy|df|du|find|free|journalctl|jcmd"
            + "|ssh|chown|apt-get|kill) .+"
            + "|(?!\\S+\\.java)(?:\\./|\\.ci/|backup/|bench/)[\\w./-]+(?: .+)?)");

    static List<DocumentedCommand> all() throws IOException {
        List<DocumentedCommand> commands = new ArrayList<>();
        for (Path page : pages()) {
            collect(page, commands);
        }
        return commands;
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(
                            Stream.of("README.md", "CONTRIBUTING.md", "secrets/README.md")
                                    .map(Path::of),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .filter(page -> !page.equals(NOT_RUN))
                    .toList();
        }
    }

    private static void collect(Path page, List<DocumentedCommand> commands) throws IOException {
        String block = null;
        String begun = "";
        for (String line : Files.readAllLines(page)) {
            String text = line.strip();
            if (text.startsWith("```")) {
                block = block == null ? text.substring(3) : null;
            } else if (block == null) {
                INLINE.matcher(line)
                        .results()
                        .map(code -> code.group(1))
                        .filter(code -> PROGRAM.matcher(code).matches())
                        .forEach(code -> commands.add(new DocumentedCommand(page, code)));
            } else if (block.equals("sh")) {
                begun += text.replaceFirst("(^| +)#( .*|$)", "");
                if (begun.endsWith("\\")) {
                    begun = begun.substring(0, begun.length() - 1);
                } else if (!begun.isEmpty()) {
                    commands.add(new DocumentedCommand(page, begun));
                    begun = "";
                }
            }
        }
    }

    /** The programs with their arguments that the shell would start, those within {@code $(…)} first; placeholders are plain words. */
    List<List<String>> programs() {
        List<List<String>> programs = new ArrayList<>();
        split(line.replaceAll("<([a-z_]+)>", "$1"), programs);
        return programs;
    }

    /** Finds the bracket that closes {@code $(}: one between quotes is none. */
    private static int closing(String line, int from) {
        int at = from;
        while (line.charAt(at) != ')') {
            char c = line.charAt(at);
            at = (c == '\'' || c == '"' ? line.indexOf(c, at + 1) : at) + 1;
        }
        return at;
    }

    private static void split(String line, List<List<String>> programs) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            if (c == '\'' || c == '"') {
                int end = line.indexOf(c, at + 1);
                word.append(line, at + 1, end);
                inWord = true;
                at = end;
            } else if (line.startsWith("$(", at)) {
                int end = closing(line, at);
                split(line.substring(at + 2, end), programs);
                word.append("$()");
                inWord = true;
                at = end;
            } else if (c == '|' || c == ';' || c == '&') {
                end(words, word, inWord);
                inWord = false;
                programs.add(words);
                words = new ArrayList<>();
            } else if (c == ' ') {
                end(words, word, inWord);
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        end(words, word, inWord);
        programs.add(words);
        programs.removeIf(List::isEmpty);
    }

    private static void end(List<String> words, StringBuilder word, boolean inWord) {
        if (inWord && !word.toString().matches("\\d?[<>].*")) {
            words.add(word.toString());
        }
        word.setLength(0);
    }

    @Override
    public String toString() {
        return page + ": " + line;
    }

    static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
