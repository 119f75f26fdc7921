package dev.sidecar.notices;

/** A way to tell people that does not need Alertmanager. */
interface Notifier {

    /** Its name in metrics and logs, such as {@code mail}. */
    String name();

    /** Tries once, within a few seconds. Never throws; what it returns holds no secret. */
    Delivery deliver(Notice notice);
}
