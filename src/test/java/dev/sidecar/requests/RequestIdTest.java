package dev.sidecar.requests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {

    private static final String UUID_V7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

    @ParameterizedTest
    @ValueSource(strings = {"demo-1", "A", "0", "a.b_c-D", "01a20ab0-7e0b-7040-a72b-730441bc33e5", "-", "."})
    void aWellFormedIdIsKept(String id) {
        assertThat(RequestId.of(List.of(id))).isEqualTo(id);
    }

    @Test
    void upTo128CharactersAreKept() {
        assertThat(RequestId.of(List.of("x".repeat(128)))).isEqualTo("x".repeat(128));
        assertThat(RequestId.of(List.of("x".repeat(129)))).matches(UUID_V7);
        assertThat(RequestId.of(List.of("x".repeat(10_000)))).matches(UUID_V7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "a\r\nSet-Cookie: x",
                "a\n",
                "a\u0000",
                "\u00e9",
                "\uff11",
                "a/b",
                "a,b",
                "\"a\"",
                "<a>",
                "a{b}",
                "a\\b"
            })
    void anythingElseIsReplaced(String id) {
        assertThat(RequestId.of(List.of(id))).matches(UUID_V7);
    }

    @Test
    void noneOrSeveralAreReplaced() {
        assertThat(RequestId.of(List.of())).matches(UUID_V7);
        assertThat(RequestId.of(List.of("a", "b"))).matches(UUID_V7);
        assertThat(RequestId.of(List.of("a", "a"))).matches(UUID_V7);
    }

    @Test
    void aNewIdTellsItsTimeAndIsNeverGivenTwice() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            ids.add(RequestId.of(List.of()));
        }
        assertThat(ids).doesNotHaveDuplicates();
        long millis = UUID.fromString(ids.get(0)).getMostSignificantBits() >>> 16;
        assertThat(Instant.ofEpochMilli(millis))
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
    }
}
