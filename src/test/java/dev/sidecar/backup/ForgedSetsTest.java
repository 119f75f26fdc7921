package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Copies;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.StoreThat;
import dev.sidecar.support.MutableClock;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A set that somebody else put into the store is neither restored nor verified, copied, drilled, counted or deleted. */
class ForgedSetsTest {

    private final PostgresServer server = PostgresServer.shared();
    private final MutableClock clock = new MutableClock("2026-11-20T12:00:00Z");

    @TempDir
    private Path folder;

    private String database;
    private BackupFixture fixture;
    private Backups backups;
    private Path trap;

    @BeforeEach
    void take() {
        trap = folder.resolve("trapped");
        database = server.createDatabase("forged");
        server.execute(database, "CREATE TABLE t AS SELECT generate_series(1, 100) i");
        fixture = new BackupFixture(server, folder).at(clock).with("server.databases", database);
        backups = fixture.backups();
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    /** The attack: psql's own commands among the globals, as somebody who has no key would store them. */
    @Test
    void aForgedSetRunsNothing() throws Exception {
        BackupId forged = forge(take(Generation.DAILY), "globals.sql", "\\! touch " + trap + "\n");

        refused(() -> backups.get(forged));
        refused(() -> backups.get(forged, "local"));
        refused(() -> backups.plan(RestoreRequest.intoNew(forged, database + "_copy")));
        refused(() -> backups.restore(RestoreRequest.intoNew(forged, database + "_copy"), backups.progress()));
        refused(() -> backups.pin(forged, "x"));
        assertThat(backups.list()).extracting(Backup::id).doesNotContain(forged);
        assertThat(backups.latest(database)).get().extracting(Backup::id).isNotEqualTo(forged);
        assertThat(backups.refused()).extracting(RefusedSet::set).containsExactly(forged.toString());
        assertThat(trap).doesNotExist();
        assertThat(fixture.metric("sidecar_backup_refused{store=\"local\"}")).isEqualTo("1.0");
    }

    /** Also for a person who accepts such a set by mistake: what is no SQL of roles is refused. */
    @Test
    void anAcceptedForgeryStillRunsNoCommandOfPsql() throws Exception {
        BackupId forged = forge(take(Generation.DAILY), "globals.sql", "\\! touch " + trap + "\n");
        Backup adopted = backups.adopt(backups.refused().get(0));
        assertThat(adopted.id()).isEqualTo(forged);

        assertThatThrownBy(() -> backups.verify(adopted, VerificationLevel.L4, backups.progress()))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("outside of quotes");

        assertThat(trap).doesNotExist();
    }

    @Test
    void theDrillAndTheCopiesLeaveItOut() throws Exception {
        Backup good = take(Generation.DAILY);
        BackupId forged = forge(good, "globals.sql", "\\! touch " + trap + "\n");
        LocalStore second = new LocalStore(folder.resolve("second"));
        Catalogue both = fixture.catalogue(new LocalStore(fixture.store), new SecondStore(second));

        assertThat(new Copies(both).complete(database, backups.progress()))
                .extracting(Backup::id)
                .containsExactly(good.id());
        BackupProperties properties = fixture.properties();
        BackupJobs jobs = new BackupJobs(
                backups,
                new BackupRun(backups, new Copies(both), expire(both)),
                properties,
                fixture.metrics(properties),
                clock);
        Outcome drilled = jobs.drill(new Run(clock.instant(), true, 1));

        assertThat(drilled.toString()).contains(good.id().toString()).doesNotContain(forged.toString());
        assertThat(trap).doesNotExist();
    }

    /** Newer, verified as it says itself, and many: they neither push a good one out nor vanish without a word. */
    @Test
    void retentionCountsNoForgedSetAndDeletesNone() throws Exception {
        fixture.with("slots.daily.keep", 2)
                .with("slots.daily.cron", "0 0 12 * * *")
                .with("verify.level", "L1");
        backups = fixture.backups();
        Backup first = takeVerified();
        clock.tick(Duration.ofDays(1));
        Backup second = takeVerified();
        for (int i = 0; i < 5; i++) {
            clock.tick(Duration.ofSeconds(1));
            forge(second, "globals.sql", "\\! touch " + trap + "\n");
        }
        List<String> before = fixture.stored();

        ExpirationResult result =
                expire(fixture.catalogue(new LocalStore(fixture.store))).run(100);

        assertThat(result.decisions())
                .extracting(decision -> decision.backup().id())
                .containsExactly(second.id(), first.id());
        assertThat(result.deleted()).isEmpty();
        assertThat(fixture.stored()).isEqualTo(before);
        assertThat(backups.refused()).hasSize(5);
    }

    @Test
    void aSetOfWhichTheManifestWasForgedLaterIsNoLongerABackup() throws Exception {
        Backup backup = take(Generation.DAILY);
        Path manifest = fixture.store.resolve(backup.id() + "/manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace("public", "hidden"));

        refused(() -> backups.get(backup.id()));
        assertThat(backups.verify(backup, VerificationLevel.L0, backups.progress())
                        .held())
                .isFalse();
    }

    private void refused(ThrowingCallable work) {
        assertThatThrownBy(work)
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED));
    }

    private Backup take(Generation generation) {
        return backups.take(new TakeRequest(database, generation, clock.instant()), backups.progress());
    }

    private Backup takeVerified() {
        Backup taken = take(Generation.DAILY);
        backups.verify(taken, VerificationLevel.L1, backups.progress());
        return backups.get(taken.id());
    }

    private Expiration expire(Catalogue catalogue) {
        return new Expiration(
                catalogue, id -> false, RetentionPolicy.of(fixture.properties(), fixture.backups()::levelFor), clock);
    }

    /** Copies a set under a later name, with another file in it and all checksums right; only the signature is not to be had. */
    private BackupId forge(Backup like, String file, String content) throws Exception {
        BackupId forged = BackupId.next(
                database, clock.instant().plusSeconds(60), like.id().generation());
        Path from = fixture.store.resolve(like.id().toString());
        Path to = Files.createDirectories(fixture.store.resolve(forged.toString()));
        try (Stream<Path> files = Files.list(from)) {
            for (Path each : files.filter(Files::isRegularFile)
                    .filter(each -> !each.toString().contains("SHA256SUMS")
                            && !each.toString().endsWith(".sig"))
                    .toList()) {
                Files.copy(each, to.resolve(each.getFileName()));
            }
        }
        byte[] stored = zstd(content, to.resolve(file + ".zst"));
        Manifest m = like.manifest();
        List<Manifest.StoredFile> files = m.files().stream()
                .map(each -> each.name().equals(file + ".zst")
                        ? new Manifest.StoredFile(
                                each.name(),
                                each.kind(),
                                stored.length,
                                content.length(),
                                sha256(stored),
                                each.tables())
                        : each)
                .toList();
        Files.write(
                to.resolve("manifest.json"),
                TestSets.file(new Manifest(
                        m.format(),
                        forged,
                        clock.instant().plusSeconds(60),
                        clock.instant(),
                        clock.instant(),
                        m.server(),
                        m.client(),
                        m.compression(),
                        m.encryption(),
                        files,
                        m.contents())));
        return forged;
    }

    private static byte[] zstd(String content, Path to) throws IOException {
        byte[] bytes = Zstd.compress(content.getBytes(StandardCharsets.UTF_8));
        Files.write(to, bytes);
        return bytes;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A directory that stands for the bucket. */
    private static final class SecondStore extends StoreThat {

        SecondStore(LocalStore store) {
            super(store);
        }

        @Override
        public String name() {
            return "s3";
        }
    }
}
