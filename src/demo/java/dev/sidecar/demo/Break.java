package dev.sidecar.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;

/** {@code ./run break database} and {@code ./run repair database}, in another terminal than the one in which {@code ./run} runs. */
final class Break {

    private Break() {}

    /** Of the demo's page. This class needs nothing but the JDK, so that the command answers at once. */
    static int port() {
        return port("SIDECAR_DEMO_PORT", 8025);
    }

    static int port(String variable, int standard) {
        String value = System.getenv(variable);
        if (value == null || value.isBlank()) {
            return standard;
        }
        if (!value.matches("[1-9]\\d{0,4}") || Integer.parseInt(value) > 65535) {
            throw new IllegalStateException("%s is '%s', but must be a port, 1 to 65535".formatted(variable, value));
        }
        return Integer.parseInt(value);
    }

    public static void main(String[] arguments) throws InterruptedException {
        List<String> faults = Arrays.stream(Fault.values()).map(Fault::word).toList();
        if (arguments.length != 2
                || !List.of("break", "repair").contains(arguments[0])
                || !faults.contains(arguments[1])) {
            System.err.println("./run break|repair " + String.join("|", faults));
            System.exit(2);
        }
        try {
            URI page = URI.create("http://localhost:%d/%s?what=%s".formatted(port(), arguments[0], arguments[1]));
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(page)
                                    .header("Accept", "text/plain")
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.body().strip());
            System.exit(answer.statusCode() == 200 ? 0 : 1);
        } catch (IOException e) {
            System.err.println("Nothing answers at port %d: start ./run in another terminal first.".formatted(port()));
            System.exit(1);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }
}
