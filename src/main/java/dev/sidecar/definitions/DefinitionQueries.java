package dev.sidecar.definitions;

import dev.sidecar.postgres.DatabaseDefinition;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the queries of {@code definitions.sql}, one for each kind of thing, in the order of the kinds. */
final class DefinitionQueries {

    private static final String FILE = "definitions.sql";
    private static final int LONGEST = 1 << 20;

    private static final Pattern HEAD = Pattern.compile("(.+?)(?: from (\\d+))?(?: until (\\d+))?");
    private static final Pattern FREE = Pattern.compile("@free\\((\\w+), ([\\w.]+)\\)");
    private static final Pattern MADE = Pattern.compile("@made\\(([\\w.]+)\\)");
    private static final Pattern SCHEMA = Pattern.compile("@schema\\((\\w+)\\)");
    private static final Pattern UNFINISHED = Pattern.compile("@unfinished\\((\\w+), (\\w+)\\)");
    private static final Pattern OPTIONS = Pattern.compile("@options\\(([\\w.]+)\\)");
    private static final Pattern ROLE = Pattern.compile("@role\\(((?:[^()]|\\([^()]*\\))*)\\)");
    private static final Pattern SETTING = Pattern.compile("@setting\\((\\w+)\\)");
    private static final Pattern GRANTS =
            Pattern.compile("@grants\\(([\\w.]+), ((?:CASE [^)]*? END|[^,()]+)), ([\\w.]+)\\)", Pattern.DOTALL);

    private static final String GRANTS_SQL = """
            (SELECT string_agg(granted.line, E'\\n' ORDER BY granted.line COLLATE "C") FROM (
               SELECT CASE priv.grantee WHEN 0 THEN 'PUBLIC' WHEN %3$s THEN 'the owner'
                        ELSE quote_ident(pg_get_userbyid(priv.grantee)) END
                      || ' may ' || string_agg(priv.privilege_type, ', ' ORDER BY priv.privilege_type COLLATE "C")
                      || CASE WHEN priv.is_grantable THEN ' and grant it' ELSE '' END
                      || CASE WHEN priv.grantor <> %3$s THEN ', granted by ' || quote_ident(pg_get_userbyid(priv.grantor)) ELSE '' END
                        AS line
               FROM aclexplode(coalesce(%1$s, acldefault(%2$s, %3$s))) priv
               GROUP BY priv.grantee, priv.grantor, priv.is_grantable) granted)""";

    private DefinitionQueries() {}

    /** One kind of thing, and the query of all of that kind. */
    record DefinitionQuery(String kind, String sql) {}

    /** @param version of the server, such as 150014 */
    static List<DefinitionQuery> of(int version) {
        List<DefinitionQuery> queries = new ArrayList<>();
        String[] sections = file().split("(?m)^--- ");
        for (int i = 1; i < sections.length; i++) {
            String[] parts = sections[i].split("\n", 2);
            Matcher head = HEAD.matcher(parts[0].strip());
            if (!head.matches()) {
                throw new IllegalStateException("not the head of a query: " + parts[0]);
            }
            boolean exists = (head.group(2) == null || version >= Integer.parseInt(head.group(2)))
                    && (head.group(3) == null || version <= Integer.parseInt(head.group(3)));
            if (exists) {
                queries.add(new DefinitionQuery(
                        head.group(1),
                        "SELECT s.name, s.what FROM (%s) s(name, what) ORDER BY s.name COLLATE \"C\", s.what COLLATE \"C\""
                                .formatted(expanded(parts[1].strip()))));
            }
        }
        queries.sort(Comparator.comparing(DefinitionQuery::kind));
        return queries;
    }

    private static String expanded(String sql) {
        String text = replace(MADE, sql, "(%1$s = 2200 OR @free(pg_namespace, %1$s))");
        text = replace(
                FREE,
                text,
                "(%2$s NOT BETWEEN 1 AND 16383 AND NOT EXISTS (SELECT FROM pg_depend dep"
                        + " WHERE dep.classid = '%1$s'::regclass AND dep.objid = %2$s AND (dep.deptype = 'e' OR dep.deptype = 'i' AND '%1$s' = 'pg_proc')))");
        text = replace(SCHEMA, text, "(%1$s.nspname !~ '^pg_' AND %1$s.nspname <> 'information_schema')");
        text = replace(UNFINISHED, text, "(%2$s.relkind = 'i' AND NOT (%1$s.indisvalid AND %1$s.indisready))");
        text = replace(OPTIONS, text, "(SELECT string_agg(o, ', ' ORDER BY o COLLATE \"C\") FROM unnest(%s) o)");
        text = replace(GRANTS, text, GRANTS_SQL);
        text = replace(ROLE, text, "quote_ident(pg_get_userbyid(%s))");
        return SETTING.matcher(text)
                .replaceAll(found ->
                        Matcher.quoteReplacement("split_part(%1$s, '=', 1) || ' = ' || ".formatted(found.group(1))
                                + DatabaseDefinition.value(found.group(1), "quote_ident")));
    }

    private static String replace(Pattern macro, String text, String by) {
        return macro.matcher(text).replaceAll(found -> Matcher.quoteReplacement(by.formatted(arguments(found))));
    }

    private static Object[] arguments(MatchResult found) {
        Object[] arguments = new Object[found.groupCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = found.group(i + 1);
        }
        return arguments;
    }

    private static String file() {
        try (InputStream in = DefinitionQueries.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is not in the jar");
            }
            return new String(Limited.whole(in, LONGEST), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
