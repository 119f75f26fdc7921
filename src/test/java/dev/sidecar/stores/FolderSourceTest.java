package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder whose writer is a stranger. */
class FolderSourceTest {

    @TempDir
    private Path directory;

    private Path folder;

    @BeforeEach
    void files() throws IOException {
        folder = Files.createDirectories(directory.resolve("dumps"));
        Files.writeString(Files.createDirectories(folder.resolve("app")).resolve("password"), "a dump");
        Files.writeString(Files.createDirectories(directory.resolve("secrets")).resolve("password"), "secret");
    }

    @Test
    void aFileIsReadHoweverDeepAndTheFolderMayBeALink() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), folder);

        Source source = Source.folder(link);

        assertThat(source.list()).extracting(Source.Found::key).containsExactly("app/password");
        try (InputStream in = source.open("app/password")) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("a dump");
        }
    }

    /** Between the list and the reading there is time enough. */
    @Test
    void aFolderThatBecameALinkLeadsNowhere() throws IOException {
        Source source = Source.folder(folder);
        String key = source.list().get(0).key();
        Files.move(folder.resolve("app"), directory.resolve("away"));
        Files.createSymbolicLink(folder.resolve("app"), directory.resolve("secrets"));

        assertThatThrownBy(() -> source.open(key).close()).isInstanceOf(IOException.class);
    }

    @Test
    void aFileThatBecameALinkOrAPipeIsNotRead() throws Exception {
        Source source = Source.folder(folder);
        Path file = folder.resolve("app/password");
        Files.delete(file);
        Files.createSymbolicLink(file, directory.resolve("secrets/password"));
        assertThatThrownBy(() -> source.open("app/password").close()).isInstanceOf(IOException.class);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        assertThatThrownBy(() -> source.open("app/password").close()).isInstanceOf(IOException.class);
    }

    @Test
    void noKeyLeadsOut() {
        Source source = Source.folder(folder);

        assertThatThrownBy(() -> source.open("../secrets/password").close()).isInstanceOf(IOException.class);
        assertThatThrownBy(
                        () -> source.open(directory.resolve("secrets/password").toString())
                                .close())
                .isInstanceOf(IOException.class);
    }
}
