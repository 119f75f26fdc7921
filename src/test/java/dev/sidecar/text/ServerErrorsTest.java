package dev.sidecar.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerErrorsTest {

    /** The word {@code geheim} stands for the contents of a row, {@code orders} for the name of an object. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                pg_restore: error: COPY failed for table "orders": ERROR:  invalid input syntax for type integer: "geheim"
                CONTEXT:  COPY orders, line 1, column a: "geheim"
                """,
                """
                pg_restore: error: COPY failed for table "orders": ERROR:  new row for relation "orders" violates check constraint "c"
                DETAIL:  Failing row contains (1, geheim
                geheim on a line of its own).
                CONTEXT:  COPY orders, line 1: "geheim
                geheim"
                """,
                """
                pg_restore: error: could not execute query: ERROR:  could not create unique index "orders_pkey"
                DETAIL:  Key (a)=(geheim) is duplicated.
                Command was: ALTER TABLE orders ADD CHECK (a <> 'geheim');
                """,
                """
                pg_restore: error: COPY failed for table "orders": ERROR:  the row is geheim
                and geheim again
                CONTEXT:  PL/pgSQL function public.chk(text) line 3 at RAISE
                COPY orders, line 1: "geheim"
                """,
                "ERROR: orders: value \"geheim\" is out of range for type integer\n  Detail: geheim\n  Where: geheim",
                "psql:/x.sql:3: ERROR:  orders: date/time field value out of range: \"ge: \"geheim\"",
                "pg_dump: error: Dumping the contents of table \"orders\" failed\nERROR:  invalid input value for enum mood: \"geheim\"\npg_dump: detail: Command was: COPY orders TO geheim",
                "the restore failed: ERROR: orders Key (a)=(geheim) already exists"
            })
    void rowsAreLeftOutAndNamesStay(String error) {
        assertThat(ServerErrors.withoutRows(error)).contains("orders").doesNotContain("geheim");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pg_dump: error: query failed: ERROR:  permission denied for table orders",
                "ERROR: duplicate key value violates unique constraint \"orders_pkey\"",
                "ERROR: \"orders\" is a view",
                "FATAL: database \"app\" does not exist",
                "cannot open it: \"orders\" is not there",
                "ERROR:  relation \"orders\" does not exist\nThe table may have been dropped meanwhile."
            })
    void whatAnOperatorNeedsStays(String error) {
        assertThat(ServerErrors.withoutRows(error)).isEqualTo(error);
    }

    @Test
    void aSecondErrorIsReadAfterTheDetailsOfTheFirst() {
        assertThat(ServerErrors.withoutRows("""
                        pg_restore: error: a: ERROR:  first
                        DETAIL:  geheim
                        pg_restore: error: b: ERROR:  second
                        HINT:  geheim
                        pg_restore: warning: errors ignored on restore: 2""")).isEqualTo("""
                        pg_restore: error: a: ERROR:  first
                        pg_restore: error: b: ERROR:  second
                        pg_restore: warning: errors ignored on restore: 2""");
    }

    @Test
    void aTextThatWasCutBeginsWithAWholeMessage() {
        assertThat(ServerErrors.afterCut(
                        "geheim, the rest of a row\nCONTEXT:  geheim\npg_restore: error: x: ERROR:  y"))
                .isEqualTo("pg_restore: error: x: ERROR:  y");
        assertThat(ServerErrors.afterCut("geheim")).doesNotContain("geheim");
    }
}
