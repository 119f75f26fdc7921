package dev.sidecar.reports;

import dev.sidecar.proofs.Drill;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Counts the verdicts of each proof for each day of UTC, in one small file a day, so that the pictures of a report outlive a restart and
 * need no Prometheus. What was counted since the last save, a minute at most, is lost with a killed process.
 */
final class VerdictLog implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(VerdictLog.class);
    private static final String FILE = ".json";
    private static final int LARGEST = 1 << 20;
    /** A clock that jumped must not empty the folder. */
    private static final int MOST_AT_ONCE = 10;

    private static final TypeReference<TreeMap<String, DayCount>> COUNTS = new TypeReference<>() {};

    private final Path directory;
    private @Nullable LocalDate day;
    private Map<String, DayCount> counts = new TreeMap<>();
    private boolean changed;

    VerdictLog(Path directory) {
        this.directory = directory;
    }

    /** Counts one drill. It never fails: a drill is worth more than its picture. */
    synchronized void drilled(Drill drill) {
        LocalDate of = LocalDate.ofInstant(drill.when(), ZoneOffset.UTC);
        if (!of.equals(day)) {
            try {
                save();
            } catch (IOException e) {
                log.atWarn().addKeyValue("day", day).setCause(e).log("verdicts of a day could not be saved");
            }
            day = of;
            counts = new TreeMap<>(read(of));
            changed = false;
        }
        DayCount before = counts.getOrDefault(drill.claim().id(), DayCount.NONE);
        DayCount after = before.plus(drill.state());
        if (!after.equals(before)) {
            counts.put(drill.claim().id(), after);
            changed = true;
        }
    }

    /** Writes what was counted since the last time. @return whether there was anything */
    synchronized boolean save() throws IOException {
        if (!changed || day == null) {
            return false;
        }
        ReportFolder.make(directory);
        ReportFolder.replace(file(day), JsonMapper.shared().writeValueAsBytes(counts));
        changed = false;
        return true;
    }

    /** The counts of one day by the proofs' ids. */
    synchronized Map<String, DayCount> of(LocalDate wanted) {
        return wanted.equals(day) ? Map.copyOf(counts) : read(wanted);
    }

    private Map<String, DayCount> read(LocalDate wanted) {
        try (InputStream in = Files.newInputStream(file(wanted))) {
            return JsonMapper.shared().readValue(Limited.whole(in, LARGEST), COUNTS);
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (IOException | JacksonException e) {
            log.atWarn().addKeyValue("day", wanted).setCause(e).log("verdicts of a day cannot be read; it is left out");
            return Map.of();
        }
    }

    private Path file(LocalDate wanted) {
        return directory.resolve(wanted + FILE);
    }

    /** Deletes days that are older than the limit. @return how many */
    int expire(Instant now, Duration keep) throws IOException {
        LocalDate oldest = LocalDate.ofInstant(now.minus(keep), ZoneOffset.UTC);
        List<LocalDate> old;
        try (Stream<Path> files = Files.list(directory)) {
            old = files.map(file -> file.getFileName().toString())
                    .flatMap(name -> dayOf(name).stream())
                    .filter(found -> found.isBefore(oldest))
                    .sorted()
                    .limit(MOST_AT_ONCE)
                    .toList();
        } catch (NoSuchFileException e) {
            return 0;
        }
        for (LocalDate found : old) {
            Files.deleteIfExists(file(found));
        }
        return old.size();
    }

    private static Optional<LocalDate> dayOf(String name) {
        try {
            return name.endsWith(FILE)
                    ? Optional.of(LocalDate.parse(name.substring(0, name.length() - FILE.length())))
                    : Optional.empty();
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        save();
    }
}
