package dev.sidecar.postgres;

import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Sql;
import java.sql.SQLException;

/** Creates and drops whole databases, from the server's maintenance database. */
public final class NewDatabase {

    private NewDatabase() {}

    /** Creates an empty database with the encoding and locale of the one that was backed up. */
    public static void create(Session maintenance, String name, Manifest.Server like) throws SQLException {
        String locale = Sql.literal(String.valueOf(like.icuLocale()));
        String provider = switch (like.localeProvider()) {
            case "icu" ->
                " LOCALE_PROVIDER icu ICU_LOCALE " + locale
                        + (like.icuRules() == null ? "" : " ICU_RULES " + Sql.literal(like.icuRules()));
            case "builtin" -> " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + locale;
            default -> "";
        };
        maintenance.execute("CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s%s"
                .formatted(
                        Sql.quoted(name),
                        Sql.literal(like.encoding()),
                        Sql.literal(like.collate()),
                        Sql.literal(like.ctype()),
                        provider));
    }

    /** Creates an empty database of the same encoding, where the locale is not installed. */
    public static void createPlain(Session maintenance, String name, Manifest.Server like) throws SQLException {
        createPlain(maintenance, name, like.encoding());
    }

    /** Creates an empty database of an encoding that somebody else names. */
    public static void createPlain(Session maintenance, String name, String encoding) throws SQLException {
        maintenance.execute("CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE 'C' LC_CTYPE 'C'"
                .formatted(Sql.quoted(name), Sql.literal(encoding)));
    }

    public static void drop(Session maintenance, String name) throws SQLException {
        maintenance.execute("DROP DATABASE IF EXISTS %s WITH (FORCE)".formatted(Sql.quoted(name)));
    }
}
