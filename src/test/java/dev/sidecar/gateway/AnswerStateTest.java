package dev.sidecar.gateway;

import static dev.sidecar.gateway.AnswerState.AWAITED;
import static dev.sidecar.gateway.AnswerState.BEGUN;
import static dev.sidecar.gateway.AnswerState.ENDED;
import static dev.sidecar.gateway.AnswerState.INTERIM;
import static dev.sidecar.gateway.AnswerState.INTERIM_WITHHELD;
import static dev.sidecar.gateway.AnswerState.SWITCHING;
import static dev.sidecar.gateway.AnswerState.TUNNEL;
import static dev.sidecar.gateway.AnswerState.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AnswerStateTest {

    private static final Map<AnswerState, Set<AnswerState>> LEGAL = Map.of(
            AWAITED, EnumSet.of(INTERIM, INTERIM_WITHHELD, SWITCHING, BEGUN, ENDED),
            INTERIM, EnumSet.of(AWAITED, ENDED),
            INTERIM_WITHHELD, EnumSet.of(AWAITED, ENDED),
            SWITCHING, EnumSet.of(TUNNEL, ENDED),
            BEGUN, EnumSet.of(WHOLE, ENDED),
            WHOLE, EnumSet.of(ENDED),
            TUNNEL, EnumSet.of(ENDED),
            ENDED, EnumSet.noneOf(AnswerState.class));

    static Stream<Arguments> pairs() {
        return Arrays.stream(AnswerState.values())
                .flatMap(from -> Arrays.stream(AnswerState.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void onlyTheseStepsAreTaken(AnswerState from, AnswerState to) {
        if (LEGAL.get(from).contains(to)) {
            assertThat(from.to(to)).isEqualTo(to);
        } else {
            assertThatThrownBy(() -> from.to(to))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("from " + from + " to " + to);
        }
    }
}
