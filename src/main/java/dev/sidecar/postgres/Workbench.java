package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Where the programs of a restore run, and where the files lie that they read. */
public interface Workbench {

    /** Starts a pipeline: each program reads the output of the one before it. */
    default List<Child> startPipe(List<List<String>> commands) {
        return startPipe(commands, line -> {});
    }

    /** Starts the same. @param errors takes each line of the programs' errors, of which a long run may have any number */
    List<Child> startPipe(List<List<String>> commands, Consumer<String> errors);

    /** Writes a file for the programs. @return its path as the programs see it */
    Path write(String name, Consumer<OutputStream> content) throws IOException, InterruptedException;

    /** Deletes such a file. */
    void delete(Path file);

    /** This process's own: programs run with its rights, and files lie in a folder of its own. */
    static Workbench ofThisProcess(Path folder) {
        return new Workbench() {
            @Override
            public List<Child> startPipe(List<List<String>> commands, Consumer<String> errors) {
                return Child.startPipe(commands, errors);
            }

            @Override
            public Path write(String name, Consumer<OutputStream> content) throws IOException {
                Path file = Files.createTempFile(folder, name, "");
                try (OutputStream out = Files.newOutputStream(file)) {
                    content.accept(new SpaceOrFailure(out));
                    return file;
                } catch (IOException | RuntimeException e) {
                    delete(file);
                    throw e;
                }
            }

            @Override
            public void delete(Path file) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    file.toFile().deleteOnExit();
                }
            }
        };
    }

    /** Reports a full disk as such, not as a reader that ended early. */
    final class SpaceOrFailure extends OutputStream {

        private final OutputStream out;

        SpaceOrFailure(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw new BackupFailure(
                        Reason.SPACE,
                        "Cannot decode a file: %s. Free some space, or change sidecar.backup.scratch.directory."
                                .formatted(e.getMessage()),
                        e);
            }
        }
    }
}
