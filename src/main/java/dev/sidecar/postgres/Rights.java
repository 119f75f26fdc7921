package dev.sidecar.postgres;

import dev.sidecar.postgres.Archive.Item;
import dev.sidecar.text.Encodings;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Knows what on a server needs more than the rights of a database's owner.
 *
 * @param roles the server's roles
 * @param powerful roles whose rights reach beyond their own objects: superusers, roles that manage roles, members of predefined roles
 * @param trusted extensions that the owner of a database may create
 * @param settings settings that any role may change
 */
public record Rights(Set<String> roles, Set<String> powerful, Set<String> trusted, Set<String> settings) {

    private static final String POWERFUL = """
            SELECT r.rolname FROM pg_roles r
            WHERE EXISTS (SELECT FROM pg_roles p
                          WHERE (p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls
                                 OR p.rolname ~ '^pg_' AND p.rolname <> 'pg_database_owner')
                            AND pg_has_role(r.oid, p.oid, 'MEMBER'))
            """;

    private static final Set<String> NEED_AN_ADMINISTRATOR = Set.of(
            "ACCESS METHOD",
            "EVENT TRIGGER",
            "FOREIGN DATA WRAPPER",
            "FOREIGN TABLE",
            "OPERATOR CLASS",
            "OPERATOR FAMILY",
            "PROCEDURAL LANGUAGE",
            "PUBLICATION TABLES IN SCHEMA",
            "SERVER",
            "SHELL TYPE",
            "SUBSCRIPTION",
            "SUBSCRIPTION TABLE",
            "TEXT SEARCH PARSER",
            "TEXT SEARCH TEMPLATE",
            "TRANSFORM",
            "USER MAPPING");

    /** They act on all that happens in the database, or outside of it, and nothing depends on them. */
    private static final Set<String> LAST = Set.of(
            "EVENT TRIGGER", "PUBLICATION", "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION", "SUBSCRIPTION TABLE");

    private static final Set<String> TRUSTED_LANGUAGES = Set.of("sql", "plpgsql", "plperl", "pltcl", "plv8");

    private static final Pattern SHELL_TYPE = Pattern.compile("\\s*CREATE TYPE [^\\n(]+;\\s*");
    private static final Pattern LANGUAGE = Pattern.compile("\\n    (?:TRANSFORM .*? )?LANGUAGE (\\S+)([^\\n]*)");
    private static final Pattern BEYOND = Pattern.compile(" (LEAKPROOF|SUPPORT) ?");
    private static final Pattern DATABASE_SETTING = Pattern.compile("ALTER DATABASE :database SET \"?([^\" =]+)\"? = ");
    private static final Pattern DATABASE_OWNER =
            Pattern.compile("ALTER (?:DATABASE :database|SCHEMA public) OWNER TO (.*)", Pattern.DOTALL);

    /** It acts on whoever logs in as the role. */
    private static final Pattern ROLE_SETTING = Pattern.compile(
            "ALTER ROLE ((?:[^\" ]|\"(?:[^\"]|\"\")*\")+) IN DATABASE :database SET \"?([^\" =]+)\"? = ");

    private static final Pattern GRANTOR = Pattern.compile("SET SESSION AUTHORIZATION (.*)", Pattern.DOTALL);

    private static final Pattern OF_AN_OWNER = Pattern.compile(
            "(GRANT|REVOKE) [A-Z, ]+ ON DATABASE :database (TO|FROM) .*|COMMENT ON DATABASE :database IS .*"
                    + "|ALTER DATABASE :database (SET TABLESPACE .*|WITH .*)|RESET SESSION AUTHORIZATION"
                    + "|DROP SCHEMA public|REVOKE [A-Z, ]+ ON SCHEMA public FROM .*|COMMENT ON SCHEMA public IS .*",
            Pattern.DOTALL);

    private static final Pattern SETTING = Pattern.compile("\\n    SET \"?([^\" ]+)\"? TO ");

    /** Asks the server. */
    public static Rights of(Session session) throws SQLException {
        return new Rights(
                new HashSet<>(session.texts("SELECT rolname FROM pg_roles")),
                new HashSet<>(session.texts(POWERFUL)),
                new HashSet<>(session.texts("""
                        SELECT e.name FROM pg_available_extension_versions e
                        GROUP BY e.name HAVING bool_and(e.trusted OR NOT e.superuser)
                        """)),
                new HashSet<>(
                        session.texts("SELECT lower(name) FROM pg_settings WHERE context IN ('user', 'backend')")));
    }

    /** The same with the names of roles as an archive of a database has them. @param encoding of the database, as PostgreSQL calls it */
    public Rights asIn(String encoding) {
        Charset letters = Encodings.charset(encoding);
        return new Rights(asIn(letters, roles), asIn(letters, powerful), trusted, settings);
    }

    private static Set<String> asIn(Charset letters, Set<String> names) {
        return names.stream()
                .map(name -> new String(name.getBytes(StandardCharsets.UTF_8), letters))
                .collect(Collectors.toSet());
    }

    /** Tells whether an entry can only be restored by an administrator. */
    public boolean needsAdministrator(Item entry) {
        return NEED_AN_ADMINISTRATOR.contains(entry.kind())
                || switch (entry.kind()) {
                    case "EXTENSION" -> !trusted.contains(entry.tag());
                    case "PUBLICATION" -> entry.definition().contains(" FOR ALL ");
                    case "FUNCTION", "PROCEDURE" -> !isOrdinary(entry.definition());
                    case "AGGREGATE" -> entry.definition().contains("STYPE = internal");
                    case "TYPE" ->
                        entry.definition().contains("\n    INPUT = ")
                                || SHELL_TYPE.matcher(entry.definition()).matches();
                    // Types outside of pg_catalog are named with their schemas.
                    case "CAST" ->
                        entry.definition().contains("WITHOUT FUNCTION")
                                || !entry.tag().contains(".");
                    default -> false;
                };
    }

    /** Tells whether a statement of a manifest about the database itself is more than an owner may say; of an unknown one it is assumed. */
    public boolean needsAdministrator(String statement) {
        Matcher setting = DATABASE_SETTING.matcher(statement);
        if (setting.lookingAt()) {
            return !mayBeSet(setting.group(1));
        }
        Matcher owner = DATABASE_OWNER.matcher(statement);
        if (owner.matches()) {
            return !mayOwn(unquoted(owner.group(1)));
        }
        Matcher ofRole = ROLE_SETTING.matcher(statement);
        if (ofRole.lookingAt()) {
            return !mayOwn(unquoted(ofRole.group(1))) || !mayBeSet(ofRole.group(2));
        }
        Matcher grantor = GRANTOR.matcher(statement);
        if (grantor.matches()) {
            return !mayOwn(unquoted(grantor.group(1)));
        }
        return !OF_AN_OWNER.matcher(statement).matches();
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") && name.endsWith("\"") && name.length() > 1
                ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
                : name;
    }

    /** Tells whether the administrator restores an entry after everything else. */
    public static boolean isLast(Item entry) {
        return LAST.contains(entry.kind());
    }

    private boolean isOrdinary(String function) {
        Matcher language = LANGUAGE.matcher(function);
        if (!language.find()
                || !TRUSTED_LANGUAGES.contains(language.group(1))
                || BEYOND.matcher(language.group(2)).find()) {
            return false;
        }
        Matcher setting = SETTING.matcher(function);
        while (setting.find()) {
            // Of a setting that no loaded library knows a server lets only a superuser give a function one.
            if (!settings.contains(setting.group(1).toLowerCase(Locale.ROOT))) {
                return false;
            }
        }
        return true;
    }

    /** Tells whether any role may change a setting. A setting with a dot belongs to an extension or to the application. */
    public boolean mayBeSet(String setting) {
        return setting.contains(".") || settings.contains(setting.toLowerCase(Locale.ROOT));
    }

    /** Tells whether objects may be given to a role without an administrator's consent. */
    public boolean mayOwn(String role) {
        return roles.contains(role) && !powerful.contains(role);
    }
}
