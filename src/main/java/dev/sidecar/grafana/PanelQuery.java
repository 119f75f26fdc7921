package dev.sidecar.grafana;

/**
 * A query that a panel makes.
 *
 * @param dashboard title of the dashboard
 * @param panel title of the panel
 * @param datasource uid of the data source that is asked
 * @param expression the query, with its variables put in
 */
public record PanelQuery(String dashboard, String panel, String datasource, String expression) {

    /** For people: where to look. */
    public String where() {
        return dashboard + " › " + panel;
    }
}
