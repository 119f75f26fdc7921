package dev.sidecar.reports;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The requirements of others that a proof is evidence towards. Evidence is all that it is: whether you meet a requirement is for those to
 * say who audit you, and each entry names what no drill shows.
 */
enum Control {
    ISO_BACKUP(
            "ISO/IEC 27001:2022",
            "A.8.13",
            "Information backup",
            "Backups exist, are younger than the RPO, encrypted, signed and unchanged, follow the retention, were restored as a test, and answer your own checks.",
            "The backup policy itself, data outside PostgreSQL, and a copy at another place.",
            "BKP-1",
            "BKP-2",
            "BKP-4",
            "BKP-5",
            "BKP-6",
            "BKP-8",
            "BKP-9",
            "BKP-10",
            "BKP-11",
            "BKP-12",
            "SEC-8"),
    ISO_LOGGING(
            "ISO/IEC 27001:2022",
            "A.8.15",
            "Logging",
            "Every source delivers its lines, none is lost, they are kept for the retention, a request is found by its ID, and changes of"
                    + " the schema are recorded.",
            "Which events your organization has to log, and who reviews them.",
            "LOG-1",
            "LOG-2",
            "LOG-4",
            "LOG-5",
            "LOG-7",
            "LOG-8",
            "LOG-9",
            "SEC-5"),
    ISO_MONITORING(
            "ISO/IEC 27001:2022",
            "A.8.16",
            "Monitoring activities",
            "Targets are measured, rules read live series, alerts reach people by every route, and failed logins raise one.",
            "What people do when an alert arrives.",
            "MET-1",
            "MET-2",
            "MET-3",
            "MET-4",
            "MET-6",
            "MET-7",
            "MET-8",
            "ALR-1",
            "ALR-2",
            "ALR-3",
            "ALR-4",
            "ALR-5",
            "ALR-6",
            "ALR-7",
            "ALR-8",
            "DSH-1",
            "DSH-2",
            "SEC-2"),
    SOC_BACKUP(
            "SOC 2 (Trust Services Criteria)",
            "A1.2",
            "Availability: data backup processes and recovery infrastructure",
            "Backups are taken, kept, checked and restored as a test within the RTO.",
            "Environmental protection, capacity, and infrastructure that is not watched.",
            "BKP-1",
            "BKP-2",
            "BKP-4",
            "BKP-5",
            "BKP-6",
            "BKP-8"),
    SOC_MONITORING(
            "SOC 2 (Trust Services Criteria)",
            "CC7.2",
            "System operations: monitoring for anomalies",
            "Components are measured, lines arrive, and anomalies raise alerts that are delivered.",
            "How anomalies are analysed and whether they are security events.",
            "MET-1",
            "MET-3",
            "MET-6",
            "MET-8",
            "ALR-1",
            "ALR-2",
            "ALR-3",
            "ALR-4",
            "ALR-5",
            "ALR-6",
            "ALR-7",
            "ALR-8",
            "LOG-1",
            "LOG-2",
            "LOG-5",
            "LOG-8",
            "LOG-9",
            "DSH-1",
            "DSH-2",
            "SEC-2",
            "SEC-5"),
    NIS2_INCIDENTS(
            "NIS2, Directive (EU) 2022/2555",
            "Article 21(2)(b)",
            "Incident handling",
            "Incidents are noticed and reported to people, and logs to investigate them are there.",
            "Who handles an incident, and the reports to authorities.",
            "ALR-1",
            "ALR-2",
            "ALR-3",
            "ALR-4",
            "ALR-5",
            "ALR-6",
            "ALR-7",
            "ALR-8",
            "LOG-1",
            "LOG-2",
            "LOG-5",
            "LOG-8",
            "SEC-2",
            "SEC-5"),
    NIS2_CONTINUITY(
            "NIS2, Directive (EU) 2022/2555",
            "Article 21(2)(c)",
            "Business continuity: backup management and disaster recovery",
            "Backups are managed and restored as a test, and a hostile backup reaches nothing.",
            "Crisis management, and the recovery of everything but the databases.",
            "BKP-1",
            "BKP-2",
            "BKP-4",
            "BKP-5",
            "BKP-8",
            "SEC-8"),
    NIS2_HYGIENE(
            "NIS2, Directive (EU) 2022/2555",
            "Article 21(2)(g)",
            "Basic cyber hygiene practices",
            "Default passwords are rejected, and the services of the stack are pinned, limited and unprivileged.",
            "Training, and machines outside the stack.",
            "SEC-1",
            "SEC-4"),
    NIS2_CRYPTOGRAPHY(
            "NIS2, Directive (EU) 2022/2555",
            "Article 21(2)(h)",
            "Cryptography and encryption",
            "Backups are encrypted with a key that decrypts them, and probed certificates stay valid.",
            "The policy on cryptography, and encryption elsewhere.",
            "BKP-6",
            "SEC-3"),
    NIS2_ACCESS(
            "NIS2, Directive (EU) 2022/2555",
            "Article 21(2)(i)",
            "Access control policies",
            "The control plane requires a login, other users of the machine cannot read the secrets, and backups are taken with no"
                    + " more rights than that needs.",
            "Who has which access and why, and access to everything else.",
            "SEC-6",
            "SEC-7",
            "SEC-9");

    /** Proofs of speed, size and convenience: they are evidence towards none of these. */
    static final Set<String> NOT_MAPPED =
            Set.of("BKP-3", "DSH-3", "LOG-3", "LOG-6", "MET-5", "PRF-1", "PRF-2", "TRC-1");

    private final String framework;
    private final String clause;
    private final String title;
    private final String shown;
    private final String notShown;
    private final List<String> proofs;

    Control(String framework, String clause, String title, String shown, String notShown, String... proofs) {
        this.framework = framework;
        this.clause = clause;
        this.title = title;
        this.shown = shown;
        this.notShown = notShown;
        this.proofs = List.of(proofs);
    }

    String framework() {
        return framework;
    }

    String clause() {
        return clause;
    }

    String title() {
        return title;
    }

    /** Describes what the drills show. */
    String shown() {
        return shown;
    }

    /** Describes what must be shown by other means. */
    String notShown() {
        return notShown;
    }

    List<String> proofs() {
        return proofs;
    }

    static Set<String> mapped() {
        return Arrays.stream(values())
                .flatMap(control -> control.proofs.stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
