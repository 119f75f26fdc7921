package dev.sidecar.sets;

import static dev.sidecar.sets.SampleBackups.published;
import static dev.sidecar.sets.SampleBackups.verified;
import static dev.sidecar.sets.SampleBackups.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.RefusedSet.Reason;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.StoreThat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever can write to a store may put anything there, but nothing that counts as a backup. */
class SignedSetsTest {

    @TempDir
    private Path folder;

    private LocalStore store;
    private Catalogue catalogue;
    private Backup good;

    @BeforeEach
    void publishAGoodOne() throws IOException {
        store = new LocalStore(folder.resolve("store"));
        catalogue = TestSets.catalogue(List.of(store));
        good = verified("app", Generation.DAILY, "2026-11-26T02:00:00Z");
        SampleBackups.store(good, store);
    }

    @Test
    void whatThisSidecarTookIsABackup() {
        assertThat(catalogue.look().backups()).containsExactly(good);
        assertThat(catalogue.look().refused()).isEmpty();
    }

    @Test
    void aSetWithoutASignatureIsRefused() throws IOException {
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        store.write(forged.id() + "/manifest.json", ManifestFile.write(forged.manifest()));

        assertRefused(forged.id().toString(), Reason.UNSIGNED);
    }

    @Test
    void aSetSignedBySomebodyElseIsRefused() throws IOException {
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        publishAs("mallory", forged.manifest());

        assertRefused(forged.id().toString(), Reason.UNKNOWN_KEY);
    }

    /** The name of a signature's file says nothing. */
    @Test
    void aSignatureOfSomebodyElseUnderOurNameIsRefused() throws IOException {
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        publishAs("mallory", forged.manifest());
        Files.move(
                path(forged, Signatures.fileOf("manifest.json", as("mallory").keyId())),
                path(forged, Signatures.fileOf("manifest.json", ours().keyId())));

        assertRefused(forged.id().toString(), Reason.CHANGED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"slot", "startedAt", "database.dump.zst", "7300000000000000001", "\"local\"", "15.14"})
    void aManifestThatWasChangedIsRefused(String where) throws IOException {
        String manifest = Files.readString(path(good, "manifest.json"));
        assertThat(manifest).contains(where);
        int at = manifest.indexOf(where) + where.length() / 2;
        Files.writeString(
                path(good, "manifest.json"),
                manifest.substring(0, at) + (char) (manifest.charAt(at) ^ 1) + manifest.substring(at + 1));

        assertRefused(good.id().toString(), Reason.CHANGED);
    }

    /** With a correct checksum, which needs no key. */
    @Test
    void aSetThatWasDatedAnewIsRefused() throws IOException {
        Instant later = Instant.parse("2026-11-27T02:00:00Z");
        BackupId id = new BackupId("app", later, Generation.DAILY, good.id().suffix());
        Manifest dated = changed(
                good.manifest(),
                m -> new Manifest(
                        1,
                        id,
                        later,
                        later,
                        later,
                        m.server(),
                        m.client(),
                        m.compression(),
                        null,
                        m.files(),
                        m.contents()));
        moved(good, id.toString(), dated);

        assertRefused(id.toString(), Reason.CHANGED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "other.20261126T020000Z.daily.00000000",
                "app.20261127T020000Z.daily.00000000",
                "app.20261126T020000Z.weekly.00000000"
            })
    void aSetUnderAnotherNameIsRefused(String name) throws IOException {
        Files.move(
                folder.resolve("store").resolve(good.id().toString()),
                folder.resolve("store").resolve(name));

        assertRefused(name, Reason.MISPLACED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "app.20261199T020000Z.daily.00000000", "a b", "a\nb", "a\u001b[31mb", "`id`"})
    void aFolderThatNoBackupHasIsRefusedAndItsNameObeyedByNoTerminal(String name) throws IOException {
        Files.move(
                folder.resolve("store").resolve(good.id().toString()),
                folder.resolve("store").resolve(name));

        assertThat(catalogue.list()).isEmpty();
        assertThat(catalogue.look().refused()).singleElement().satisfies(refused -> {
            assertThat(refused.reason()).isEqualTo(Reason.MISPLACED);
            assertThat(refused.sentence()).matches("[\\x20-\\x7e]*").doesNotContain("`");
        });
    }

    @Test
    void aSetWithoutItsEncryptionIsRefused() throws IOException {
        Map<String, ?> encrypted = Map.of("encryption.recipients", Keys.RECIPIENT);

        assertThat(TestSets.catalogue(List.of(store), encrypted).look().refused())
                .extracting(RefusedSet::reason)
                .containsExactly(Reason.PLAINTEXT);
    }

    @Test
    void aSetOfAnotherStackIsRefusedThoughTheKeyIsTheSame() {
        assertThat(TestSets.catalogue(List.of(store), Map.of("stack", "production"))
                        .look()
                        .refused())
                .extracting(RefusedSet::reason)
                .containsExactly(Reason.OTHER_STACK);
    }

    /** The backup after it says which one it was. */
    @Test
    void anotherSetInThePlaceOfTheOneBeforeIsRefused() throws IOException {
        Backup next = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        Manifest following =
                next.manifest().of(new Manifest.Origin("local", "h1", good.id().toString(), "0".repeat(64)));
        TestSets.publish(following, store);

        assertRefused(good.id().toString(), Reason.CHANGED);
        TestSets.publish(
                next.manifest()
                        .of(new Manifest.Origin(
                                "local",
                                "h1",
                                good.id().toString(),
                                Sha256.of(Files.readAllBytes(path(good, "manifest.json"))))),
                store);
        assertThat(catalogue.list()).hasSize(2);
    }

    @Test
    void nothingOfARefusedSetIsParsed() throws IOException {
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        store.write(forged.id() + "/manifest.json", "[".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII));
        store.write(
                forged.id() + "/" + Signatures.fileOf("manifest.json", ours().keyId()),
                new byte[Signatures.signatureBytes()]);

        assertRefused(forged.id().toString(), Reason.CHANGED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 65, 1 << 20})
    void aSignatureOfAnotherLengthIsNone(int length) throws IOException {
        Files.write(path(good, Signatures.fileOf("manifest.json", ours().keyId())), new byte[length]);

        assertThat(catalogue.list()).isEmpty();
        assertThat(catalogue.look().refused()).hasSize(1);
    }

    @Test
    void eventsThatWereNotRecordedHereCountForNothing() throws IOException {
        Backup fresh = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        SampleBackups.store(fresh, store);
        BackupEvent proof = new BackupEvent(
                Type.VERIFIED, Instant.parse("2026-11-27T03:00:00Z"), VerificationLevel.L4, Duration.ofSeconds(1), "x");
        store.write(
                fresh.id() + "/events/1.json",
                ManifestFile.writeEvent(new StoredEvent(
                        proof.type(), proof.at(), proof.level(), proof.restoreTook(), proof.detail(), null, null)));
        store.write(
                fresh.id() + "/events/2.json",
                ManifestFile.writeEvent(as("mallory").sign(fresh.id(), "local", proof)));
        // True of another set, and of this one in another store.
        store.write(fresh.id() + "/events/3.json", ManifestFile.writeEvent(ours().sign(good.id(), "local", proof)));
        store.write(fresh.id() + "/events/4.json", ManifestFile.writeEvent(ours().sign(fresh.id(), "s3", proof)));
        StoredEvent genuine = ours().sign(fresh.id(), "local", proof);
        store.write(
                fresh.id() + "/events/5.json",
                ManifestFile.writeEvent(new StoredEvent(
                        Type.CLEARED, proof.at(), null, null, "x", genuine.key(), genuine.signature())));

        assertThat(catalogue.list()).containsExactly(fresh, good);

        store.write(fresh.id() + "/events/6.json", ManifestFile.writeEvent(genuine));
        assertThat(catalogue.list().get(0).isVerified(VerificationLevel.L4)).isTrue();
    }

    @Test
    void aRefusedSetIsNotCopied() throws IOException {
        LocalStore second = new LocalStore(folder.resolve("second"));
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        publishAs("mallory", forged.manifest());

        Catalogue both = TestSets.catalogue(List.of(store, named(second)));
        assertThat(new Copies(both).complete("app", new Progress(Clock.systemUTC())))
                .extracting(Backup::id)
                .containsExactly(good.id());
        assertThat(both.look().refused()).extracting(RefusedSet::store).containsExactly("local");
    }

    @Test
    void noSweepDeletesARefusedSet() throws IOException {
        Backup forged = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        publishAs("mallory", forged.manifest());

        catalogue.sweep("app");

        assertRefused(forged.id().toString(), Reason.UNKNOWN_KEY);
    }

    @Test
    void aPersonAcceptsWhatIsFromBefore() throws IOException {
        Backup old = with(verified("app", Generation.DAILY, "2026-11-20T02:00:00Z"), Type.PINNED);
        Manifest before = old.manifest();
        before = new Manifest(
                1,
                before.id(),
                before.slot(),
                before.startedAt(),
                before.finishedAt(),
                before.server(),
                before.client(),
                before.compression(),
                null,
                before.files(),
                before.contents());
        store.write(old.id() + "/manifest.json", ManifestFile.write(before));
        for (BackupEvent event : old.events()) {
            store.write(
                    old.id() + "/events/" + event.type() + ".json",
                    ManifestFile.writeEvent(new StoredEvent(
                            event.type(), event.at(), event.level(), event.restoreTook(), event.detail(), null, null)));
        }
        assertRefused(old.id().toString(), Reason.UNSIGNED);

        catalogue.adopt(catalogue.look().refused().get(0));

        assertThat(catalogue.look().refused()).isEmpty();
        assertThat(catalogue.list()).hasSize(2).last().satisfies(adopted -> {
            assertThat(adopted.standing()).isEqualTo(Backup.Standing.ADOPTED);
            assertThat(adopted.isPinned()).isTrue();
            assertThat(adopted.isVerified(VerificationLevel.L4)).isTrue();
        });

        // The word was for these bytes under this name.
        String manifest = Files.readString(path(old, "manifest.json"));
        Files.writeString(path(old, "manifest.json"), manifest.replace("15.14", "15.15"));
        assertRefused(old.id().toString(), Reason.CHANGED);
    }

    @Test
    void nobodyAcceptsWhatWasChanged() throws IOException {
        String manifest = Files.readString(path(good, "manifest.json"));
        Files.writeString(path(good, "manifest.json"), manifest.replace("15.14", "15.15"));
        RefusedSet refused = catalogue.look().refused().get(0);

        assertThatThrownBy(() -> catalogue.adopt(refused))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(BackupFailure.Reason.REFUSED));
        assertThat(catalogue.list()).isEmpty();
    }

    /** What lies in its place may be a stranger's. */
    @Test
    void aPersonsWordReplacesAForgedOne() throws IOException {
        Backup old = published("app", Generation.DAILY, "2026-11-20T02:00:00Z");
        store.write(old.id() + "/manifest.json", ManifestFile.write(old.manifest()));
        RefusedSet refused = catalogue.look().refused().get(0);
        store.write(old.id() + "/" + Signatures.fileOf("adopted", ours().keyId()), new byte[64]);
        assertRefused(old.id().toString(), Reason.CHANGED);

        catalogue.adopt(refused);

        assertThat(catalogue.list()).hasSize(2);
    }

    @Test
    void aNewMachineAcceptsWhatAKeyOfTheOldOneSigned() throws IOException {
        Path key = Files.writeString(folder.resolve("old.pub"), ours().publicKey());
        Map<String, String> newMachine =
                Map.of("signing.directory", folder.resolve("new").toString(), "stack", "elsewhere");

        Catalogue bare = TestSets.catalogue(List.of(store), newMachine);
        assertThat(bare.look().refused()).extracting(RefusedSet::reason).containsExactly(Reason.UNKNOWN_KEY);
        assertThat(folder.resolve("new")).as("a look makes no key").doesNotExist();

        bare.signatures().trust(key);
        assertThat(bare.list()).containsExactly(good);

        String line = ours().publicKey().lines().skip(1).findFirst().orElseThrow();
        for (String given : List.of(line, ours().publicKey())) {
            Map<String, String> settings =
                    Map.of("signing.directory", folder.resolve("new").toString(), "signing.trusted-keys", given);
            assertThat(TestSets.catalogue(List.of(store), settings).list()).containsExactly(good);
        }
    }

    @Test
    void theKeyIsMadeOnceAndOnlyItsOwnerReadsIt() throws IOException {
        Path directory = folder.resolve("keys");
        Signatures first = TestSets.signatures(Map.of("signing.directory", directory.toString()));

        String id = first.keyId();

        assertThat(TestSets.signatures(Map.of("signing.directory", directory.toString()))
                        .keyId())
                .isEqualTo(id);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(SigningKey.FILE))))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder(SigningKey.FILE, SigningKey.PUBLIC_FILE);
        }
        assertThat(Files.readString(directory.resolve(SigningKey.PUBLIC_FILE))).isEqualTo(first.publicKey());

        Files.setPosixFilePermissions(directory.resolve(SigningKey.FILE), PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> TestSets.signatures(Map.of("signing.directory", directory.toString()))
                        .keyId())
                .hasMessageContaining("chmod 600");
    }

    /** Two processes of one machine start at the same time. */
    @Test
    void whoeverMakesTheKeyFirstMakesItForAll() {
        Map<String, String> settings =
                Map.of("signing.directory", folder.resolve("keys").toString());

        List<String> ids = Stream.generate(() -> settings).limit(16).toList().parallelStream()
                .map(each -> TestSets.signatures(each).keyId())
                .distinct()
                .toList();

        assertThat(ids).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2CdYbGd7/1aYLqESvSS7CzEREnFaXsyaRlwO6wDHK5/YA=="
            })
    void aSettingThatIsNoKeyIsRefused(String key) {
        assertThatThrownBy(() -> TestSets.signatures(Map.of("signing.trusted-keys", key)))
                .hasStackTraceContaining("sidecar.backup.signing.trusted-keys");
    }

    /** A program that reads a forged file has obeyed it before its end, where the checksum of the whole is known. */
    @ParameterizedTest
    @ValueSource(strings = {"first", "last", "longer", "shorter"})
    void noByteOfAForgedFileReachesAnybody(String where) throws Exception {
        byte[] content = new byte[2 * Pieces.SIZE + 1000];
        new Random(3).nextBytes(content);
        Progress progress = new Progress(Clock.systemUTC());
        Encryption encryption = TestSets.encryption(Map.of());
        BackupId id = BackupId.next("app", Instant.parse("2026-11-27T02:00:00Z"), Generation.DAILY);
        SetWriter writer = new SetWriter(store, id, TestSets.compression(Map.of()), encryption, ours(), progress);
        Manifest.StoredFile stored =
                writer.write("database.dump", Manifest.FileKind.DATABASE, out -> out.write(content));
        SetReader reader = new SetReader(store, good.manifest(), encryption, progress);
        Path file = folder.resolve("store").resolve(id + "/" + stored.name());
        byte[] whole = Files.readAllBytes(file);
        int kept = where.equals("first") ? 0 : 2;
        byte[] forged = switch (where) {
            case "longer" -> Arrays.copyOf(whole, whole.length + 1);
            case "shorter" -> Arrays.copyOf(whole, whole.length - 1);
            default -> whole.clone();
        };
        if (where.equals("first") || where.equals("last")) {
            forged[where.equals("first") ? 100 : whole.length - 100] ^= 1;
        }
        Files.write(folder.resolve("store").resolve(good.id() + "/" + stored.name()), forged);
        ByteArrayOutputStream reached = new ByteArrayOutputStream();

        assertThatThrownBy(() -> reader.decode(stored, reached))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(BackupFailure.Reason.DAMAGED));

        assertThat(reached.size()).isLessThanOrEqualTo(where.equals("longer") ? content.length : kept * Pieces.SIZE);
        assertThat(Arrays.copyOf(content, reached.size())).isEqualTo(reached.toByteArray());

        Files.write(folder.resolve("store").resolve(good.id() + "/" + stored.name()), whole);
        reached.reset();
        reader.decode(stored, reached);
        assertThat(reached.toByteArray()).isEqualTo(content);
    }

    @Test
    void theKeyIsNotKeptAmongTheBackups() {
        SetProperties.Signing inside = new SetProperties.Signing(folder.resolve("store/keys"), List.of());

        assertThatThrownBy(() -> inside.requireOutside(store.directory()))
                .hasMessageContaining("sidecar.backup.signing.directory");
        new SetProperties.Signing(folder.resolve("store-keys"), List.of()).requireOutside(store.directory());
    }

    private void assertRefused(String set, Reason reason) {
        assertThat(catalogue.list())
                .extracting(backup -> backup.id().toString())
                .doesNotContain(set);
        assertThat(catalogue.look().refused()).singleElement().satisfies(refused -> {
            assertThat(refused.set()).isEqualTo(set);
            assertThat(refused.reason()).isEqualTo(reason);
        });
    }

    private static Manifest changed(Manifest manifest, UnaryOperator<Manifest> change) {
        return change.apply(manifest).of(new Manifest.Origin("local", "h1", null, null));
    }

    private void moved(Backup backup, String name, Manifest manifest) throws IOException {
        Path target = folder.resolve("store").resolve(name);
        Files.move(folder.resolve("store").resolve(backup.id().toString()), target);
        Files.write(target.resolve("manifest.json"), ManifestFile.write(manifest));
    }

    private Path path(Backup backup, String file) {
        return folder.resolve("store").resolve(backup.id().toString()).resolve(file);
    }

    private static Signatures ours() {
        return TestSets.signatures(Map.of());
    }

    private Signatures as(String name) {
        return TestSets.signatures(
                Map.of("signing.directory", folder.resolve(name).toString()));
    }

    private void publishAs(String name, Manifest manifest) throws IOException {
        byte[] bytes = ManifestFile.write(manifest);
        as(name).write(store, manifest.id(), bytes, manifest.files());
        store.write(manifest.id() + "/manifest.json", bytes);
    }

    private static StoreThat named(LocalStore store) {
        return new StoreThat(store) {
            @Override
            public String name() {
                return "s3";
            }
        };
    }
}
