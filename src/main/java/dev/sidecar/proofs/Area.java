package dev.sidecar.proofs;

/** What a proof is about. The order is the report's. */
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

    /** As headings say it; in lower case it is the metrics' label. */
    public String title() {
        return title;
    }
}
