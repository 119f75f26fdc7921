package dev.sidecar.commands;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * Writes what each command line of help and version prints into a file that has its name. The image is built with them, as Java needs twice
 * the time that a person who asks for help should have to wait.
 */
final class HelpFiles {

    private HelpFiles() {}

    /** @param args the folder */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        for (List<String> line : lines(Help.whole(), List.of())) {
            try (PrintStream file = new PrintStream(
                    Files.newOutputStream(folder.resolve(String.join(" ", line))), false, StandardCharsets.UTF_8)) {
                Help.print(line.toArray(String[]::new), Commands.plain(), file);
            }
        }
    }

    private static List<List<String>> lines(CommandLine command, List<String> path) {
        List<List<String>> lines = new ArrayList<>();
        Help.HELP.forEach(option -> lines.add(with(path, option)));
        if (path.isEmpty()) {
            Help.VERSION.forEach(option -> lines.add(with(path, option)));
        }
        command.getSubcommands().forEach((name, below) -> lines.addAll(lines(below, with(path, name))));
        return lines;
    }

    private static List<String> with(List<String> path, String next) {
        List<String> longer = new ArrayList<>(path);
        longer.add(next);
        return longer;
    }
}
