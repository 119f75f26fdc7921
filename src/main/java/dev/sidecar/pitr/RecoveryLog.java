package dev.sidecar.pitr;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says in words for people why PostgreSQL did not recover, from what it logs in English. */
final class RecoveryLog {

    private static final Pattern FATAL = Pattern.compile("(?:FATAL|PANIC): +([^\\n]{1,300})");
    private static final Pattern LAST =
            Pattern.compile("last completed transaction was at log time ([0-9 :.+-]{10,40})");

    private static final Pattern STOP = Pattern.compile(
            "recovery stopping (?:before|after) (?:commit|abort)[^\\n]{0,60}, time (\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?)\\+00");

    private static final Pattern LOW = Pattern.compile(
            "(max_connections|max_worker_processes|max_wal_senders|max_prepared_transactions|max_locks_per_transaction)"
                    + " = \\d{1,6} is a lower setting than on the primary server, where its value was (\\d{1,6})\\b");

    private RecoveryLog() {}

    /** Limits that were lower than the live server's, each with what that had. */
    static Map<String, Long> lowLimits(String log) {
        return LOW.matcher(log)
                .results()
                .collect(Collectors.toMap(
                        low -> low.group(1), low -> Long.parseLong(low.group(2)), Math::max, TreeMap::new));
    }

    /** The time of the transaction at which it stopped, the newest if there are several. */
    static Optional<Instant> stoppedAt(String log) {
        return STOP.matcher(log)
                .results()
                .reduce((older, newer) -> newer)
                .map(stop -> Instant.parse(stop.group(1) + "T" + stop.group(2) + "Z"));
    }

    static String explained(String log, String otherwise) {
        if (log.contains("recovery ended before configured recovery target was reached")) {
            Matcher last = LAST.matcher(log);
            return "The moment is after the last archived transaction%s. Use an earlier one, or --latest."
                    .formatted(last.find() ? ", which was at " + last.group(1).strip() : "");
        }
        if (log.contains("requested recovery stop point is before consistent recovery point")) {
            return "The moment is before the set was complete. Name a later one.";
        }
        if (log.contains("Create this directory for the tablespace before restarting the server")) {
            return "A tablespace was created after the set was taken, and its folder is not here: begin with a set that was taken after that.";
        }
        if (log.contains("requested timeline") && log.contains("is not a child of this server's history")) {
            return "The archive's newest timeline does not come from this set: its history leads elsewhere.";
        }
        if (log.contains("recovery target timeline") && log.contains("does not exist")) {
            return "The history of the timeline is missing in the archive.";
        }
        if (log.contains("could not locate required checkpoint record")
                || log.contains("WAL ends before end of online backup")
                || log.contains("WAL ends before consistent recovery point")) {
            return "WAL that the set itself needs is missing or damaged in the archive.";
        }
        Matcher fatal = FATAL.matcher(log);
        return fatal.find() ? "PostgreSQL did not recover: " + fatal.group(1).strip() : otherwise;
    }
}
