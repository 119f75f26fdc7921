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
 * locale C. Only what begins as the programs begin an error is one: a row may hold anything.
 */
final class RestoreMessages {

    private static final int MOST = 100;
    private static final int MOST_ROLES = 1_000;
    private static final int LONGEST = 500;

    private static final String OF_SCRIPT = "^psql:[^:]*:\\d+: ";
    private static final Pattern ERROR = Pattern.compile(
            "(?:" + OF_SCRIPT
                    + "|^pg_restore: error: (?:could not execute query|COPY failed for table \".*?\"): )(?:ERROR|FATAL|PANIC): +(.*)$");
    private static final Pattern STATEMENT = Pattern.compile(OF_SCRIPT + "STATEMENT: +(\\w+)");
    private static final Pattern OF_PSQL = Pattern.compile("^psql:(?:[^:]*:\\d+:)? error: (.*)$");
    private static final Pattern OF_PG_RESTORE = Pattern.compile("^pg_restore: error: (.*)$");
    /** The scratch server, or one of the programs, ended in the middle: memory, room, or a fault of PostgreSQL. */
    private static final Pattern BROKE_OFF = Pattern.compile(
            "server closed the connection|connection to server|no connection"
                    + "|could not send data to server|PQputCopy|worker process died|out of memory|No space left on device|could not execute query: ");

    private static final Pattern LOST =
            Pattern.compile(OF_SCRIPT + "(?:server closed the connection|no connection to the server).*");

    private static final String SEVERITY = "ERROR:  ";
    /** The text of an error that code raises may be a row. */
    private static final Pattern RAISED = Pattern.compile("^CONTEXT: .*\\bat RAISE\\b");

    private static final Pattern NO_ROLE = Pattern.compile("^role \"(.*)\" does not exist$");
    private static final Pattern THERE_ALREADY = Pattern.compile(
            "^(?:role \".*\" already exists|schema \"public\" already exists|current user cannot be dropped)$");
    /** Since PostgreSQL 16 a grantor needs the right to grant, which the old server's superuser does not have here. */
    private static final Pattern GRANTOR = Pattern.compile("^permission denied to grant privileges as role \".*\"$");

    private static final Pattern TABLESPACE = Pattern.compile(
            "^(?:tablespace \".*\" does not exist|directory \".*\" does not exist|could not set permissions on directory .*|"
                    + "invalid value for parameter \"default_tablespace\".*|tablespace location .*)$");
    /** Errors that show something missing on the sidecar's machine. */
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
    private boolean explained;

    /** Takes a line of the errors of one program. */
    synchronized void line(String line) {
        if (pending != null && RAISED.matcher(line).find()) {
            pending = "code of the database raised an error";
            return;
        }
        Matcher statement = STATEMENT.matcher(line);
        if (statement.find()) {
            ofStatement(statement.group(1));
            return;
        }
        Matcher error = ERROR.matcher(line);
        Matcher psql = OF_PSQL.matcher(line);
        Matcher restore = OF_PG_RESTORE.matcher(line);
        if (error.find()) {
            explained = true;
            flush();
            sort(error.group(1).strip());
        } else if (LOST.matcher(line).matches()) {
            add(unverifiable, "the scratch server ended in the middle of the restore");
        } else if (psql.find()) {
            add(isBrokenOff(psql.group(1)) ? unverifiable : errors, "psql: " + psql.group(1));
        } else if (restore.find()) {
            add(isBrokenOff(restore.group(1)) ? unverifiable : damage, "pg_restore: " + restore.group(1));
        }
    }

    private static boolean isBrokenOff(String message) {
        return BROKE_OFF.matcher(message).find();
    }

    /** A line that psql echoes belongs to the error before it. */
    private void ofStatement(String firstWord) {
        if (pending != null && firstWord.equalsIgnoreCase("DROP")) {
            notes.add("It drops objects that do not exist, as a dump taken with --clean does.");
            pending = null;
        }
        flush();
    }

    private void sort(String message) {
        Matcher role = NO_ROLE.matcher(message);
        if (role.matches()) {
            if (missingRoles.size() < MOST_ROLES) {
                missingRoles.add(role.group(1));
            }
        } else if (TABLESPACE.matcher(message).matches()) {
            notes.add("Its tablespaces were left out: the scratch server has none.");
        } else if (GRANTOR.matcher(message).matches()) {
            notes.add("Memberships that another role granted were left out.");
        } else if (NOT_HERE.matcher(message).matches()) {
            add(unverifiable, message);
        } else if (!THERE_ALREADY.matcher(message).matches()) {
            pending = ServerErrors.withoutRows(SEVERITY + message).substring(SEVERITY.length());
        }
    }

    /**
     * Takes the exit code of the program.
     *
     * @param withErrors the code with which it says that it went on past errors; 0 for a program that does not say so
     */
    synchronized void ended(String program, int code, int withErrors) {
        flush();
        boolean told = explained || !damage.isEmpty() || !errors.isEmpty();
        if (code != 0 && !(code == withErrors && told) && unverifiable.isEmpty() && damage.isEmpty()) {
            add(unverifiable, "%s ended with exit code %d before its end".formatted(program, code));
        }
    }

    /** Counts roles as missing that nobody could create. */
    synchronized void lacksRoles() {
        flush();
        missingRoles.forEach(role -> add(errors, "role \"%s\" does not exist".formatted(role)));
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

    /** Objects that PostgreSQL refused, each with its message. */
    synchronized List<String> errors() {
        flush();
        List<String> all = new ArrayList<>(errors);
        if (more > 0) {
            all.add("and %d more".formatted(more));
        }
        return all;
    }

    /** Tells what the sidecar's machine lacks, or where its side failed; empty if nothing. */
    synchronized List<String> unverifiable() {
        return List.copyOf(unverifiable);
    }

    /** Defects that pg_restore found in the archive itself. */
    synchronized List<String> damage() {
        return List.copyOf(damage);
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }
}
