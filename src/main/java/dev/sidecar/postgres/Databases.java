package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds the databases to back up: exact names, and patterns that are compared with the server's databases each time. */
public final class Databases {

    /** Names that a restore gives: such a database is a copy of one that is backed up already. */
    private static final Pattern COPY = Pattern.compile(".*_(before|restoring)_\\d{8}_\\d{6}", Pattern.DOTALL);

    private final PostgresProperties.Server settings;
    private final ServerAddress address;

    Databases(PostgresProperties.Server settings, ServerAddress address) {
        this.settings = settings;
        this.address = address;
    }

    /** Lists names in their order. An exact name is listed even if the server lacks it: its backup must fail, not be forgotten. */
    List<String> names() {
        Set<String> names = new LinkedHashSet<>();
        List<String> existing = existing();
        for (String wanted : settings.databases()) {
            if (isPattern(wanted)) {
                existing.stream()
                        .filter(name ->
                                matches(wanted, name) && !COPY.matcher(name).matches())
                        .forEach(names::add);
            } else {
                names.add(wanted);
            }
        }
        return names.stream()
                .filter(name -> settings.exclude().stream().noneMatch(pattern -> matches(pattern, name)))
                .sorted()
                .toList();
    }

    private List<String> existing() {
        return settings.databases().stream().anyMatch(Databases::isPattern)
                ? asked("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname")
                : List.of();
    }

    /** Lists all that the server has. */
    List<String> onServer() {
        return asked("SELECT datname FROM pg_database ORDER BY datname");
    }

    private List<String> asked(String query) {
        try (Session session = address.connectToMaintenance("sidecar backup")) {
            return session.texts(query);
        } catch (SQLException e) {
            throw new BackupFailure(BackupFailure.Reason.CONNECTION, "Cannot list the databases: " + e.getMessage(), e);
        }
    }

    private static boolean isPattern(String text) {
        return text.contains("*") || text.contains("?");
    }

    /** Compares a pattern with the whole name. */
    public static boolean matches(String pattern, String name) {
        StringBuilder regex = new StringBuilder();
        for (char c : pattern.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(name).matches();
    }
}
