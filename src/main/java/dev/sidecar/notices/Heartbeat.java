package dev.sidecar.notices;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.secrets.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Requests an external address every minute while the Watchdog arrives. Whoever runs that address raises the alarm when the requests
 * stop: when this host, its network or the alerting is down.
 */
final class Heartbeat {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Secret address;
    private final DeadMansSwitch deadMansSwitch;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();

    Heartbeat(Secret address, DeadMansSwitch deadMansSwitch) {
        this.address = address;
        this.deadMansSwitch = deadMansSwitch;
    }

    Job job() {
        return new Job("heartbeat", Schedule.every(Duration.ofMinutes(1)), Duration.ofSeconds(30), run -> beat())
                .onDuty();
    }

    Outcome beat() throws InterruptedException {
        DeadMansSwitch.State state = deadMansSwitch.status().state();
        if (state == DeadMansSwitch.State.OPEN || state == DeadMansSwitch.State.WAITING) {
            return Outcome.skipped("the Watchdog is missing; the heartbeat stops so that the external monitor notices");
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(address.reveal()))
                .timeout(LIMIT)
                .build();
        try {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status / 100 == 2
                    ? Outcome.success("heartbeat sent")
                    : Outcome.failure("the address of sidecar.alerts.heartbeat-url answered " + status);
        } catch (IOException e) {
            // The message may hold the address, which is a secret.
            return Outcome.failure("the address of sidecar.alerts.heartbeat-url cannot be reached ("
                    + e.getClass().getSimpleName() + ")");
        }
    }
}
