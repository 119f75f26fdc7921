package dev.sidecar.demo;

import java.util.List;
import java.util.Locale;

/** A thing that you can break in the demo, what to expect of it, and which proofs to try again at once. */
enum Fault {
    DATABASE(
            "Stop the database",
            "PostgreSQL stops. Within a minute the alert DatabaseConnectionFailed fires and is mailed; the proofs about the database break.",
            List.of("MET-3", "SEC-1", "BKP-1")),
    API(
            "Slow the API down",
            "Two of three requests take 1.5 s. The alert ApiLatencyP95High fires after some two minutes.",
            List.of("MET-6", "PRF-2")),
    BACKUP(
            "Flip a bit in a backup",
            "One bit of the newest backup changes on disk. The proof BKP-4, which reads it again, breaks at once; the alert BackupVerificationFailed is mailed.",
            List.of("BKP-4"));

    private final String title;
    private final String story;
    private final List<String> proofs;

    Fault(String title, String story, List<String> proofs) {
        this.title = title;
        this.story = story;
        this.proofs = proofs;
    }

    /** As people type it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    String title() {
        return title;
    }

    String story() {
        return story;
    }

    List<String> proofs() {
        return proofs;
    }
}
