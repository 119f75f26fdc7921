package dev.sidecar.reports;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A signed report as data: the predicate of its statement.
 *
 * @param id its time, which names its files
 * @param at when it was made
 * @param stack whose readiness it is
 * @param host the machine of the sidecar that made it
 * @param environment what the stack is for
 * @param version the version of the sidecar
 * @param key id of the key that signs it
 * @param summary the counts as words
 * @param score percentage of all proofs that hold, rounded down
 * @param complete whether every proof holds that is not left out by name
 * @param total how many proofs there are
 * @param proofs all proofs in the order of their areas
 * @param since what changed since the last signed report; absent if there is none
 * @param controls what the proofs are evidence towards
 * @param notMapped the proofs that are evidence towards none of them
 * @param history the verdicts of the days before
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ReportDocument(
        String id,
        Instant at,
        String stack,
        String host,
        String environment,
        String version,
        String key,
        String summary,
        int score,
        boolean complete,
        int total,
        List<Line> proofs,
        @Nullable Changes since,
        List<Towards> controls,
        List<String> notMapped,
        History history) {

    /**
     * One proof.
     *
     * @param state its state as metrics label it
     * @param word its state as people read it
     * @param evidence the sentence with figures, or why it is left out
     * @param details the lines that the evidence sums up
     * @param at when its last drill ended; absent before the first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(
            String id,
            String area,
            String sentence,
            String state,
            String word,
            String evidence,
            List<String> details,
            @Nullable Instant at) {}

    /**
     * Lists what changed since another report.
     *
     * @param id the other one's
     * @param at when it was made
     * @param score its score
     * @param difference how many points the score has risen since
     * @param proofs those that stand differently now
     * @param added ids of proofs that it did not have
     * @param gone ids of proofs that only it had
     */
    record Changes(
            String id,
            Instant at,
            int score,
            int difference,
            List<Change> proofs,
            List<String> added,
            List<String> gone) {}

    record Change(String id, String from, String to) {}

    record Towards(
            String framework,
            String clause,
            String title,
            String evidenceTowards,
            String notShown,
            List<String> proofs) {}

    /**
     * The verdicts of some days, each list with one number a day.
     *
     * @param from the first day
     * @param to the last day, which is not over yet
     */
    record History(LocalDate from, LocalDate to, Map<String, Row> proofs) {}

    record Row(List<Integer> held, List<Integer> broken, List<Integer> inconclusive) {

        int days() {
            return held.size();
        }

        DayCount of(int day) {
            return new DayCount(held.get(day), broken.get(day), inconclusive.get(day));
        }
    }

    /** The name of its files without their endings. */
    String name() {
        return name(stack, id);
    }

    static String name(String stack, String id) {
        return "readiness-%s-%s".formatted(stack, id);
    }
}
