package dev.sidecar.definitions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The result of a comparison of two descriptions.
 *
 * @param differences the first of them, in the order of the description
 * @param more how many there are besides
 * @param compared how many things were compared
 * @param leftOut how many things could not be equal here, such as tablespaces in a scratch server
 */
public record DefinitionComparison(List<DefinitionDifference> differences, long more, long compared, long leftOut) {

    private static final int MOST = 100;

    /** Nothing but what PostgreSQL wrote itself may be equal in spirit: a body or a comment is equal or not. */
    private static final Set<String> VERBATIM =
            Set.of("comment", "function body", "security label", "setting", "database");

    /** Every new database has them, and a dump does not drop them. */
    private static final Set<String> OF_EVERY_DATABASE =
            Set.of("schema public", "owner and grants schema public", "comment schema public", "extension plpgsql");

    /** They come when a database is loaded; a comment or a label runs nothing, and gives nobody a right. */
    private static final Set<String> AFTER_LOADING = Set.of(
            "comment",
            "database",
            "default privileges",
            "extension version",
            "large objects",
            "owner and grants",
            "owner and grants of what came with PostgreSQL or an extension",
            "part of an extension",
            "security label",
            "setting");

    public DefinitionComparison {
        differences = List.copyOf(differences);
    }

    /** Tells whether all that was compared is equal. */
    public boolean isEqual() {
        return differences.isEmpty();
    }

    /** Says that there are more differences than those, for a person; empty if there are none. */
    public Optional<String> moreSentence() {
        return more == 0 ? Optional.empty() : Optional.of("%d more definitions differ.".formatted(more));
    }

    /** Merges two descriptions of the same order. */
    static final class Builder {

        private final DefinitionLines lines;
        private final DefinitionScope scope;
        private final List<DefinitionDifference> differences = new ArrayList<>();
        private long more;
        private long compared;
        private long leftOut;
        private final ExtensionParts extensions = new ExtensionParts();
        private @Nullable Definition expected;

        Builder(DefinitionLines lines, DefinitionScope scope) {
            this.lines = lines;
            this.scope = scope;
            advance();
        }

        private void advance() {
            try {
                expected = lines.next();
                extensions.expected(expected);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Takes the next of the restored database. */
        void restored(Definition found) {
            extensions.restored(found);
            while (expected != null && Definition.ORDER.compare(expected, found) < 0) {
                missing(expected);
                advance();
            }
            if (expected != null && Definition.ORDER.compare(expected, found) == 0) {
                both(expected, found);
                advance();
            } else if (isCompared(found) && !comesByItself(found) && extensions.mayBeAlone(found)) {
                add(found, "is not in the backup");
            }
        }

        /** Whoever makes an extension gets the tables of its script with it, and the comment of its control file. */
        private static boolean comesByItself(Definition found) {
            String whole = found.kind() + " " + found.name();
            return OF_EVERY_DATABASE.contains(whole)
                    || whole.startsWith("comment extension ")
                    || found.kind().equals("table of an extension");
        }

        DefinitionComparison finished() {
            while (expected != null) {
                missing(expected);
                advance();
            }
            return new DefinitionComparison(differences, more, compared, leftOut);
        }

        private void missing(Definition wanted) {
            if (scope.leavesOut(wanted)
                    || scope.loading() && !wanted.kind().equals("policy")
                    || !extensions.mustBeThere(wanted)) {
                return;
            }
            if (isCompared(wanted)) {
                compared++;
                add(wanted, DefinitionDifference.MISSING);
            } else {
                leftOut++;
            }
        }

        private void both(Definition wanted, Definition found) {
            if (!isCompared(wanted)) {
                leftOut++;
                return;
            }
            if (!extensions.mustBeEqual(wanted, found)) {
                return;
            }
            compared++;
            boolean same = VERBATIM.contains(wanted.kind())
                    ? wanted.what().equals(found.what())
                    : Spelling.same(ExtensionParts.bare(wanted), ExtensionParts.bare(found));
            if (!same) {
                add(wanted, difference(ExtensionParts.bare(wanted), ExtensionParts.bare(found)));
            }
        }

        private boolean isCompared(Definition one) {
            return (scope.tablespaces() || !one.kind().equals("tablespace"))
                    && !(scope.loading() && AFTER_LOADING.contains(one.kind()));
        }

        /** Says which properties differ, the first of each side. */
        private static String difference(String wanted, String found) {
            Set<String> lost = new LinkedHashSet<>(wanted.lines().toList());
            Set<String> added = new LinkedHashSet<>(found.lines().toList());
            Set<String> both = new LinkedHashSet<>(lost);
            both.retainAll(added);
            lost.removeAll(both);
            added.removeAll(both);
            if (lost.isEmpty() && added.isEmpty()) {
                return "has its lines in another order";
            }
            return lost.isEmpty()
                    ? "has in addition: " + first(added)
                    : added.isEmpty()
                            ? "lacks: " + first(lost)
                            : "has: %s instead of: %s".formatted(first(added), first(lost));
        }

        private static String first(Set<String> lines) {
            String joined =
                    String.join("; ", lines.stream().limit(3).map(String::strip).toList());
            return joined.length() > 200 ? joined.substring(0, 200) + "..." : joined;
        }

        private void add(Definition about, String what) {
            if (differences.size() < MOST) {
                differences.add(new DefinitionDifference(about.kind(), shown(about.name()), shown(what)));
            } else {
                more++;
            }
        }

        private String shown(String bytes) {
            return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), scope.letters());
        }
    }
}
