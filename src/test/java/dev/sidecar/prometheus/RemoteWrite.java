package dev.sidecar.prometheus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Writes samples of any time into a Prometheus, in the form of its remote-write receiver (protobuf within snappy). */
final class RemoteWrite {

    /** Prometheus stores this where a series ends. */
    static final double STALE = Double.longBitsToDouble(0x7ff0000000000002L);

    private static final int LITERAL = 1 << 16;
    /** Bytes of one sample. */
    private static final int LONGEST = 32;

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ByteArrayOutputStream request = new ByteArrayOutputStream();

    /** The samples of one series, in the order of time. */
    static final class Samples {

        private final byte[] labels;
        private byte[] samples = new byte[256];
        private int length;

        Samples(String name, Map<String, String> labels) {
            Map<String, String> all = new TreeMap<>(labels);
            all.put("__name__", name);
            ByteArrayOutputStream encoded = new ByteArrayOutputStream();
            all.forEach((key, value) -> {
                ByteArrayOutputStream label = new ByteArrayOutputStream();
                bytes(label, 1, key.getBytes(StandardCharsets.UTF_8));
                bytes(label, 2, value.getBytes(StandardCharsets.UTF_8));
                bytes(encoded, 1, label.toByteArray());
            });
            this.labels = encoded.toByteArray();
        }

        void add(long seconds, double value) {
            if (length + LONGEST > samples.length) {
                samples = Arrays.copyOf(samples, samples.length * 2);
            }
            long bits = Double.doubleToRawLongBits(value);
            long millis = seconds * 1000;
            samples[length++] = 2 << 3 | 2;
            samples[length++] = (byte) (9 + 1 + lengthOf(millis));
            samples[length++] = 1 << 3 | 1;
            for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
                samples[length++] = (byte) (bits >>> shift);
            }
            samples[length++] = 2 << 3;
            for (long left = millis; ; left >>>= 7) {
                if ((left & ~0x7fL) == 0) {
                    samples[length++] = (byte) left;
                    return;
                }
                samples[length++] = (byte) (left & 0x7f | 0x80);
            }
        }

        private static int lengthOf(long value) {
            return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
        }
    }

    /** Takes the samples over; they are empty afterwards. */
    void add(Samples series) {
        if (series.length > 0) {
            request.write(1 << 3 | 2);
            number(request, series.labels.length + series.length);
            request.writeBytes(series.labels);
            request.write(series.samples, 0, series.length);
            series.length = 0;
        }
    }

    void send(URI prometheus) {
        byte[] plain = request.toByteArray();
        request.reset();
        if (plain.length == 0) {
            return;
        }
        ByteArrayOutputStream snappy = new ByteArrayOutputStream(plain.length + plain.length / 1000 + 100);
        number(snappy, plain.length);
        for (int from = 0; from < plain.length; from += LITERAL) {
            int length = Math.min(LITERAL, plain.length - from);
            snappy.write(61 << 2);
            snappy.write(length - 1);
            snappy.write(length - 1 >>> Byte.SIZE);
            snappy.write(plain, from, length);
        }
        try {
            HttpResponse<String> response = HTTP.send(
                    HttpRequest.newBuilder(prometheus.resolve("/api/v1/write"))
                            .header("Content-Encoding", "snappy")
                            .header("Content-Type", "application/x-protobuf")
                            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(snappy.toByteArray()))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new IllegalStateException("Prometheus took no samples: " + response.body());
            }
        } catch (IOException e) {
            throw new IllegalStateException("Prometheus took no samples", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] content) {
        out.write(field << 3 | 2);
        number(out, content.length);
        out.writeBytes(content);
    }

    private static void number(ByteArrayOutputStream out, long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) (left & 0x7f | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }
}
