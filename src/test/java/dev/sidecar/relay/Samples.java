package dev.sidecar.relay;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** A push of remote write, made by hand: for what no honest client sends. */
public final class Samples {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ProtoWriter out = new ProtoWriter();

    public Samples add(String metric, Map<String, String> labels, double value, long millis) {
        ProtoWriter series = new ProtoWriter().message(1, label("__name__", metric));
        labels.forEach((name, labelled) -> series.message(1, label(name, labelled)));
        series.message(
                2,
                new ProtoWriter().fixed64(1, Double.doubleToRawLongBits(value)).varint(2, millis));
        out.message(1, series);
        return this;
    }

    /** A series with a value for each of the times. */
    public Samples add(String metric, Map<String, String> labels, double[] values, long firstMillis, long stepMillis) {
        ProtoWriter series = new ProtoWriter().message(1, label("__name__", metric));
        labels.forEach((name, labelled) -> series.message(1, label(name, labelled)));
        for (int i = 0; i < values.length; i++) {
            series.message(
                    2,
                    new ProtoWriter()
                            .fixed64(1, Double.doubleToRawLongBits(values[i]))
                            .varint(2, firstMillis + i * stepMillis));
        }
        out.message(1, series);
        return this;
    }

    /** One of the job node. */
    static Samples node(String metric, double value, long millis) {
        return new Samples().add(metric, Map.of("job", "node"), value, millis);
    }

    private static ProtoWriter label(String name, String value) {
        return new ProtoWriter().text(1, name).text(2, value);
    }

    /** Writes them into a Prometheus, past the relay. */
    public void send(URI prometheus) throws IOException, InterruptedException {
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(prometheus.resolve("/api/v1/write"))
                        .header("Content-Encoding", "snappy")
                        .header("Content-Type", "application/x-protobuf")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(SnappyBlock.encode(bytes())))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(response.body());
        }
    }

    /** Pushes them to the relay, as the host of the token. @return the status of the answer */
    public int push(URI relay, String token) throws IOException, InterruptedException {
        return HTTP.send(
                        HttpRequest.newBuilder(relay.resolve(Push.Kind.METRICS.path()))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Encoding", "snappy")
                                .header("Content-Type", "application/x-protobuf")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(SnappyBlock.encode(bytes())))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    byte[] bytes() {
        return out.toBytes();
    }
}
