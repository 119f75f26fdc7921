package dev.sidecar.proofs;

/** The area of a proof, in the order of the report. */
public enum Area {
    LOGGING("Logging"),
    METRICS("Metrics"),
    ALERTING("Alerting"),
    DASHBOARDS("Dashboards"),
    BACKUPS("Backups"),
    SECURITY("Security"),
    PERFORMANCE("Performance");

    private final String title;

    Area(String title) {
        this.title = title;
    }

    /** The heading of the area; in lower case it is the metrics' label. */
    public String title() {
        return title;
    }
}
