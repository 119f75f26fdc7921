package dev.sidecar.definitions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpellingTest {

    @Test
    void whatPostgresMovesWhenItReadsItsOwnText() {
        assertThat(
                        Spelling.same(
                                "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
                                "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))"))
                .isTrue();
        assertThat(Spelling.same("(((n >= 1) AND (n <= 2)) AND b)", "((n >= 1) AND (n <= 2) AND b)"))
                .isTrue();
        assertThat(Spelling.same("'a'::timestamp(3) with time zone", "'a'::app.\"My type\"[]"))
                .isTrue();
    }

    @Test
    void whatMeansSomethingElse() {
        assertThat(Spelling.same("(a = 'x (y)'::text)", "(a = 'x y'::text)")).isFalse();
        assertThat(Spelling.same("\"a::text\" = 1", "\"a\" = 1")).isFalse();
        assertThat(Spelling.same("'it''s ::text'", "'it''s'")).isFalse();
        assertThat(Spelling.same("a AND b", "a OR b")).isFalse();
    }
}
