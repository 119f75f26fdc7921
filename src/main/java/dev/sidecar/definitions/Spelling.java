package dev.sidecar.definitions;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares SQL that PostgreSQL wrote from what it has parsed. When it reads its own text it moves parentheses and casts: what it first wrote as
 * {@code (a >= 1 AND a <= 2) AND b} comes back as {@code a >= 1 AND a <= 2 AND b}, and {@code ARRAY['x'::varchar]::text[]} as
 * {@code ARRAY['x'::varchar::text]}. Texts are the same if they are equal without both.
 */
final class Spelling {

    private static final String TEXT = "'(?:[^']++|'')*+'|\"(?:[^\"]++|\"\")*+\"";

    private static final String TYPE = "(?:character varying|double precision|bit varying"
            + "|(?:timestamp|time)(?:\\(\\d\\))? with(?:out)? time zone|interval(?: [a-z]+)*|(?:\"(?:[^\"]|\"\")+\"|\\w+)"
            + "(?:\\.(?:\"(?:[^\"]|\"\")+\"|\\w+))?)(?:\\([\\d,-]+\\))?(?:\\[\\])*";

    private static final Pattern LOOSE = Pattern.compile(TEXT + "|::" + TYPE + "|[()]|\\s+");

    private Spelling() {}

    static boolean same(String one, String other) {
        return one.equals(other) || bare(one).equals(bare(other));
    }

    private static String bare(String sql) {
        return LOOSE.matcher(sql)
                .replaceAll(
                        found -> found.group().startsWith("'") || found.group().startsWith("\"")
                                ? Matcher.quoteReplacement(found.group())
                                : "");
    }
}
