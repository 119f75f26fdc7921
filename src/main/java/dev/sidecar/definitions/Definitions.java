package dev.sidecar.definitions;

import dev.sidecar.definitions.DefinitionQueries.DefinitionQuery;
import dev.sidecar.postgres.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The description of a database: a line for each thing, with its kind, its name and its properties, in a fixed order. Two descriptions are
 * compared line by line as they are read, so that a hundred thousand tables take no memory.
 */
public final class Definitions {

    /** Name of the description in a set, without the endings of compression and encryption. */
    public static final String FILE = "definitions.tsv";

    /** Raise it when a query changes what it says of the same thing: descriptions of two formats cannot be compared. */
    static final int FORMAT = 4;

    private Definitions() {}

    /** Describes the database of the session, in its transaction. @param version of the server, such as 150014 */
    public static void write(Session session, int version, OutputStream out) throws SQLException, IOException {
        out.write(head(version).getBytes(StandardCharsets.US_ASCII));
        try {
            for (DefinitionQuery query : DefinitionQueries.of(version)) {
                byte[] kind = (query.kind() + "\t").getBytes(StandardCharsets.US_ASCII);
                session.copy(query.sql(), row -> {
                    try {
                        out.write(kind);
                        out.write(row);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String head(int version) {
        return "definitions\t%d\t%d\n".formatted(FORMAT, version / 10_000);
    }

    /**
     * Compares a description with the database of a session.
     *
     * @param expected as {@link #write} wrote it
     * @param restored the session
     * @param version of the session's server
     * @param scope what can be equal
     * @return empty if the two cannot be compared, as one is of another major or of another format
     * @throws IOException also if the description is none
     */
    public static Optional<DefinitionComparison> compare(
            InputStream expected, Session restored, int version, DefinitionScope scope)
            throws IOException, SQLException {
        DefinitionLines lines = new DefinitionLines(expected);
        if (!lines.head().equals(head(version).strip())) {
            return Optional.empty();
        }
        DefinitionComparison.Builder comparison = new DefinitionComparison.Builder(lines, scope);
        List<DefinitionQuery> queries = DefinitionQueries.of(version);
        try {
            for (DefinitionQuery query : queries) {
                restored.copy(
                        query.sql(), row -> comparison.restored(Definition.of(query.kind(), row, row.length - 1)));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return Optional.of(comparison.finished());
    }
}
