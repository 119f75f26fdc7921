package dev.sidecar.reports;

import dev.sidecar.reports.ReportRefused.Reason;
import dev.sidecar.sets.Envelope;
import dev.sidecar.sets.Sha256;
import dev.sidecar.sets.VerifyingKey;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks a signed report with nothing but its two files and public keys.
 *
 * @param statement what was signed
 * @param signers the keys that signed it
 * @param strangers ids that further signatures claim, of keys that nobody here knows
 * @param page the page that was compared; null if it is not there
 */
record ReportCheck(
        Statement statement,
        List<VerifyingKey> signers,
        List<String> strangers,
        @Nullable Path page) {

    /** Checks the envelope or the page of a report; the other file is looked for beside it. */
    static ReportCheck of(Path file, Collection<VerifyingKey> keys) throws IOException {
        String name = nameOf(file);
        if (name.endsWith(ReportFolder.PAGE)) {
            Path envelope = file.resolveSibling(
                    name.substring(0, name.length() - ReportFolder.PAGE.length()) + ReportFolder.ENVELOPE);
            if (!Files.exists(envelope)) {
                throw new ReportRefused(
                        Reason.NOT_A_REPORT,
                        "The signature of %s is missing: put %s next to it."
                                .formatted(line(name), line(nameOf(envelope))));
            }
            return envelope(read(envelope, ReportFolder.LARGEST_ENVELOPE), keys).withPage(file);
        }
        ReportCheck check = envelope(read(file, ReportFolder.LARGEST_ENVELOPE), keys);
        String stem = name.endsWith(ReportFolder.ENVELOPE)
                ? name.substring(0, name.length() - ReportFolder.ENVELOPE.length())
                : check.statement.document().name();
        Path page = file.resolveSibling(stem + ReportFolder.PAGE);
        return Files.exists(page) ? check.withPage(page) : check;
    }

    /** The root of the file system has none. */
    private static String nameOf(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }

    /** Checks an envelope alone. */
    static ReportCheck envelope(byte[] file, Collection<VerifyingKey> keys) {
        Envelope envelope;
        try {
            envelope = Envelope.parse(file);
        } catch (IllegalArgumentException e) {
            throw new ReportRefused(Reason.NOT_A_REPORT, "It is no signed report: " + e.getMessage() + ".");
        }
        if (!envelope.payloadType().equals(Statement.PAYLOAD_TYPE)) {
            throw new ReportRefused(
                    Reason.NOT_A_REPORT,
                    "It is no signed report: its payloadType is '%s', not '%s'."
                            .formatted(line(shortened(envelope.payloadType())), Statement.PAYLOAD_TYPE));
        }
        Envelope.Checked checked = envelope.check(keys);
        if (!checked.wrong().isEmpty()) {
            throw new ReportRefused(
                    Reason.CHANGED,
                    "The signature of key %s does not fit: the report was changed after it was signed, or the signature is forged."
                            .formatted(names(checked.wrong())));
        }
        if (checked.signers().isEmpty()) {
            throw new ReportRefused(
                    Reason.UNKNOWN_KEY,
                    ("No key that is known here signed it; it claims key %s. Give the public key of its sidecar, which 'sidecar key'"
                                    + " prints there, with --public-key.")
                            .formatted(names(checked.unknown())));
        }
        return new ReportCheck(Statement.parse(envelope.payload()), checked.signers(), checked.unknown(), null);
    }

    private ReportCheck withPage(Path file) throws IOException {
        if (!Sha256.of(read(file, ReportFolder.LARGEST_PAGE)).equals(statement.pageSha256())) {
            throw new ReportRefused(
                    Reason.CHANGED,
                    "%s is not the page that was signed: it was changed, or belongs to another report than %s."
                            .formatted(line(nameOf(file)), statement.document().id()));
        }
        return new ReportCheck(statement, signers, strangers, file);
    }

    private static byte[] read(Path file, int most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new ReportRefused(
                        Reason.NOT_A_REPORT,
                        "%s is larger than any report (%d MB).".formatted(line(nameOf(file)), most >> 20));
            }
            return bytes;
        }
    }

    static String names(List<String> keys) {
        return keys.stream()
                .map(id -> id.isEmpty() ? "without a name" : line(shortened(id)))
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }

    private static String line(String text) {
        return HostileText.line(text);
    }
}
