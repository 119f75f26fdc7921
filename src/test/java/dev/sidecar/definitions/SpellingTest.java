package dev.sidecar.definitions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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

    /** As PostgreSQL names the column of a subquery that it reads in its own text. */
    @Test
    void aColumnThatGotItsNameFromACastOrAnArgument() {
        for (String column : List.of(
                "'q'::text; text",
                "('q'::text COLLATE \"C\"); text",
                "'x'::character varying(3); varchar",
                "'2024-01-01 00:00:00+00'::timestamp(2) with time zone; timestamptz",
                "('{1,2}'::integer[])[1]; int4",
                "'1 mon'::interval month; \"interval\"",
                "(1)::numeric(5,2); \"numeric\"",
                "'a'::app.\"My \"\"type\"; \"My \"\"type\"",
                "f.argument; argument")) {
            String[] parts = column.split("; ");
            String without = "(a = ( SELECT %s, b))".formatted(parts[0]);
            String with = "(a = ( SELECT %s AS %s, b))".formatted(parts[0], parts[1]);
            assertThat(Spelling.same(without, with)).as(with).isTrue();
            assertThat(Spelling.same(with, without)).as(with).isTrue();
            assertThat(Spelling.same(without, with.replace(" AS ", " AS not_")))
                    .as(with)
                    .isFalse();
        }
        assertThat(Spelling.same("SELECT 'a'::text AS x, b AS y", "SELECT 'a'::text AS y, b AS x"))
                .isFalse();
        assertThat(Spelling.same("SELECT 'a'::text, b", "SELECT 'a'::text, b AS text"))
                .isFalse();
        assertThat(Spelling.same("WITH q AS (SELECT 1)", "WITH q (SELECT 1)")).isFalse();
    }

    @Test
    void whatMeansSomethingElse() {
        assertThat(Spelling.same("(a = 'x (y)'::text)", "(a = 'x y'::text)")).isFalse();
        assertThat(Spelling.same("\"a::text\" = 1", "\"a\" = 1")).isFalse();
        assertThat(Spelling.same("'it''s ::text'", "'it''s'")).isFalse();
        assertThat(Spelling.same("a AND b", "a OR b")).isFalse();
        assertThat(Spelling.same("a AND b", "a AND b AND c")).isFalse();
        assertThat(Spelling.same("SELECT a b", "SELECT ab")).isFalse();
    }
}
