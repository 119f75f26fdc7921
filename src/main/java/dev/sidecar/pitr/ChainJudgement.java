package dev.sidecar.pitr;

import dev.sidecar.pitr.LiveCluster.Archiver;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges what was read of the repository and of the server.
 *
 * @param settings that say how old things may be
 * @param now the time to judge at
 */
record ChainJudgement(PitrProperties settings, Instant now) {

    /** WAL is pushed by several processes, so that a later segment may arrive a moment earlier. */
    private static final Duration IN_FLIGHT = Duration.ofSeconds(60);

    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    /**
     * Facts that are neither in the repository nor said by the server.
     *
     * @param failures of archiving since it last succeeded
     * @param free bytes left for the repository; negative if that is not known
     * @param drill the newest
     * @param failed sets from which the last recovery failed
     */
    record Seen(long failures, long free, Optional<RecoveryResult> drill, List<RecoveryResults.Failed> failed) {}

    PitrState of(Repository.Contents contents, Chain chain, Archiver archiver, List<String> problems, Seen seen) {
        List<String> lines = new ArrayList<>();
        Optional<Instant> archived = contents.archived().values().stream().max(Instant::compareTo);
        List<Gap> gaps = chain.gaps().stream()
                .filter(gap -> gap.before().plus(IN_FLIGHT).isBefore(now))
                .toList();
        List<Span> spans = chain.spans();
        if (!contents.exists()) {
            problems.add("The repository has no stanza '%s' yet.".formatted(settings.stanza()));
        }
        if (!archiver.on()) {
            problems.add("The server does not archive: set archive_mode = on and restart it.");
        }
        ofAnother(contents, archiver, settings.stanza()).ifPresent(problems::add);
        contents.earlier().ifPresent(lines::add);
        long newest = contents.lineage().newest();
        if (archiver.timeline() > 0 && newest > archiver.timeline()) {
            problems.add(
                    "The archive has WAL of timeline %1$d, and the server writes timeline %2$d: another server archives into stanza '%3$s', such as a promoted copy of this one, and recoveries follow its timeline. Set archive_mode = off there, and remove what it archived (names that begin with %1$08X) with 'pgbackrest repo-rm'."
                            .formatted(newest, archiver.timeline(), settings.stanza()));
        }
        contents.lost().ifPresent(problems::add);
        contents.unknown().stream()
                .filter(timeline -> timeline < newest)
                .forEach(timeline -> lines.add(
                        "The history of timeline %d is missing: no moment at which the server was on it can be recovered."
                                .formatted(timeline)));
        if (seen.failures() > 0) {
            problems.add("Archiving fails: %d tries since it last succeeded.".formatted(seen.failures()));
        }
        gaps.forEach(gap -> {
            if (chain.beginsAnewAfter(gap)) {
                lines.add(gap.sentence() + " A set was taken after it, so that only the moments in between are lost.");
            } else {
                problems.add(gap.sentence() + " Take a full set: nothing can be recovered over it.");
            }
        });
        age("full set", newest(contents, true), settings.fullAge(), problems, lines);
        age("set", newest(contents, false), settings.setAge(), problems, lines);
        archived.ifPresentOrElse(at -> wal(at, problems, lines), () -> problems.add("No WAL is archived."));
        contents.current().stream()
                .filter(PhysicalSet::damaged)
                .forEach(set -> problems.add("Set %s holds pages with wrong checksums.".formatted(set.label())));
        seen.failed().stream()
                .filter(one ->
                        contents.sets().stream().anyMatch(set -> set.label().equals(one.set())))
                .forEach(one -> problems.add(
                        "The last recovery from set %s, of %s, failed: %s".formatted(one.set(), one.at(), one.why())));
        spans.forEach(
                span -> lines.add("Every moment from %s to %s can be recovered.".formatted(span.from(), span.to())));
        long bytes = contents.walBytes()
                + contents.sets().stream()
                        .mapToLong(PhysicalSet::repositoryBytes)
                        .sum();
        int sets = contents.sets().size();
        lines.add("%d %s with WAL of %s%s."
                .formatted(
                        sets,
                        sets == 1 ? "set" : "sets",
                        Sizes.of(bytes),
                        seen.free() < 0 ? "" : ", %s left".formatted(Sizes.of(seen.free()))));
        return new PitrState(
                now,
                contents.current(),
                spans,
                gaps,
                archived,
                seen.failures(),
                archiver.walBytes(),
                bytes,
                seen.free(),
                seen.drill(),
                problems,
                lines);
    }

    /** Says that the stanza is not the server's. */
    static Optional<String> ofAnother(Repository.Contents contents, Archiver archiver, String stanza) {
        if (archiver.systemId().isBlank()
                || contents.systemId().isBlank()
                || archiver.systemId().equals(contents.systemId())) {
            return Optional.empty();
        }
        return Optional.of(
                contents.version() < archiver.version()
                        ? "The server is PostgreSQL %1$d, and stanza '%2$s' still of PostgreSQL %3$d: until it is told of the upgrade, no WAL is archived. Run 'pgbackrest --stanza=%2$s stanza-upgrade', then 'sidecar pitr backup full' (docs/pitr.md, \"After an upgrade\")."
                                .formatted(archiver.version(), stanza, contents.version())
                        : "Stanza '%s' belongs to another database cluster (%s) than the server (%s): two clusters must not share a stanza."
                                .formatted(stanza, contents.systemId(), archiver.systemId()));
    }

    private static Optional<Instant> newest(Repository.Contents contents, boolean full) {
        return contents.current().stream()
                .filter(set -> !full || set.type() == PhysicalSet.Type.FULL)
                .map(PhysicalSet::stopped)
                .max(Instant::compareTo);
    }

    private void age(
            String what, Optional<Instant> newest, Duration allowed, List<String> problems, List<String> lines) {
        if (newest.isEmpty()) {
            problems.add("There is no %s.".formatted(what));
            return;
        }
        Duration age = Duration.between(newest.get(), now);
        if (age.compareTo(allowed) > 0) {
            problems.add("The newest %s is %s old; %s is allowed."
                    .formatted(what, Durations.of(age), Durations.of(allowed)));
        } else if (age.compareTo(CLOCKS_DIFFER.negated()) < 0) {
            problems.add("The newest %s is of the future (%s): a clock was set.".formatted(what, newest.get()));
        } else {
            lines.add("The newest %s was complete %s."
                    .formatted(what, Durations.ago(age.isNegative() ? Duration.ZERO : age)));
        }
    }

    private void wal(Instant archived, List<String> problems, List<String> lines) {
        Duration age = Duration.between(archived, now);
        if (age.compareTo(settings.rpo()) > 0) {
            problems.add("The newest WAL was archived %s; %s is allowed (sidecar.pitr.rpo)."
                    .formatted(Durations.ago(age), Durations.of(settings.rpo())));
        } else if (age.compareTo(CLOCKS_DIFFER.negated()) < 0) {
            problems.add("The newest WAL was archived in the future (%s): a clock was set.".formatted(archived));
        } else {
            lines.add(
                    "The newest WAL was archived %s.".formatted(Durations.ago(age.isNegative() ? Duration.ZERO : age)));
        }
    }
}
