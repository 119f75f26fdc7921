package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what pgBackRest's repository holds. What lies there is limited in number: others may write into a bucket. */
final class Repository {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int MOST_SETS = 10_000;
    private static final int MOST_SEGMENTS = 200_000;
    private static final int MOST_TIMELINES = 1_000;
    /** Each is read on its own. */
    private static final int MOST_TIMELINES_WITH_WAL = 32;

    private static final long LAST_MOMENT =
            Instant.parse("9999-12-31T00:00:00Z").getEpochSecond();
    private static final Pattern LABEL = Pattern.compile("\\d{8}-\\d{6}F(_\\d{8}-\\d{6}[DI])?");
    private static final Pattern ARCHIVE = Pattern.compile("(\\d{1,2}(?:\\.\\d)?)-(\\d{1,6})");
    private static final Pattern MAJOR = Pattern.compile("\\d{1,2}");
    private static final Pattern FILE =
            Pattern.compile("(?:.*/)?([0-9A-F]{24})-[0-9a-f]{40}(?:\\.(?:gz|bz2|lz4|zst))?");
    private static final Pattern HISTORY = Pattern.compile("(?:.*/)?([0-9A-F]{8})\\.history");
    /** pgBackRest gives these codes where there is no stanza, or no set in it yet. */
    private static final int NO_VALID_SETS = 2;

    private static final String NO_HISTORY =
            "The history of timeline %1$d is missing in the WAL archive or cannot be read, so nothing leads to it, and only moments before it can be recovered: archive %1$08X.history of the server's pg_wal once more ('pgbackrest archive-push'). If it is not of your server but of a copy that archived here, remove its WAL (names that begin with %1$08X) with 'pgbackrest repo-rm'.";

    private static final Set<Integer> NO_STANZA = Set.of(1, 3);

    private final PgBackRest pgBackRest;

    Repository(PgBackRest pgBackRest) {
        this.pgBackRest = pgBackRest;
    }

    /**
     * Its contents.
     *
     * @param exists whether there is a stanza
     * @param systemId tells the cluster that it is of; blank if there is none
     * @param version major of that cluster; 0 if there is none
     * @param archive the folder of the current WAL; blank if there is none
     * @param sets oldest first
     * @param walBytes of the archive
     * @param archived segments of the current archive with the time at which each was archived
     * @param timelines that have WAL, each with those that lead to it; the last is the newest
     * @param unknown numbers of timelines that have WAL but no history that can be read, so that nothing leads to them
     */
    record Contents(
            boolean exists,
            String systemId,
            int version,
            String archive,
            List<PhysicalSet> sets,
            long walBytes,
            NavigableMap<Segment, Instant> archived,
            List<Lineage> timelines,
            List<Long> unknown) {

        /**
         * Why the newest WAL leads nowhere: it is of a timeline whose history is missing. What was before can still be recovered.
         */
        Optional<String> lost() {
            return unknown.stream()
                    .filter(timeline -> timeline > lineage().newest())
                    .max(Comparator.naturalOrder())
                    .map(NO_HISTORY::formatted);
        }

        /** Where older WAL will not do. @throws BackupFailure if nothing leads to the newest */
        Contents requireNewest() {
            lost().ifPresent(why -> {
                throw new BackupFailure(Reason.DAMAGED, why);
            });
            return this;
        }

        /** The sets of the cluster as it is; those of before an upgrade are of another one, and nothing leads from them to it. */
        List<PhysicalSet> current() {
            return sets.stream().filter(set -> set.archive().equals(archive)).toList();
        }

        /** Says what can be done with the sets of before an upgrade, if there are any. */
        Optional<String> earlier() {
            return sets.stream()
                    .filter(set -> !set.archive().equals(archive))
                    .reduce((older, newer) -> newer)
                    .map(newest ->
                            "There are sets of before an upgrade, the newest of %s by PostgreSQL %d: its programs and pgBackRest recover them (docs/pitr.md, \"A bare machine\")."
                                    .formatted(newest.stopped(), newest.version()));
        }

        /** The timelines that lead to the newest. */
        Lineage lineage() {
            return timelines.get(timelines.size() - 1);
        }

        /**
         * Bytes of each segment of WAL, by where a set ended in one: whoever recovers may not reach the server, which may be what was
         * lost.
         *
         * @param otherwise if no set tells
         */
        long segmentBytes(long otherwise) {
            return current().stream()
                    .flatMap(set -> set.segmentBytes().stream())
                    .reduce((older, newer) -> newer)
                    .orElse(otherwise);
        }

        /** The one that the server was on at a moment: what it wrote then may be of a past that a later recovery gave up. */
        int timelineAt(Instant moment) {
            int at = timelines.size() - 1;
            while (at > 0 && moment.isBefore(timelines.get(at).begun())) {
                at--;
            }
            return at;
        }
    }

    Contents read() throws InterruptedException {
        JsonNode stanza = stanza();
        List<PhysicalSet> sets = sets(stanza);
        Optional<String> archive = currentArchive(stanza);
        Archive wal = archive.isPresent()
                ? pgBackRest.read(
                        LIMIT,
                        "repo-ls",
                        List.of("--output=json", "--recurse", "archive/" + pgBackRest.stanza() + "/" + archive.get()),
                        Repository::archive)
                : new Archive(0, new TreeMap<>(), Map.of());
        List<Long> numbers = numbers(wal.segments);
        List<Lineage> timelines = timelines(archive.orElse(""), numbers, wal.histories);
        return new Contents(
                isThere(stanza),
                newestCluster(stanza).path("system-id").asString(""),
                major(newestCluster(stanza).path("version").asString("")),
                archive.orElse(""),
                sets,
                wal.bytes,
                wal.segments,
                timelines.isEmpty() ? List.of(Lineage.first()) : timelines,
                numbers.stream()
                        .filter(number -> timelines.stream().noneMatch(timeline -> timeline.newest() == number))
                        .toList());
    }

    private record Archive(long bytes, NavigableMap<Segment, Instant> segments, Map<Long, Instant> histories) {}

    /** File by file: a server archives a segment each minute, and weeks of them are kept. */
    private static Archive archive(InputStream listing) throws IOException {
        NavigableMap<Segment, Instant> segments = new TreeMap<>();
        Map<Long, Instant> histories = new HashMap<>();
        long bytes = 0;
        try (JsonParser files = JsonMapper.shared().createParser(listing)) {
            files.nextToken();
            while (files.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = files.currentName();
                files.nextToken();
                JsonNode file = files.readValueAsTree();
                bytes += file.path("size").asLong(0);
                Matcher segment = FILE.matcher(name);
                Matcher history = HISTORY.matcher(name);
                if (segment.matches()) {
                    Instant at = moment(file.path("time"));
                    Segment.parse(segment.group(1)).ifPresent(one -> segments.put(one, at));
                } else if (history.matches()) {
                    histories.put(Segment.hex(history.group(1)), moment(file.path("time")));
                }
                if (segments.size() + histories.size() > MOST_SEGMENTS) {
                    throw new BackupFailure(
                            Reason.STORAGE,
                            "The archive has more than %d segments of WAL: keep fewer full sets (repo1-retention-full)."
                                    .formatted(MOST_SEGMENTS));
                }
            }
        }
        return new Archive(bytes, segments, histories);
    }

    /** A history alone may be of a server that never wrote, so that only timelines with WAL count. */
    private List<Lineage> timelines(String archive, List<Long> numbers, Map<Long, Instant> histories)
            throws InterruptedException {
        List<Lineage> timelines = new ArrayList<>();
        for (long timeline : numbers) {
            if (timeline == 1) {
                timelines.add(Lineage.first());
            } else if (histories.containsKey(timeline)) {
                history(archive, timeline, histories.get(timeline)).ifPresent(timelines::add);
            }
        }
        return List.copyOf(timelines);
    }

    /** The timelines that have WAL, oldest first, the newest of them if they are very many. */
    private static List<Long> numbers(NavigableMap<Segment, Instant> archived) {
        List<Long> numbers = new ArrayList<>();
        Segment one = archived.isEmpty() ? null : archived.lastKey();
        while (one != null && numbers.size() < MOST_TIMELINES_WITH_WAL) {
            numbers.add(one.timeline());
            one = archived.lowerKey(new Segment(one.timeline(), 0, 0));
        }
        Collections.reverse(numbers);
        return numbers;
    }

    /** One that was damaged is as good as missing: the others still lead somewhere. */
    private Optional<Lineage> history(String archive, long timeline, Instant begun) throws InterruptedException {
        String file = "archive/%s/%s/%08X.history".formatted(pgBackRest.stanza(), archive, timeline);
        try {
            return Optional.of(
                    Lineage.parse(timeline, pgBackRest.run(LIMIT, "repo-get", List.of(file)), MOST_TIMELINES, begun));
        } catch (BackupFailure e) {
            if (e.reason() == Reason.DAMAGED || e.reason() == Reason.ENCRYPTION) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The tablespaces of a set, by number, as their names are a stranger's, and where each was. */
    Map<Long, Path> tablespaces(String label) throws InterruptedException {
        JsonNode sets = json(pgBackRest.run(LIMIT, "info", List.of("--output=json", "--set=" + label)))
                .path(0)
                .path("backup");
        Map<Long, Path> places = new TreeMap<>();
        for (JsonNode one : sets.path(0).path("tablespace")) {
            places.put(
                    one.path("oid").asLong(),
                    Path.of("/", one.path("destination").asString("").replace("\0", "")));
        }
        return places;
    }

    private JsonNode stanza() throws InterruptedException {
        JsonNode stanza =
                json(pgBackRest.run(LIMIT, "info", List.of("--output=json"))).path(0);
        JsonNode status = stanza.path("status");
        int code = status.path("code").asInt(0);
        for (JsonNode repository : stanza.path("repo")) {
            String message = repository.path("status").path("message").asString("");
            if (isOfWrongKey(message)) {
                throw wrongKey(message);
            }
        }
        if (code != 0 && code != NO_VALID_SETS && !NO_STANZA.contains(code)) {
            throw new BackupFailure(
                    Reason.STORAGE,
                    "The repository has no usable stanza '%s': run 'pgbackrest stanza-create' if it is new. It says: %s"
                            .formatted(
                                    pgBackRest.stanza(),
                                    PgBackRest.beginning(status.path("message").asString(""))));
        }
        return stanza;
    }

    private static boolean isThere(JsonNode stanza) {
        return !NO_STANZA.contains(stanza.path("status").path("code").asInt(1));
    }

    private static JsonNode newestCluster(JsonNode stanza) {
        JsonNode databases = stanza.path("db");
        return databases.path(databases.size() - 1);
    }

    private static int major(String version) {
        Matcher major = MAJOR.matcher(version);
        return major.lookingAt() ? Integer.parseInt(major.group()) : 0;
    }

    private static JsonNode json(String text) {
        try {
            return JsonMapper.shared().readTree(text.isBlank() ? "[]" : text);
        } catch (JacksonException e) {
            // It quotes what it decrypted, byte by byte.
            if (isOfWrongKey(text)) {
                throw wrongKey("");
            }
            throw new BackupFailure(Reason.STORAGE, "pgBackRest wrote no JSON that can be read.", e);
        }
    }

    private static boolean isOfWrongKey(String said) {
        return said.contains("CryptoError") || said.contains("FormatError");
    }

    private static BackupFailure wrongKey(String said) {
        String beginning = PgBackRest.beginning(said);
        return new BackupFailure(
                Reason.ENCRYPTION,
                "The repository cannot be read with this key: compare repo1-cipher-pass with that of the machine that wrote it; otherwise its files are damaged. Never make a new stanza over it."
                        + (beginning.isEmpty() ? "" : " It says: " + beginning));
    }

    private static Optional<String> currentArchive(JsonNode stanza) {
        Map<Long, String> byDatabase = new HashMap<>();
        for (JsonNode archive : stanza.path("archive")) {
            String id = archive.path("id").asString("");
            if (ARCHIVE.matcher(id).matches()) {
                byDatabase.put(archive.path("database").path("id").asLong(), id);
            }
        }
        return byDatabase.entrySet().stream().max(Map.Entry.comparingByKey()).map(Map.Entry::getValue);
    }

    private static List<PhysicalSet> sets(JsonNode stanza) {
        Map<Long, String> versions = new HashMap<>();
        for (JsonNode database : stanza.path("db")) {
            versions.put(database.path("id").asLong(), database.path("version").asString(""));
        }
        List<PhysicalSet> sets = new ArrayList<>();
        for (JsonNode one : stanza.path("backup")) {
            if (sets.size() >= MOST_SETS) {
                throw new BackupFailure(Reason.STORAGE, "The repository has more than %d sets.".formatted(MOST_SETS));
            }
            set(one, versions).ifPresent(sets::add);
        }
        sets.sort(Comparator.comparing(PhysicalSet::stopped));
        return List.copyOf(sets);
    }

    private static Optional<PhysicalSet> set(JsonNode one, Map<Long, String> versions) {
        String label = one.path("label").asString("");
        long database = one.path("database").path("id").asLong();
        String version = versions.getOrDefault(database, "");
        Matcher archive = ARCHIVE.matcher(version + "-" + database);
        Optional<Segment> first =
                Segment.parse(one.path("archive").path("start").asString(""));
        Optional<Segment> last = Segment.parse(one.path("archive").path("stop").asString(""));
        if (!LABEL.matcher(label).matches() || !archive.matches() || first.isEmpty() || last.isEmpty()) {
            return Optional.empty();
        }
        List<String> needs = new ArrayList<>();
        one.path("reference").forEach(reference -> {
            String needed = reference.asString("");
            if (LABEL.matcher(needed).matches()) {
                needs.add(needed);
            }
        });
        return Optional.of(new PhysicalSet(
                label,
                type(label),
                moment(one.path("timestamp").path("start")),
                moment(one.path("timestamp").path("stop")),
                first.get(),
                last.get(),
                lastLsn(one, last.get()),
                archive.group(),
                major(version),
                one.path("info").path("size").asLong(0),
                one.path("info").path("repository").path("delta").asLong(0),
                needs,
                one.path("error").asBoolean(false)));
    }

    /** An old pgBackRest wrote none down; then the set needs all of its last segment. */
    private static long lastLsn(JsonNode set, Segment last) {
        return RecoveryTarget.position(set.path("lsn").path("stop").asString(""))
                .orElse((last.log() << 32) + 0xFFFF_FFFFL);
    }

    /** Whoever writes into the repository may write any number; one that no calendar has would end every look at it with an exception. */
    private static Instant moment(JsonNode seconds) {
        return Instant.ofEpochSecond(Math.max(0, Math.min(LAST_MOMENT, seconds.asLong(0))));
    }

    private static PhysicalSet.Type type(String label) {
        return switch (label.charAt(label.length() - 1)) {
            case 'D' -> PhysicalSet.Type.DIFFERENTIAL;
            case 'I' -> PhysicalSet.Type.INCREMENTAL;
            default -> PhysicalSet.Type.FULL;
        };
    }
}
