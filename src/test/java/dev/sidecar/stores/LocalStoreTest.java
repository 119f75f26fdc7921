package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends StoreContract {

    @TempDir
    private Path directory;

    private LocalStore store;

    @BeforeEach
    void open() {
        store = new LocalStore(directory.resolve("backups"));
    }

    @Override
    Store store() {
        return store;
    }

    @Override
    void assertNothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.filter(Files::isRegularFile))
                    .noneMatch(file -> file.toString().endsWith(".part"));
        }
    }

    @Test
    void onlyTheOwnerMayReadWhatHoldsEverybodysRows() throws IOException {
        store(SET + "database.dump.zst", "rows");

        Path file = directory.resolve("backups").resolve(SET + "database.dump.zst");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
    }

    /** Whoever can write to the folder of backups reads no file of ours by it, and no run of ours waits for him. */
    @Test
    void aLinkOrAPipeInThePlaceOfAFileIsNotThere() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "a secret");
        store(SET + "manifest.json", "{}");
        Path set = directory.resolve("backups").resolve(SET);
        Files.createSymbolicLink(set.resolve("SHA256SUMS"), secret);
        assertThat(new ProcessBuilder("mkfifo", set.resolve("rows").toString())
                        .start()
                        .waitFor())
                .isZero();

        assertThat(store.list(SET)).extracting(Store.Stored::key).containsExactly(SET + "manifest.json");
        for (String name : List.of("SHA256SUMS", "rows")) {
            assertThatThrownBy(() -> store.open(SET + name).close()).isInstanceOf(IOException.class);
        }
    }

    /** Who exchanges a file after it was looked at: nobody waits for him, not for the other end and not for what he writes. */
    @Test
    void aPipeThatComesAfterTheLookBlocksNoRun() throws Exception {
        Path name = Path.of("pipe");
        Path pipe = directory.resolve(name);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();

        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (OpenFolder opened = OpenFolder.of(directory, new TimedOpen(Duration.ofMillis(200)))) {
                assertThatThrownBy(() -> opened.openedFile(name)).hasMessageContaining("it is a pipe by now");
                assertThatThrownBy(() -> opened.openedFolder(name)).hasMessageContaining("it is a pipe by now");
            }
            // Opened both ways it waits for nobody, and those left behind go on.
            try (FileChannel otherEnd = FileChannel.open(pipe, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    OpenFolder opened = OpenFolder.of(directory)) {
                assertThatThrownBy(() -> opened.openedFile(name)).isInstanceOf(NoSuchFileException.class);
                assertThatThrownBy(() -> opened.openedFolder(name)).isInstanceOf(NotDirectoryException.class);
                assertThat(otherEnd.isOpen()).isTrue();
            }
        });
    }

    /** However often somebody does it, and whether or not he opens the other end. */
    @Test
    void pipesThatComeAfterTheLookTakeNoThreadForGood() throws Exception {
        Path name = Path.of("pipe");
        assertThat(new ProcessBuilder("mkfifo", directory.resolve(name).toString())
                        .start()
                        .waitFor())
                .isZero();
        store("file", "still read");

        for (int attempt = 0; attempt < 100; attempt++) {
            try (OpenFolder opened = OpenFolder.of(directory, new TimedOpen(Duration.ofMillis(20)))) {
                assertThatThrownBy(() -> opened.openedFile(name)).isInstanceOf(IOException.class);
                if (attempt % 2 == 0) {
                    assertThatThrownBy(() -> opened.openedFolder(name)).isInstanceOf(IOException.class);
                }
            }
        }

        try (InputStream file = store.open("file")) {
            assertThat(file).hasContent("still read");
        }
    }

    @Test
    void aLinkInThePlaceOfASetIsNotWrittenThroughAndNotReadThrough() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("token"), "a secret");
        Files.createDirectory(directory.resolve("backups"));
        Files.createSymbolicLink(directory.resolve("backups").resolve(SET.replace("/", "")), elsewhere);

        assertThatThrownBy(() -> store(SET + "manifest.json", "{}")).hasMessageContaining("is a link");
        assertThatThrownBy(() -> store.open(SET + "token").close()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.delete(SET + "token")).hasMessageContaining("is a link");
        assertThat(elsewhere).isDirectoryContaining("glob:**/token").isNotEmptyDirectory();
        assertThat(elsewhere.resolve("manifest.json")).doesNotExist();
    }

    /** What is open stays the directory that it was, and what is not is found to be a link. */
    @Test
    void aSetThatBecomesALinkMeanwhileIsNotWrittenThrough() throws IOException {
        Path backups = directory.resolve("backups");
        Path set = backups.resolve(SET);
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path precious = Files.writeString(elsewhere.resolve("rows.part"), "not ours");
        Store.Upload upload = store.create(SET + "rows");
        write(upload, random(1_000));
        Files.move(set, directory.resolve("away"));
        Files.createSymbolicLink(set, elsewhere);

        upload.publish();
        upload.close();
        store.sweep(SET);
        assertThatThrownBy(() -> store.create(SET + "more")).hasMessageContaining("is a link");

        assertThat(directory.resolve("away/rows")).hasSize(1_000);
        assertThat(precious).hasContent("not ours");
        try (Stream<Path> files = Files.list(elsewhere)) {
            assertThat(files).containsExactly(precious);
        }
        assertThat(store.list("")).isEmpty();
    }

    /** The names of our files can be guessed. */
    @Test
    void whatLiesInThePlaceOfANewFileIsNotWrittenTo() throws Exception {
        Path precious = Files.writeString(directory.resolve("precious"), "not ours");
        store(SET + "manifest.json", "{}");
        Path set = directory.resolve("backups").resolve(SET);
        Files.createLink(set.resolve("hard.part"), precious);
        Files.createSymbolicLink(set.resolve("soft.part"), precious);
        Files.createSymbolicLink(set.resolve("dangling.part"), directory.resolve("made"));
        Files.createSymbolicLink(set.resolve("target"), directory.resolve("made"));
        assertThat(new ProcessBuilder("mkfifo", set.resolve("pipe.part").toString())
                        .start()
                        .waitFor())
                .isZero();

        for (String name : List.of("hard", "soft", "dangling", "pipe", "target")) {
            assertThatThrownBy(() -> store(SET + name, "rows")).as(name).isInstanceOf(FileAlreadyExistsException.class);
        }
        assertThat(precious).hasContent("not ours");
        assertThat(directory.resolve("made")).doesNotExist();
    }

    @Test
    void linksPipesAndDeepFoldersEndNoListingAndNoSweep() throws Exception {
        store(SET + "manifest.json", "{}");
        Path backups = directory.resolve("backups");
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("b.part"), "not ours");
        Files.createSymbolicLink(backups.resolve("etc"), Path.of("/etc"));
        Files.createSymbolicLink(backups.resolve("loop"), backups);
        Files.createSymbolicLink(backups.resolve("gone"), backups.resolve("nowhere"));
        Files.createSymbolicLink(backups.resolve(SET + "elsewhere"), elsewhere);
        Files.createSymbolicLink(backups.resolve("own.part"), elsewhere.resolve("b.part"));
        assertThat(new ProcessBuilder("mkfifo", backups.resolve("pipe").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(new ProcessBuilder("mknod", backups.resolve("zero").toString(), "c", "1", "5")
                        .start()
                        .waitFor())
                .isBetween(0, 1);
        Path deep = backups.resolve("d");
        for (int i = 0; i < 300; i++) {
            deep = deep.resolve("d");
        }
        Files.createDirectories(deep);

        store.sweep("");

        assertThat(store.list("")).extracting(Store.Stored::key).containsExactly(SET + "manifest.json");
        assertThat(elsewhere.resolve("b.part")).hasContent("not ours");
        for (String key : List.of("pipe", "zero", "pipe/x", "zero/x", "loop/" + SET + "manifest.json", "etc/passwd")) {
            assertThatThrownBy(() -> store.open(key).close()).as(key).isInstanceOf(IOException.class);
        }
        store.delete("own.part");
        assertThat(elsewhere.resolve("b.part")).hasContent("not ours");
        assertThat(Files.exists(backups.resolve("own.part"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void namesThatCannotBeNamedAgainAreNotThere() throws Exception {
        store(SET + "manifest.json", "{}");
        Path set = directory.resolve("backups").resolve(SET);
        assertThat(new ProcessBuilder(
                                "sh",
                                "-c",
                                "cd \"$1\" && touch \"$(printf 'bad\\377').part\" \"$(printf 'bad\\377')\" \"$(printf 'esc\\033c')\" 'line\nbreak'",
                                "sh",
                                set.toString())
                        .start()
                        .waitFor())
                .isZero();

        store.sweep("");

        assertThat(store.list(""))
                .extracting(Store.Stored::key)
                .containsExactlyInAnyOrder(SET + "manifest.json", SET + "esc\u001bc", SET + "line\nbreak");
    }

    @Test
    void aNameThatNoFileCanHaveIsAnErrorOfTheStore() {
        assertThatThrownBy(() -> store.open(SET + "a\0b"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no name of a file here");
    }

    @Test
    void moreFilesThanAnySetsHaveAreNotListed() throws IOException {
        LocalStore small = new LocalStore(directory.resolve("backups"), 3);
        for (int i = 0; i < 3; i++) {
            store(SET + i, "");
        }
        assertThat(small.list("")).hasSize(3);
        store(SET + "4", "");

        assertThatThrownBy(() -> small.list("")).hasMessageContaining("holds more than 3 files");
    }
}
