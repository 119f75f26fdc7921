package dev.sidecar.grafana;

/**
 * A query of a panel.
 *
 * @param dashboard title of the dashboard
 * @param panel title of the panel
 * @param datasource uid of its data source
 * @param expression the query, with its variables put in
 */
public record PanelQuery(String dashboard, String panel, String datasource, String expression) {

    /** Names the panel for a message. */
    public String where() {
        return dashboard + " › " + panel;
    }
}
