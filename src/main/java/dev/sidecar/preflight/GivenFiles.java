package dev.sidecar.preflight;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads the secrets that a person put into the directory {@code secrets/}. */
final class GivenFiles implements Step {

    private final Path directory;

    GivenFiles(Path directory) {
        this.directory = directory;
    }

    /** Refuses a file that nothing reads: most likely its name is misspelt. */
    @Override
    public void prepare(Plan plan) {
        List<String> known = new ArrayList<>(StackSecrets.CERTIFICATE);
        StackSecrets.ALL.forEach(secret -> known.add(secret.name()));
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith(".") && !name.equals("README.md") && !known.contains(name))
                    .sorted()
                    .forEach(name -> plan.found(ReportLine.wrong(
                            "secrets/" + name,
                            "nothing reads a file of this name",
                            "rename or remove it; known names are " + String.join(", ", new TreeSet<>(known)))));
        } catch (NoSuchFileException e) {
            plan.found(ReportLine.off("given secrets", "no directory secrets/: all secrets are generated"));
        } catch (IOException e) {
            plan.found(ReportLine.wrong("secrets/", "cannot be listed", "chmod 755 secrets"));
        }
    }

    /** A person put a file of this name there, whether or not it can be used. */
    boolean has(String name) {
        return Files.exists(directory.resolve(name));
    }

    /** A person put an empty file of this name there. */
    boolean isEmpty(String name) {
        try {
            return Files.readString(directory.resolve(name)).isBlank();
        } catch (IOException e) {
            return false;
        }
    }

    /** Reads a given file without the line break at its end; empty if there is none or it cannot be used. */
    Optional<String> read(String name, Plan plan) {
        try {
            String content = Files.readString(directory.resolve(name)).stripTrailing();
            if (content.isEmpty()) {
                plan.found(
                        ReportLine.wrong("secrets/" + name, "is empty", "write the value into it, or remove the file"));
                return Optional.empty();
            }
            return Optional.of(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            plan.found(ReportLine.wrong(
                    "secrets/" + name,
                    "user 10010, which preflight runs as, may not read it",
                    "sudo chown 10010 secrets/" + name + " && sudo chmod 400 secrets/" + name));
        } catch (CharacterCodingException e) {
            plan.found(ReportLine.wrong("secrets/" + name, "is not a text file", "save it as UTF-8 text"));
        } catch (IOException e) {
            plan.found(ReportLine.wrong(
                    "secrets/" + name, "cannot be read: " + e.getMessage(), "make it a plain text file"));
        }
        return Optional.empty();
    }
}
