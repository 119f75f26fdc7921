package dev.sidecar.notices;

/**
 * A message that the sidecar sends to people itself, without Alertmanager.
 *
 * @param subject one line
 * @param text plain text: what happened, since when, and what to do
 * @param urgent it may wake somebody
 */
public record Notice(String subject, String text, boolean urgent) {

    public Notice {
        // A line break in the subject would start another mail header.
        subject = subject.replaceAll("[\\r\\n]+", " ");
    }

    /** One that may wake somebody. */
    public Notice(String subject, String text) {
        this(subject, text, true);
    }

    /** The same for the morning, such as good news. */
    public Notice calm() {
        return new Notice(subject, text, false);
    }
}
