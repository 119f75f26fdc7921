package dev.sidecar.postgres;

import dev.sidecar.text.Encodings;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** A session with one database, deaf to what that database says. Only {@link ServerAddress} opens one. */
public final class Session implements AutoCloseable {

    private static final int LONGEST_LINE = 16 << 20;

    private final Connection connection;

    Session(Connection connection) {
        this.connection = connection;
    }

    /** Reads the first column of the first row. */
    public String text(String query) throws SQLException {
        return texts(query).get(0);
    }

    /** Reads the first column of all rows. */
    public List<String> texts(String query) throws SQLException {
        return rows(query, row -> row.getString(1));
    }

    /** Reads all columns of all rows. */
    public List<List<String>> table(String query) throws SQLException {
        return rows(query, row -> {
            List<String> cells = new ArrayList<>();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                cells.add(row.getString(i));
            }
            return cells;
        });
    }

    /**
     * Reads texts whose names are shared by all databases of the server, as a database in UTF-8 shows them. This one may have another
     * encoding, and take their bytes for other letters.
     */
    List<String> sharedTexts(String query) throws SQLException {
        String encoding = text("SELECT getdatabaseencoding()");
        if (encoding.equals("UTF8") || encoding.equals("SQL_ASCII")) {
            return texts(query);
        }
        Charset letters = Encodings.charset(encoding);
        return rows(
                "SELECT decode(replace(s.shared, E'\\\\', E'\\\\\\\\'), 'escape') FROM (" + query + ") s(shared)",
                row -> Encodings.either(row.getBytes(1), letters));
    }

    /** Tells how many columns a query has. What it is written in braces is left to the server. */
    public int columns(String query) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet none = statement.executeQuery(query)) {
                return none.getMetaData().getColumnCount();
            }
        }
    }

    /** Reads all rows, each made into a value. */
    <T> List<T> rows(String query, Row<T> make) throws SQLException {
        List<T> made = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                made.add(make.from(row));
            }
        }
        return made;
    }

    /**
     * Reads the rows of a query one by one, as COPY writes them: one is in memory at a time, and no letter is converted, as not every byte
     * of a name must be one.
     *
     * @throws SQLException also if a row is too long
     */
    public void copy(String query, Line line) throws SQLException {
        CopyOut rows = copyOut("COPY (" + query + ") TO STDOUT (ENCODING 'SQL_ASCII')");
        ByteArrayOutputStream begun = new ByteArrayOutputStream();
        for (byte[] piece = rows.readFromCopy(); piece != null; piece = rows.readFromCopy()) {
            if (begun.size() + piece.length > LONGEST_LINE) {
                throw new SQLException(
                        "A definition in this database is longer than %d MB.".formatted(LONGEST_LINE >> 20));
            }
            if (!endsRow(piece)) {
                begun.writeBytes(piece);
            } else if (begun.size() == 0) {
                line.accept(piece);
            } else {
                begun.writeBytes(piece);
                line.accept(begun.toByteArray());
                begun.reset();
            }
        }
    }

    /** Tells whether a row of COPY's text format ends with this piece of it: a line feed of its values is written in another way. */
    static boolean endsRow(byte[] piece) {
        return piece.length > 0 && piece[piece.length - 1] == '\n';
    }

    /** Takes a row in COPY's text format, with its line feed. */
    public interface Line {
        void accept(byte[] row) throws SQLException;
    }

    /** Makes a value of the row that a result stands at. */
    interface Row<T> {
        T from(ResultSet row) throws SQLException;
    }

    /** Ends the session when an answer takes longer: the server, or the way to it, is gone. */
    public void limitAnswers(Duration longest) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(longest.toMillis()));
    }

    /** Runs a statement that returns nothing. */
    public void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Runs the same. @param said gets the messages that the server sends with it, also if it fails */
    void execute(String sql, List<String> said) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try {
                statement.execute(sql);
            } finally {
                for (SQLWarning next = statement.getWarnings(); next != null; next = next.getNextWarning()) {
                    said.add(next.getMessage());
                }
            }
        }
    }

    /** Begins the reading of rows with a COPY statement. A long one arrives in several pieces. */
    CopyOut copyOut(String copy) throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI().copyOut(copy);
    }

    /** Begins a transaction that lasts until the session is closed. */
    void begin() throws SQLException {
        connection.setAutoCommit(false);
    }

    /** Runs statements in one transaction; if one of them fails, none of them has happened. */
    public void together(Statements statements) throws SQLException {
        connection.setAutoCommit(false);
        try {
            statements.run();
            connection.commit();
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** Statements that belong together. */
    public interface Statements {
        void run() throws SQLException;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    boolean isClosed() throws SQLException {
        return connection.isClosed();
    }

    /** Ends the session from any thread, whatever it is doing. */
    public void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // The session has ended already, and released all that it held.
        }
    }
}
