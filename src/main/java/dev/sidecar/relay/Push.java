package dev.sidecar.relay;

import java.io.ByteArrayOutputStream;

/** One push of one host, while its body arrives. */
final class Push {

    /** The kinds of pushes, and their paths. */
    enum Kind {
        METRICS("/satellites/metrics"),
        LOGS("/satellites/logs/otlp/v1/logs");

        private final String path;

        Kind(String path) {
            this.path = path;
        }

        String path() {
            return path;
        }

        /** As the metrics' label has it. */
        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Compressed. A client of Prometheus sends some 100 kB at once, the collector 2 MB before it compresses. */
    static final int LARGEST = 2 * 1024 * 1024;

    /** Unpacked. */
    static final int LARGEST_CONTENT = 4 * 1024 * 1024;

    private final Guest guest;
    private final Kind kind;
    private final String encoding;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    Push(Guest guest, Kind kind, String encoding) {
        this.guest = guest;
        this.kind = kind;
        this.encoding = encoding;
    }

    Guest guest() {
        return guest;
    }

    Kind kind() {
        return kind;
    }

    /** How it is compressed, as the header Content-Encoding says; empty if it is not. */
    String encoding() {
        return encoding;
    }

    /** @return false if that is more than a push may have */
    boolean take(byte[] more) {
        if (body.size() + more.length > LARGEST) {
            return false;
        }
        body.writeBytes(more);
        return true;
    }

    byte[] body() {
        return body.toByteArray();
    }
}
