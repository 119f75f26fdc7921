package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers are Loki 3.7.6's. */
class RefusedLinesTest {

    private static final String NEW =
            "entry for stream '{host=\"box\", level=\"info\"}' has timestamp too new: 2026-11-28T03:00:00Z";
    private static final String OLD =
            "entry for stream '{host=\"box\", level=\"info\"}' has timestamp too old: 2026-01-28T03:00:00Z, oldest acceptable timestamp is: 2026-11-21T03:00:00Z";

    @Test
    void oneComplaintHasNoNumber() {
        assertThat(RefusedLines.in(NEW + "\n")).hasValue(1);
    }

    @Test
    void equalComplaintsAndDifferentOnesAreAdded() {
        assertThat(RefusedLines.in("3 errors like: " + NEW)).hasValue(3);
        assertThat(RefusedLines.in("3 errors like: " + NEW + "; 1 errors like: " + OLD))
                .hasValue(4);
        assertThat(
                        RefusedLines.in(
                                "12 errors like: max entry size '262144' bytes exceeded for stream '{level=\"info\"}' while adding an entry with length '300000' bytes; 1 errors like: stream '{level=\"info\"}' has structured metadata too large: '20000' bytes, limit: '16384' bytes. Please see `limits_config.max_structured_metadata_size` or contact your Loki administrator to increase it"))
                .hasValue(13);
    }

    /** A batch of which nothing is known counts as lost as a whole. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no",
                "error parsing labels '{' with error: 1:2",
                "entry for stream '{a=\"1\"}' has 7 label names; limit 6",
                "entry with timestamp 2026-11-28 ignored, reason: 'entry too far behind', total ignored: 1 out of 5",
                "2 errors like: " + NEW + "; 1 errors like: error parsing labels '{' with error: 1:2"
            })
    void anAnswerThatDoesNotTellIsNotGuessed(String answer) {
        assertThat(RefusedLines.in(answer)).isEmpty();
    }

    @Test
    void anAnswerOfThousandsOfComplaintsIsRead() {
        assertThat(RefusedLines.in(("1 errors like: " + NEW + "; ").repeat(2_000) + "1 errors like: " + OLD))
                .hasValue(2_001);
    }
}
