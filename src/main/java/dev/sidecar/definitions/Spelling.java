package dev.sidecar.definitions;

import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares SQL that PostgreSQL wrote from what it has parsed. When it reads its own text it moves parentheses and casts: what it first wrote as
 * {@code (a >= 1 AND a <= 2) AND b} comes back as {@code a >= 1 AND a <= 2 AND b}, and {@code ARRAY['x'::varchar]::text[]} as
 * {@code ARRAY['x'::varchar::text]}. A column of a subquery that had no name gets one from a cast or from an argument of a function that it finds
 * there: {@code (SELECT 'x'::text)} comes back as {@code (SELECT 'x'::text AS text)}. Texts are the same if they are equal without these.
 */
final class Spelling {

    private static final String TEXT = "'(?:[^']++|'')*+'|\"(?:[^\"]++|\"\")*+\"";

    private static final String TYPE = "(?:character varying|double precision|bit varying"
            + "|(?:timestamp|time)(?:\\(\\d\\))? with(?:out)? time zone|interval(?: [a-z]+)*|(?:\"(?:[^\"]++|\"\")++\"|\\w+)"
            + "(?:\\.(?:\"(?:[^\"]++|\"\")++\"|\\w+))?)(?:\\([\\d,-]+\\))?(?:\\[\\])*";

    private static final Pattern TOKEN = Pattern.compile(
            "(?<space>[()\\s]+)|::(?<cast>" + TYPE + ")|\\bAS\\s+(?<alias>\"(?:[^\"]++|\"\")*+\"|\\w++)(?!\\s*+\\()|"
                    + TEXT + "|[\\w$]++|.",
            Pattern.DOTALL);

    private static final Pattern MODIFIERS = Pattern.compile("\\([\\d,-]+\\)|(?:\\[\\])+$");

    private static final Pattern SCHEMA = Pattern.compile("^(?:\"(?:[^\"]++|\"\")*+\"|\\w++)\\.");

    /** The names of these types in PostgreSQL's own parser. */
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("character varying", "varchar"),
            Map.entry("character", "bpchar"),
            Map.entry("bit varying", "varbit"),
            Map.entry("boolean", "bool"),
            Map.entry("smallint", "int2"),
            Map.entry("integer", "int4"),
            Map.entry("bigint", "int8"),
            Map.entry("real", "float4"),
            Map.entry("double precision", "float8"),
            Map.entry("timestamp without time zone", "timestamp"),
            Map.entry("timestamp with time zone", "timestamptz"),
            Map.entry("time without time zone", "time"),
            Map.entry("time with time zone", "timetz"));

    /** Where another column begins. */
    private static final Set<String> BEGINNINGS = Set.of(",", "SELECT", "RETURNING");

    private Spelling() {}

    static boolean same(String one, String other) {
        if (one.equals(other)) {
            return true;
        }
        Tokens left = new Tokens(one);
        Tokens right = new Tokens(other);
        while (!left.ended() || !right.ended()) {
            if (left.token.equals(right.token)) {
                left.advance();
                right.advance();
            } else if (left.isNamedByItself) {
                left.advance();
            } else if (right.isNamedByItself) {
                right.advance();
            } else {
                return false;
            }
        }
        return true;
    }

    /** Reads a text without parentheses and casts, piece by piece: a view may have megabytes. */
    private static final class Tokens {

        private final Matcher matcher;
        private String token = "";
        private boolean isNamedByItself;
        private String before = "";
        private String cast = "";

        Tokens(String sql) {
            matcher = TOKEN.matcher(sql);
            advance();
        }

        /** The token is empty then. */
        boolean ended() {
            return token.isEmpty();
        }

        void advance() {
            before = token;
            isNamedByItself = false;
            while (matcher.find()) {
                if (matcher.group("cast") != null) {
                    cast = nameOf(matcher.group("cast"));
                } else if (matcher.group("space") == null) {
                    read();
                    return;
                }
            }
            token = "";
        }

        private void read() {
            String alias = matcher.group("alias");
            token = alias == null ? matcher.group() : "AS " + alias;
            if (alias != null) {
                String name = unquoted(alias);
                isNamedByItself = name.equals(cast) || name.equals(unquoted(before));
            }
            if (BEGINNINGS.contains(token)) {
                cast = "";
            }
        }

        private static String nameOf(String type) {
            String bare = MODIFIERS.matcher(type).replaceAll("");
            if (bare.startsWith("interval")) {
                return "interval";
            }
            return NAMES.getOrDefault(bare, unquoted(SCHEMA.matcher(bare).replaceFirst("")));
        }

        private static String unquoted(String name) {
            return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
        }
    }
}
