package dev.sidecar.reports;

import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Drill;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.LeftOut;
import dev.sidecar.proofs.Report;
import dev.sidecar.sets.Signatures;
import dev.sidecar.sets.TestSets;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A sidecar as far as its reports need one: a clock, some proofs, a key and a folder. */
final class SampleReports {

    final MutableClock clock = new MutableClock("2026-11-27T21:00:00Z");
    final Signatures signatures = TestSets.signatures(Map.of());
    final VerdictLog verdicts;
    final ReportFolder folder;
    final SignedReports reports;
    List<Drill> drills = new ArrayList<>();
    List<LeftOut> leftOut = List.of();

    SampleReports(Path directory) {
        verdicts = new VerdictLog(directory.resolve("verdicts"));
        folder = new ReportFolder(directory);
        reports = new SignedReports(
                () -> new Report(clock.instant(), drills, List.of(), leftOut),
                new Composer(new Identity("shop", "box-1", "sidecar", "staging"), "1.2.3", verdicts),
                folder,
                signatures,
                clock);
    }

    static Claim claim(String id) {
        Area area = id.startsWith("BKP") ? Area.BACKUPS : Area.LOGGING;
        return new Claim(id, area, "The sentence of " + id + ".", Duration.ofMinutes(5));
    }

    static Drill drill(String id, Finding finding, Instant when) {
        return new Drill(claim(id), finding, when, Duration.ofMillis(5));
    }

    /** Replaces the last drill of a proof, and counts it as the sidecar does. */
    void drilled(String id, Finding finding) {
        Drill drill = drill(id, finding, clock.instant());
        drills.removeIf(before -> before.claim().id().equals(id));
        drills.add(drill);
        verdicts.drilled(drill);
    }
}
