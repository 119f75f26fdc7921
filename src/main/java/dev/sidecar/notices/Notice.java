package dev.sidecar.notices;

/**
 * A message that the sidecar sends to people itself, without Alertmanager.
 *
 * @param subject one line
 * @param text plain text: what happened, since when, and what to do
 */
public record Notice(String subject, String text) {

    public Notice {
        // A line break in the subject would start another mail header.
        subject = subject.replaceAll("[\\r\\n]+", " ");
    }
}
