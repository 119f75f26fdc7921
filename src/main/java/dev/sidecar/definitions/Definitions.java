package dev.sidecar.definitions;

import dev.sidecar.definitions.DefinitionQueries.DefinitionQuery;
import dev.sidecar.postgres.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The description of a database: a line for each thing, with its kind, its name and its properties, in a fixed order. Two descriptions are
 * compared line by line as they are read, so that a hundred thousand tables take no memory.
 */
public final class Definitions {

    /** Name of the description in a set, without the endings of compression and encryption. */
    public static final String FILE = "definitions.tsv";

    /** Raise it when a query changes what it says of the same thing: descriptions of two formats cannot be compared. */
    static final int FORMAT = 4;

    /** A server's version is its major and four digits. */
    private static final int MINORS = 10_000;

    private static final Pattern HEAD = Pattern.compile("definitions\\t(\\d+)\\t(\\d{2})");

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
        return "definitions\t%d\t%d\n".formatted(FORMAT, version / MINORS);
    }

    /**
     * Compares a description with the database of a session.
     *
     * @param expected as {@link #write} wrote it
     * @param restored the session
     * @param version of the session's server
     * @param scope what can be equal
     * @return empty if the two cannot be compared, as one is of another format, or of another major; while it is loaded, that of an older
     *     major is compared all the same: what majors write in another way is told as a difference then
     * @throws IOException also if the description is none
     */
    public static Optional<DefinitionComparison> compare(
            InputStream expected, Session restored, int version, DefinitionScope scope)
            throws IOException, SQLException {
        DefinitionLines lines = new DefinitionLines(expected);
        Matcher head = HEAD.matcher(lines.head());
        if (!head.matches() || !head.group(1).equals(String.valueOf(FORMAT))) {
            return Optional.empty();
        }
        int major = Integer.parseInt(head.group(2));
        if (major != version / MINORS && !scope.loading()) {
            return Optional.empty();
        }
        Set<String> described = DefinitionQueries.of(major * MINORS).stream()
                .map(DefinitionQuery::kind)
                .collect(Collectors.toSet());
        DefinitionComparison.Builder comparison = new DefinitionComparison.Builder(lines, scope);
        try {
            for (DefinitionQuery query : DefinitionQueries.of(version)) {
                if (described.contains(query.kind())) {
                    restored.copy(
                            query.sql(), row -> comparison.restored(Definition.of(query.kind(), row, row.length - 1)));
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return Optional.of(comparison.finished());
    }
}
