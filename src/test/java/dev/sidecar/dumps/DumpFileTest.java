package dev.sidecar.dumps;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.stores.Source.Found;
import java.nio.file.FileSystems;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class DumpFileTest {

    private static final Instant NOW = Instant.parse("2026-11-28T02:00:00Z");

    /** Who writes to a bucket chooses the keys. */
    @Test
    void aKeyThatIsNoPathIsNoDumpAndHidesNoOther() {
        assertThat(among("**", found("a\0b.dump", 0), found("\ud800.dump", 0), found("app.dump", 60)))
                .extracting(DumpFile::name)
                .containsExactly("app.dump");
    }

    @Test
    void aFolderOfPgDumpIsOneDumpAsOldAsItsNewestFile() {
        assertThat(among("*", found("app/toc.dat", 60), found("app/1.dat.gz", 30), found("old.sql", 90)))
                .extracting(DumpFile::name, DumpFile::bytes, DumpFile::isFolder)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("app", 20L, true),
                        org.assertj.core.groups.Tuple.tuple("old.sql", 10L, false));
    }

    /** pg_dump -Fd writes its contents last. */
    @Test
    void aFolderThatIsStillBeingWrittenHoldsNoDump() {
        assertThat(among(
                        "**",
                        found("app/3067.dat.gz", 600),
                        found("app/blob_16.dat.gz", 600),
                        found("app/blobs.toc", 600)))
                .isEmpty();
    }

    @Test
    void aSourceMayBeTheFolderOfADumpItself() {
        assertThat(among("**", found("toc.dat", 60), found("3067.dat.gz", 60), found("old.dump", 90)))
                .extracting(DumpFile::name, DumpFile::isFolder)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("toc.dat", true),
                        org.assertj.core.groups.Tuple.tuple("old.dump", false));
    }

    @Test
    void whatLiesBesideADumpIsNone() {
        assertThat(among(
                        "**",
                        found("app.dump", 60),
                        found("app.dump.sha256", 0),
                        found("backup.log", 0),
                        found(".lock", 0)))
                .extracting(DumpFile::name)
                .containsExactly("app.dump");
    }

    private static List<DumpFile> among(String pattern, Found... files) {
        return DumpFile.among(List.of(files), FileSystems.getDefault().getPathMatcher("glob:" + pattern));
    }

    private static Found found(String key, int secondsOld) {
        return new Found(key, 10, NOW.minusSeconds(secondsOld));
    }
}
