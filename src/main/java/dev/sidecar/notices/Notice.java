package dev.sidecar.notices;

/**
 * What the sidecar itself tells people, past Alertmanager.
 *
 * @param subject one line
 * @param text what, since when, what to do; plain text
 */
record Notice(String subject, String text) {

    Notice {
        // A line break in a subject would begin another header of a mail.
        subject = subject.replaceAll("[\\r\\n]+", " ");
    }
}
