package dev.sidecar.dumps;

import dev.sidecar.dumps.DumpsProperties.From;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of the dumps of one source.
 *
 * @param source its name
 * @param newest path of the newest finished dump; none if there is none
 * @param bytes of that dump
 * @param least how many bytes it should have, by the settings and by those before it
 * @param modified when that dump was last written
 * @param result of the newest restore; none if there was none yet
 * @param problems sentences on why people cannot rely on it; empty if they can
 * @param lines what was looked at, each a sentence
 */
public record DumpState(
        String source,
        @Nullable String newest,
        long bytes,
        long least,
        @Nullable Instant modified,
        Optional<DumpResult> result,
        List<String> problems,
        List<String> lines) {

    private static final int USUAL_OF = 7;
    /** Fewer say nothing about what is usual. */
    private static final int LEAST_BEFORE = 3;

    static DumpState unknown(String source, String why, Optional<DumpResult> result) {
        return new DumpState(source, null, 0, 0, null, result, List.of(source + ": " + why), List.of());
    }

    static DumpState of(
            String source,
            From from,
            Duration look,
            List<DumpFile> dumps,
            Optional<DumpResult> result,
            Optional<String> trouble,
            Instant now) {
        List<String> problems = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        if (dumps.isEmpty()) {
            return unknown(
                    source, "no finished dump matches '%s'.".formatted(HostileText.line(from.pattern())), result);
        }
        DumpFile newest = dumps.get(0);
        Duration age = Duration.between(newest.modified(), now);
        lines.add("%s: %s, %s, written %s."
                .formatted(source, HostileText.line(newest.name()), Sizes.of(newest.bytes()), Durations.ago(age)));
        if (age.compareTo(from.greatestAge()) > 0) {
            problems.add("%s: the newest dump is %s old; %s is allowed."
                    .formatted(source, Durations.of(age), Durations.of(from.greatestAge())));
        }
        if (newest.bytes() < from.leastSize().toBytes()) {
            problems.add("%s: the newest dump has %s; the least is %s."
                    .formatted(
                            source,
                            Sizes.of(newest.bytes()),
                            Sizes.of(from.leastSize().toBytes())));
        }
        Optional<Long> usual = usual(dumps);
        usual.filter(bytes -> newest.bytes() < share(bytes, from))
                .ifPresent(bytes -> problems.add("%s: the newest dump has %s, where %s are usual."
                        .formatted(source, Sizes.of(newest.bytes()), Sizes.of(bytes))));
        result.ifPresentOrElse(
                found -> judge(source, from, look, newest, found, now, problems, lines),
                () -> problems.add("%s: no dump has been restored yet.".formatted(source)));
        trouble.ifPresent(why -> lines.add(
                "%s: the newest dump could not be restored yet: %s".formatted(source, HostileText.line(why))));
        return new DumpState(
                source,
                newest.name(),
                newest.bytes(),
                Math.max(
                        from.leastSize().toBytes(),
                        usual.map(bytes -> share(bytes, from)).orElse(0L)),
                newest.modified(),
                result,
                List.copyOf(problems),
                List.copyOf(lines));
    }

    /** Tells whether nothing but checks of your own speaks against it. */
    boolean lacksOnlyChecks() {
        long missed = result.map(found ->
                        found.checks().stream().filter(check -> !check.held()).count())
                .orElse(0L);
        return problems.size() == missed;
    }

    private static void judge(
            String source,
            From from,
            Duration look,
            DumpFile newest,
            DumpResult result,
            Instant now,
            List<String> problems,
            List<String> lines) {
        lines.add("%s: %s %s %s%s"
                .formatted(
                        source,
                        HostileText.line(result.dump()),
                        result.verdict().words(),
                        Durations.ago(Duration.between(result.provenAt(), now)),
                        result.restoreTook() == null
                                ? "."
                                : ", in %s, with %d table%s."
                                        .formatted(
                                                Durations.clock(result.restoreTook()),
                                                result.tables(),
                                                result.tables() == 1 ? "" : "s")));
        result.checks().forEach(check -> lines.add(check.sentence()));
        if (!result.isOf(newest)) {
            lines.add("%s: the newest dump has not been restored yet.".formatted(source));
        }
        if (result.verdict() != DumpResult.DumpVerdict.RESTORED) {
            problems.add("%s: %s %s: %s"
                    .formatted(
                            source,
                            HostileText.line(result.dump()),
                            result.verdict().words(),
                            result.problems().isEmpty() ? "" : result.problems().get(0)));
        }
        result.checks().stream()
                .filter(check -> !check.held())
                .map(CheckResult::sentence)
                .forEach(sentence -> problems.add(source + ": " + sentence));
        Duration proven = Duration.between(result.modified(), now);
        // It is as old as it was when the next one came, and that has to be found and restored.
        Duration allowed = from.greatestAge().plus(from.settled()).plus(look).plus(from.limit());
        if (proven.compareTo(allowed) > 0) {
            problems.add("%s: the dump that was restored last is %s old; %s is allowed, with the time for a restore."
                    .formatted(source, Durations.of(proven), Durations.of(allowed)));
        }
    }

    private static long share(long usual, From from) {
        return (long) Math.ceil(usual * (from.leastShare() / 100.0));
    }

    private static Optional<Long> usual(List<DumpFile> dumps) {
        List<Long> before = dumps.stream()
                .skip(1)
                .limit(USUAL_OF)
                .map(DumpFile::bytes)
                .sorted()
                .toList();
        return before.size() < LEAST_BEFORE ? Optional.empty() : Optional.of(before.get(before.size() / 2));
    }
}
