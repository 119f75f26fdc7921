package dev.sidecar.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file of a check says what it may, and is refused with a reason where it says something else. */
class CheckTest {

    private static final Instant TAKEN = Instant.parse("2026-11-23T02:00:00Z");

    @TempDir
    private Path folder;

    @Test
    void aHeaderSaysWhatIsRightAndOneQueryFollows() throws Exception {
        Check check = read(
                "-- No order without a customer.\r\n--\n\n--  Expect :  0 \r\nSELECT count(*)\nFROM orders; -- all\n");

        assertThat(check.name()).isEqualTo("orders");
        assertThat(check.expectation()).isEqualTo(new Expectation.Equal("0"));
        assertThat(check.query()).isEqualTo("SELECT count(*)\nFROM orders");
        assertThat(check.version()).matches("[0-9a-f]{16}");
    }

    @Test
    void thereAreThreeForms() throws Exception {
        assertThat(read("-- expect: shipped, all\nSELECT x").expectation())
                .isEqualTo(new Expectation.Equal("shipped, all"));
        assertThat(read("-- at least: 1e3\nSELECT x").expectation().words()).isEqualTo("at least 1000");
        assertThat(read("-- newest not older than: 26h\nSELECT x").expectation())
                .isEqualTo(new Expectation.NotOlderThan(Duration.ofHours(26)));
        assertThat(read("-- newest not older than: 7 d\nSELECT x").expectation())
                .isEqualTo(new Expectation.NotOlderThan(Duration.ofDays(7)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT 1 | line 1: it must begin with a comment line",
                "'' | line 1: it must begin with a comment line",
                "-- expects: 0~SELECT 1 | line 1: 'expects:' is none of",
                "-- expect 0~SELECT 1 | line 1: it must begin with a comment line",
                "-- A remark: yes~-- expect: 0~SELECT 1 | line 1: 'A remark:' is none of",
                "-- expect:~SELECT 1 | line 1: '-- expect:' needs a value",
                "-- at least: many~SELECT 1 | line 1: 'many' is no number",
                "-- at least:~SELECT 1 | line 1: '' is no number",
                "-- at least: 1e999999999~SELECT 1 | line 1: '1e999999999' is no number",
                "-- newest not older than: 26~SELECT 1 | line 1: '26' is no age",
                "-- newest not older than: 0h~SELECT 1 | line 1: '0h' is no age",
                "-- newest not older than: -1h~SELECT 1 | line 1: '-1h' is no age",
                "-- newest not older than: 26 hours~SELECT 1 | line 1: '26 hours' is no age",
                "-- expect: 0~-- at least: 1~SELECT 1 | line 2: there is a second expectation, besides that of line 1",
                "-- expect: 0~SELECT 1~-- expect: 1 | line 3: '-- expect:' must stand above the query",
                "-- expect: 0~SELECT 1;~DELETE FROM t | line 3: a second statement begins here",
                "-- expect: 0~SELECT 1; 'x' | line 2: a second statement begins here",
                "-- expect: 0~COMMIT | line 2: a check is one query that begins with SELECT",
                "-- expect: 0~SELEC 1 | line 2: a check is one query that begins with SELECT",
                "-- expect: 0~DELETE FROM t RETURNING 1 | line 2: a check is one query that begins with SELECT",
                "-- expect: 0 | line 1: there is no query below the header",
                "-- expect: 0~-- nothing~; | line 3: there is no query below the header",
                "-- expect: 0~SELECT 'x | line 2: a quote is opened here and never closed",
                "-- expect: 0~SELECT $a$ x $b$ | line 2: a quote is opened here and never closed",
                "-- expect: 0~SELECT 1 /* /* */ | line 2: a comment is opened here and never closed",
            })
    void whatIsWrongIsToldWithFileAndLine(String text, String why) {
        assertThatThrownBy(() -> read(text.replace('~', '\n')))
                .isInstanceOf(InvalidCheck.class)
                .hasMessageContaining("shop/orders.sql " + why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT ';'",
                "SELECT E'\\';' || date'2026-01-01'",
                "SELECT '\\'",
                "SELECT \"a;b\" FROM t",
                "SELECT $$ ; $$ || $x$ ; $$ ; $x$ || a$b",
                "SELECT /* ; /* ; */ ; */ 1 -- ; and\n",
                "(SELECT 1)",
                "with a AS (SELECT 1) SELECT * FROM a",
                "VALUES (1)",
                "TABLE t"
            })
    void aSemicolonWithinATextEndsNothing(String query) throws Exception {
        assertThat(read("-- expect: 1\n" + query + " ;\n-- the end").query()).isEqualTo(query + " ");
    }

    @Test
    void filesThatAreNoneAreRefused() throws Exception {
        Path latin = folder.resolve("latin.sql");
        Files.write(latin, "-- expect: ä\nSELECT 1".getBytes(StandardCharsets.ISO_8859_1));
        Path large = folder.resolve("large.sql");
        Files.writeString(large, "-- expect: 1\nSELECT 1" + " ".repeat(70_000));
        Path odd = Files.writeString(folder.resolve("what is it.sql"), "-- expect: 1\nSELECT 1");
        Path directory = Files.createDirectory(folder.resolve("directory.sql"));

        for (Path file : List.of(latin, large, odd, directory)) {
            assertThat(catchThrowable(() -> Check.read(file, file.getFileName().toString())))
                    .as(file.toString())
                    .isInstanceOf(InvalidCheck.class)
                    .hasMessageContaining(file.getFileName().toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"0,0,true", "0,0.00,true", "42,42.5,false", "yes,yes,true", "yes,no,false", "true,true,true", "1,,false"
    })
    void aValueIsEqual(String expected, String found, boolean held) {
        assertThat(new Expectation.Equal(expected)
                        .judge(found == null ? "" : found, TAKEN)
                        .held())
                .isEqualTo(held);
    }

    @ParameterizedTest
    @CsvSource({"1000,true", "1000.1,true", "999.9,false", "NaN,false", "many,false", "-1,false", "1e999999999,false"})
    void aNumberIsLarge(String found, boolean held) {
        assertThat(new Expectation.AtLeast(new java.math.BigDecimal(1000))
                        .judge(found, TAKEN)
                        .held())
                .isEqualTo(held);
    }

    /** Of the time when the backup was taken, not of now: an old backup does not get worse by lying there. */
    @ParameterizedTest
    @CsvSource({
        "2026-11-23T01:00:00Z,true",
        "2026-11-22T00:00:00Z,true",
        "2026-11-21T23:59:59Z,false",
        "2026-11-23T14:00:00Z,true",
        "2026-11-24T03:00:00Z,false"
    })
    void aTimeIsRecent(Instant newest, boolean held) {
        Expectation.Judgement judgement =
                new Expectation.NotOlderThan(Duration.ofHours(26)).judge(Long.toString(newest.getEpochSecond()), TAKEN);

        assertThat(judgement.held()).as(judgement.found()).isEqualTo(held);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Infinity", "-Infinity", "NaN", "", "9e99", "x"})
    void whatIsNoTimeIsNotRecent(String found) {
        assertThat(new Expectation.NotOlderThan(Duration.ofHours(26))
                        .judge(found, TAKEN)
                        .held())
                .isFalse();
    }

    private Check read(String text) throws InvalidCheck {
        try {
            Path file = Files.writeString(folder.resolve("orders.sql"), text);
            return Check.read(file, "shop/orders.sql");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
