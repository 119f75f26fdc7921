package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A folder that gets files of ours, and in which whatever else is there stays as it is. */
final class Folder {

    /** First line of each YAML file; of a dashboard the tag says that it is ours. */
    static final String MARK = "# Delivered by the sidecar, which replaces it at the next time: change nothing here.\n";

    private static final String TAG = "\"tags\" : [ \"sidecar\" ]";
    private static final int LONGEST = 1024 * 1024;

    private final Path folder;
    private final String prefix;
    private final String ending;

    Folder(Path folder, String prefix, String ending) {
        this.folder = folder;
        this.prefix = prefix;
        this.ending = ending;
    }

    static Folder ofYaml(Path folder, String prefix) {
        return new Folder(folder, prefix, ".yml");
    }

    static Folder ofDashboards(Path folder) {
        return new Folder(folder, "", ".json");
    }

    /**
     * Writes the files, and removes those of an earlier delivery that are not among them.
     *
     * @param contents by name without ending
     * @throws CommandFailure if a file of somebody else is in the way, before anything is changed
     */
    void write(Map<String, String> contents) {
        Map<Path, String> files = new TreeMap<>();
        contents.forEach((name, text) ->
                files.put(folder.resolve(prefix + name + ending), ending.equals(".yml") ? MARK + text : text));
        try {
            Files.createDirectories(folder);
            for (Path file : files.keySet()) {
                if (Files.exists(file) && !isOurs(file)) {
                    throw new CommandFailure(
                            file + " is there already and was not delivered by the sidecar. Move it away, "
                                    + "or choose another folder. Nothing was written.");
                }
            }
            for (Map.Entry<Path, String> file : files.entrySet()) {
                Path complete =
                        Files.writeString(folder.resolve("." + file.getKey().getFileName() + ".new"), file.getValue());
                Files.move(complete, file.getKey(), StandardCopyOption.ATOMIC_MOVE);
            }
            for (Path earlier : here()) {
                if (!files.containsKey(earlier) && isOurs(earlier)) {
                    Files.delete(earlier);
                }
            }
        } catch (IOException e) {
            throw new CommandFailure("Cannot write to " + folder + ": " + e);
        }
    }

    private Iterable<Path> here() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> String.valueOf(file.getFileName()).startsWith(prefix)
                            && String.valueOf(file.getFileName()).endsWith(ending))
                    .toList();
        }
    }

    private boolean isOurs(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            String text = Limited.beginning(in, LONGEST);
            return ending.equals(".yml") ? text.startsWith(MARK) : text.contains(TAG);
        }
    }
}
