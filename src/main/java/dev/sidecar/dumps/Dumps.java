package dev.sidecar.dumps;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.dumps.DumpResult.DumpVerdict;
import dev.sidecar.dumps.DumpsProperties.From;
import dev.sidecar.postgres.InstalledPrograms;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.stores.Source;
import dev.sidecar.text.HostileText;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Judges dumps that others take: whether the newest of each source is fresh and as large as usual, and what its restore showed. It reads
 * them, and writes nothing to where they lie.
 */
public final class Dumps {

    private static final int MOST_FOLDER_HEAD = DumpHead.BYTES;
    private static final Duration TRY_AGAIN = Duration.ofHours(1);
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);
    private static final int MOST_DOUBLINGS = 5;
    private static final int LONGEST_PROBLEM = 2_000;
    /** How much room a compressed dump needs as a rule, tables and indexes included. */
    private static final int USUAL_GROWTH = 10;
    /** Small files compress best. */
    private static final long LEAST_ROOM = 64L << 20;

    private final DumpsProperties settings;
    private final Postgres postgres;
    private final OwnChecks checks;
    private final DumpResults results;
    private final DumpMetrics metrics;
    private final Clock clock;
    private final Map<String, DumpState> known = new ConcurrentHashMap<>();
    private final Map<String, String> troubles = new ConcurrentHashMap<>();
    /** By source, a dump that is listed and cannot be read. */
    private final Map<String, DumpFile> closed = new ConcurrentHashMap<>();

    Dumps(
            DumpsProperties settings,
            Postgres postgres,
            OwnChecks checks,
            DumpResults results,
            DumpMetrics metrics,
            Clock clock) {
        this.settings = settings;
        this.postgres = postgres;
        this.checks = checks;
        this.results = results;
        this.metrics = metrics;
        this.clock = clock;
        sources().forEach(source -> metrics.known(source, settings.from(source).greatestAge(), results.of(source)));
        checks.alsoFor(sources().stream()
                .map(source -> settings.from(source).databaseOr(source))
                .toList());
    }

    /** Names of the sources, sorted. */
    public List<String> sources() {
        return List.copyOf(settings.names());
    }

    /** The job that looks at a source; a person who runs it has the newest dump restored once more. */
    public static String job(String source) {
        return "dumps-" + source;
    }

    /** Returns the last known state of each source, without reading the folders. */
    public List<DumpState> known() {
        return sources().stream()
                .map(source -> known.getOrDefault(
                        source, DumpState.unknown(source, "it has not been checked yet.", results.of(source))))
                .toList();
    }

    /** Looks at a source: what lies there, and what was proven of it. */
    public DumpState look(String source) {
        From from = settings.from(source);
        Optional<DumpResult> result = results.of(source);
        List<DumpFile> dumps;
        try (Source open = from.open(source)) {
            dumps = finished(open, from);
        } catch (IOException e) {
            DumpState unknown = DumpState.unknown(
                    source, "Its dumps cannot be listed: " + HostileText.line(String.valueOf(e.getMessage())), result);
            known.put(source, unknown);
            metrics.unreadable(source);
            return unknown;
        }
        closed.computeIfPresent(
                source, (any, dump) -> dumps.isEmpty() || !dumps.get(0).equals(dump) ? null : dump);
        return seen(state(source, from, dumps, result));
    }

    private DumpState state(String source, From from, List<DumpFile> dumps, Optional<DumpResult> result) {
        return DumpState.of(
                source,
                from,
                settings.look(),
                dumps,
                result,
                Optional.ofNullable(troubles.get(source)),
                clock.instant());
    }

    private DumpState seen(DumpState state) {
        known.put(state.source(), state);
        metrics.update(state);
        if (closed.containsKey(state.source())) {
            metrics.unreadable(state.source());
        }
        return state;
    }

    /** Tells whether the newest dump is to be restored: it is another one, or our own side failed and some time has passed. */
    boolean isDue(String source) throws IOException {
        From from = settings.from(source);
        try (Source open = from.open(source)) {
            List<DumpFile> dumps = finished(open, from);
            return !dumps.isEmpty() && isDue(source, dumps.get(0));
        }
    }

    private boolean isDue(String source, DumpFile newest) {
        Instant now = clock.instant();
        if (results.abandoned(source, newest)
                .filter(at -> at.plus(TRY_AGAIN).isAfter(now))
                .isPresent()) {
            return false;
        }
        return results.of(source)
                .filter(result -> result.isOf(newest)
                        && (result.verdict() != DumpVerdict.NOT_VERIFIED
                                || result.provenAt().plus(wait(result)).isAfter(now)))
                .isEmpty();
    }

    /** A restore of hours that our side breaks off each time must not keep the prover from our own backups. */
    private static Duration wait(DumpResult result) {
        Duration wait = TRY_AGAIN.multipliedBy(1L << Math.max(0, Math.min(MOST_DOUBLINGS, result.failures() - 1)));
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }

    /**
     * Restores the newest finished dump of a source into a scratch server and runs your own checks on it.
     *
     * @throws BackupFailure if there is none, it cannot be read from its place, or there is no scratch server now, which says nothing
     *     about the dump and replaces no result
     */
    public DumpResult prove(String source) throws InterruptedException {
        From from = settings.from(source);
        try (Source open = from.open(source)) {
            List<DumpFile> dumps = finished(open, from);
            if (dumps.isEmpty()) {
                throw new BackupFailure(
                        Reason.NOT_FOUND,
                        "Source '%s' has no finished dump: nothing there matches %s.%s (%s)."
                                .formatted(source, DumpsProperties.setting(source), "pattern", from.pattern()));
            }
            DumpFile newest = dumps.get(0);
            int before = results.of(source)
                    .filter(result -> result.isOf(newest))
                    .map(DumpResult::failures)
                    .orElse(0);
            results.begin(source, newest, clock.instant());
            try {
                DumpResult result = new Run(from, source, open, newest, before).prove();
                results.put(source, result);
                troubles.remove(source);
                closed.remove(source);
                seen(state(source, from, dumps, Optional.of(result)));
                return result;
            } catch (BackupFailure e) {
                troubles.put(source, String.valueOf(e.getMessage()));
                throw e;
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                closed.put(source, newest);
                throw e;
            } finally {
                results.end(source);
            }
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.STORAGE, "The dumps of '%s' cannot be read: %s".formatted(source, e.getMessage()), e);
        }
    }

    /** A file that is still being written is no dump yet. */
    private List<DumpFile> finished(Source open, From from) throws IOException {
        Instant settled = clock.instant().minus(from.settled());
        return DumpFile.among(open.list(), from.matcher()).stream()
                .filter(dump -> !dump.modified().isAfter(settled))
                .toList();
    }

    private final class Run {

        private final From from;
        private final String database;
        private final Source source;
        private final DumpFile dump;
        private final List<String> problems = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private final List<CheckResult> results = new ArrayList<>();
        private DumpVerdict verdict = DumpVerdict.RESTORED;
        private @Nullable Duration restoreTook;
        private long tables;
        private long databaseBytes;

        private final int before;
        private boolean started;

        /** @param before how often our side has failed with this dump */
        Run(From from, String name, Source source, DumpFile dump, int before) {
            this.from = from;
            this.before = before;
            this.database = from.databaseOr(name);
            this.source = source;
            this.dump = dump;
        }

        DumpResult prove() throws InterruptedException, IOException {
            try {
                restore();
            } catch (UnusableDump e) {
                verdict = e.isDamaged() ? DumpVerdict.DAMAGED : DumpVerdict.NOT_VERIFIED;
                problems.add(String.valueOf(e.getMessage()));
            } catch (NoSuchFileException e) {
                throw e;
            } catch (BackupFailure e) {
                if (!started || e.reason() == Reason.SHUTDOWN) {
                    throw e;
                }
                verdict = DumpVerdict.NOT_VERIFIED;
                problems.add(String.valueOf(e.getMessage()));
            }
            return new DumpResult(
                    dump.name(),
                    dump.bytes(),
                    dump.modified(),
                    clock.instant(),
                    verdict,
                    restoreTook,
                    tables,
                    databaseBytes,
                    shown(problems),
                    shown(notes),
                    List.copyOf(results),
                    verdict == DumpVerdict.NOT_VERIFIED ? before + 1 : 0);
        }

        private static List<String> shown(List<String> sentences) {
            return sentences.stream()
                    .map(HostileText::line)
                    .map(text -> text.length() > LONGEST_PROBLEM ? text.substring(0, LONGEST_PROBLEM) + "…" : text)
                    .toList();
        }

        private void restore() throws InterruptedException, IOException {
            if (!postgres.isIsolated()) {
                throw new UnusableDump(
                        false,
                        "Nothing isolates a restore here, so a dump from elsewhere could read the sidecar's secrets. Install bubblewrap (apt-get install bubblewrap); sidecar.backup.scratch.contents-trusted does not apply to dumps that others take.");
            }
            DumpHead head = head();
            InstalledPrograms programs = postgres.programs();
            Client client = head.major() == 0 ? programs.newest() : programs.ofMajorOrNewer(head.major());
            if (head.major() > 0 && client.major() > head.major()) {
                notes.add("It is of PostgreSQL %d, which is not installed here; it was restored in %d."
                        .formatted(head.major(), client.major()));
            }
            long most = from.growth() * Math.min(dump.bytes(), Long.MAX_VALUE / from.growth());
            try (ScratchServer scratch = postgres.scratchServer(
                    client, USUAL_GROWTH * Math.min(dump.bytes(), Long.MAX_VALUE / USUAL_GROWTH), List.of())) {
                started = true;
                scratch.endAfter(from.limit());
                try {
                    restore(new DumpRestore(source, dump, head, client, scratch, Math.max(most, LEAST_ROOM)), scratch);
                } catch (InterruptedException | BackupFailure | UnusableDump e) {
                    if (scratch.isExpired()) {
                        Thread.interrupted();
                        throw new BackupFailure(
                                Reason.UNPROVEN,
                                "The restore did not end within %s (the limit of this source) and was stopped."
                                        .formatted(from.limit()),
                                e);
                    }
                    throw e;
                }
            }
        }

        private void restore(DumpRestore restore, ScratchServer scratch)
                throws InterruptedException, NoSuchFileException {
            RestoreMessages messages = restore.restore();
            restoreTook = restore.lastPass();
            notes.addAll(restore.notes());
            if (!messages.damage().isEmpty()) {
                throw new UnusableDump(true, String.join("; ", messages.damage()));
            }
            if (!messages.unverifiable().isEmpty()) {
                throw new BackupFailure(
                        Reason.UNPROVEN,
                        "PostgreSQL on the sidecar's machine could not restore it: "
                                + String.join("; ", messages.unverifiable()));
            }
            String restored = restore.database(database);
            tables = restore.tables(restored);
            databaseBytes = restore.bytes(restored);
            messages.errors().forEach(error -> problems.add("PostgreSQL said: " + error));
            if (tables == 0) {
                problems.add("It holds no table.");
            }
            restore.silenceEventTriggers(restored);
            results.addAll(checks.run(database, () -> restore.session(restored), "public", dump.modified()));
            if (!scratch.hasAmcheck()) {
                notes.add(
                        "Indexes were not checked: amcheck is not installed here; it is part of PostgreSQL's contrib modules.");
            } else if (problems.isEmpty()) {
                scratch.corruption(scratch.connectionString(restored), 1, false)
                        .ifPresentOrElse(
                                found -> problems.add("amcheck found: " + found),
                                () -> notes.add("Tables and indexes were checked with amcheck."));
            }
            if (!problems.isEmpty()) {
                verdict = DumpVerdict.INCOMPLETE;
            }
        }

        private DumpHead head() throws IOException {
            if (dump.isFolder()) {
                String contents = dump.keys().stream()
                        .filter(key -> key.equals("toc.dat") || key.endsWith("/toc.dat"))
                        .findFirst()
                        .orElseThrow();
                try (InputStream in = source.open(contents)) {
                    return DumpHead.of(in.readNBytes(MOST_FOLDER_HEAD));
                }
            }
            try (InputStream stored = source.open(dump.keys().get(0));
                    InputStream in = Decompression.of(stored)) {
                return DumpHead.of(in.readNBytes(DumpHead.BYTES));
            } catch (ZipException | EOFException | com.github.luben.zstd.ZstdIOException e) {
                throw new UnusableDump(
                        true, "It cannot be decompressed: " + HostileText.line(String.valueOf(e.getMessage())));
            }
        }
    }
}
