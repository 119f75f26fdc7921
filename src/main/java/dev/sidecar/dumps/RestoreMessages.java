package dev.sidecar.dumps;

import dev.sidecar.text.HostileText;
import dev.sidecar.text.ServerErrors;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sorts what psql and pg_restore say while they restore a dump that others took. The scratch server speaks English, as it is made with the
 * locale C.
 */
final class RestoreMessages {

    private static final int MOST = 100;
    private static final int LONGEST = 500;

    private static final Pattern ERROR = Pattern.compile("(?:ERROR|FATAL|PANIC): +(.*)$");
    private static final String SEVERITY = "ERROR:  ";
    /** What code raises may be a row. */
    private static final Pattern RAISED = Pattern.compile("CONTEXT: .*\\bat RAISE\\b");

    private static final Pattern STATEMENT = Pattern.compile("STATEMENT: +(\\w+)");
    private static final Pattern ARCHIVE = Pattern.compile("^pg_restore: error: (?!could not execute query)(.*)$");
    private static final Pattern SCRIPT = Pattern.compile("^psql:.*: error: (.*)$");
    private static final Pattern NO_ROLE = Pattern.compile("^role \"(.*)\" does not exist$");
    private static final Pattern THERE_ALREADY = Pattern.compile(
            "^(?:role \".*\" already exists|schema \"public\" already exists|current user cannot be dropped)$");
    private static final Pattern TABLESPACE = Pattern.compile(
            "^(?:tablespace \".*\" does not exist|directory \".*\" does not exist|could not set permissions on directory .*|"
                    + "invalid value for parameter \"default_tablespace\".*|tablespace location .*)$");
    /** What a restore needs on the machine where the sidecar is. */
    private static final Pattern NOT_HERE = Pattern.compile(
            "^(?:extension \".*\" is not available|could not open extension control file .*|could not access file \".*\".*|"
                    + "could not load library .*|invalid (?:LC_COLLATE |LC_CTYPE )?locale name.*|"
                    + "could not create locale .*|.*must be loaded via shared_preload_libraries.*|"
                    + "could not extend file .*|could not write .*: No space left on device|out of memory|out of shared memory|"
                    + "terminating connection due to .*|the database system is .*)$");

    private final Set<String> missingRoles = new LinkedHashSet<>();
    private final Set<String> errors = new LinkedHashSet<>();
    private final Set<String> unverifiable = new LinkedHashSet<>();
    private final Set<String> damage = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();
    private @Nullable String pending;
    private long more;

    /** Takes a line of the errors of one program. */
    synchronized void line(String line) {
        if (pending != null && RAISED.matcher(line).find()) {
            pending = "code of the database raised an error";
            return;
        }
        Matcher statement = STATEMENT.matcher(line);
        if (pending != null && statement.find()) {
            String message = pending;
            pending = null;
            if (statement.group(1).equalsIgnoreCase("DROP")) {
                notes.add("It drops what is not there, as a dump taken with --clean does.");
            } else {
                add(errors, message);
            }
            return;
        }
        Matcher error = ERROR.matcher(line);
        Matcher archive = ARCHIVE.matcher(line);
        Matcher script = SCRIPT.matcher(line);
        if (error.find()) {
            flush();
            sort(error.group(1).strip());
        } else if (archive.find()) {
            add(damage, "pg_restore: " + archive.group(1));
        } else if (script.find()) {
            add(script.group(1).startsWith("connection to server") ? unverifiable : errors, "psql: " + script.group(1));
        }
    }

    private void sort(String message) {
        Matcher role = NO_ROLE.matcher(message);
        if (role.matches()) {
            if (missingRoles.size() < MOST * 10) {
                missingRoles.add(role.group(1));
            }
        } else if (TABLESPACE.matcher(message).matches()) {
            notes.add("Its tablespaces were left out: the scratch server has none.");
        } else if (NOT_HERE.matcher(message).matches()) {
            add(unverifiable, message);
        } else if (!THERE_ALREADY.matcher(message).matches()) {
            pending = ServerErrors.withoutRows(SEVERITY + message).substring(SEVERITY.length());
        }
    }

    private void flush() {
        if (pending != null) {
            add(errors, pending);
            pending = null;
        }
    }

    private void add(Set<String> to, String message) {
        if (to.size() >= MOST) {
            more++;
            return;
        }
        String shown = HostileText.line(message);
        to.add(shown.length() > LONGEST ? shown.substring(0, LONGEST) + "…" : shown);
    }

    synchronized Set<String> missingRoles() {
        return Set.copyOf(missingRoles);
    }

    /** What PostgreSQL did not take, each in its words. */
    synchronized List<String> errors() {
        flush();
        List<String> all = new ArrayList<>(errors);
        if (more > 0) {
            all.add("and %d more".formatted(more));
        }
        return all;
    }

    /** What our machine lacks. */
    synchronized List<String> unverifiable() {
        return List.copyOf(unverifiable);
    }

    /** What pg_restore found wrong with the archive itself. */
    synchronized List<String> damage() {
        return List.copyOf(damage);
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }
}
