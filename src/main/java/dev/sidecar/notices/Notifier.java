package dev.sidecar.notices;

/** A channel that reaches people without Alertmanager. */
interface Notifier {

    /** Its name in metrics and logs, such as {@code mail}. */
    String name();

    /** Tries once, within a few seconds. It never throws, and its result holds no secret. */
    Delivery deliver(Notice notice);
}
