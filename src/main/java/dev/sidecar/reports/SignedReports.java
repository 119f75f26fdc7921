package dev.sidecar.reports;

import dev.sidecar.proofs.Report;
import dev.sidecar.sets.Envelope;
import dev.sidecar.sets.Signatures;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes signed reports of what the proofs say now, and keeps them. */
public final class SignedReports {

    private static final Logger log = LoggerFactory.getLogger(SignedReports.class);

    private final Supplier<Report> proofs;
    private final Composer composer;
    private final ReportFolder folder;
    private final Signatures signatures;
    private final Clock clock;

    /** @param proofs says how they stand now */
    SignedReports(Supplier<Report> proofs, Composer composer, ReportFolder folder, Signatures signatures, Clock clock) {
        this.proofs = proofs;
        this.composer = composer;
        this.folder = folder;
        this.signatures = signatures;
        this.clock = clock;
    }

    /** Signs a report and keeps it. One at a time, as each is compared with the one before. */
    synchronized ReportDocument sign() throws IOException {
        Report report = proofs.get();
        ReportDocument document = composer.compose(folder.newId(report.at()), report, signatures.keyId(), last());
        byte[] page = ReportHtml.of(document);
        Envelope envelope = signatures.seal(
                Statement.PAYLOAD_TYPE, Statement.of(document, page).payload());
        folder.write(document.id(), page, envelope.file());
        log.atInfo()
                .addKeyValue("report", document.id())
                .addKeyValue("score", document.score())
                .addKeyValue("key", document.key())
                .log("readiness report signed");
        return document;
    }

    /** Finds the newest report that is signed by a key of ours; one that is not, is no report to compare with. */
    private @Nullable ReportDocument last() throws IOException {
        for (String id : folder.ids()) {
            Optional<byte[]> envelope = folder.envelope(id);
            if (envelope.isPresent()) {
                try {
                    return ReportCheck.envelope(envelope.get(), signatures.knownKeys())
                            .statement()
                            .document();
                } catch (ReportRefused e) {
                    log.atWarn()
                            .addKeyValue("report", id)
                            .addKeyValue("reason", e.reason())
                            .log("stored report is not what was signed; comparing with the next older one");
                }
            }
        }
        return null;
    }

    /**
     * A report that is kept.
     *
     * @param id its id, by which {@code /api/reports} hands out its page and its signature
     * @param at when it was made
     */
    public record Kept(String id, Instant at) {}

    /** Signs a report and keeps it. @return its id */
    public String signNow() throws IOException {
        return sign().id();
    }

    /** Lists the reports that are kept, newest first. */
    public List<Kept> kept() throws IOException {
        return folder.ids().stream()
                .map(id -> new Kept(id, ReportFolder.at(id)))
                .toList();
    }

    /** Lists the ids of the reports, newest first. */
    List<String> ids() throws IOException {
        return folder.ids();
    }

    /** Finds the page of a report. @param id its id, or {@code latest} */
    Optional<byte[]> page(String id) throws IOException {
        Optional<String> known = known(id);
        return known.isPresent() ? folder.page(known.get()) : Optional.empty();
    }

    /** Finds the envelope of a report. @param id its id, or {@code latest} */
    Optional<byte[]> envelope(String id) throws IOException {
        Optional<String> known = known(id);
        return known.isPresent() ? folder.envelope(known.get()) : Optional.empty();
    }

    private Optional<String> known(String id) throws IOException {
        List<String> ids = folder.ids();
        return id.equals("latest")
                ? ids.stream().findFirst()
                : ids.stream().filter(id::equals).findFirst();
    }

    /** The name of a report's files where they are handed out. @param id its id, or {@code latest} */
    String nameOf(String id) throws IOException {
        return composer.nameOf(known(id).orElse(id));
    }

    /** Deletes what is older than the limit. @return how many */
    synchronized int expire(Duration keep) throws IOException {
        return folder.expire(clock.instant(), keep);
    }
}
