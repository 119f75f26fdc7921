package dev.sidecar.stores;

import dev.sidecar.secrets.Secret;
import dev.sidecar.support.S3Server;
import java.time.Duration;

/** A bucket as other rooms' tests need it. */
public final class TestStores {

    private TestStores() {}

    /** Opened as the application does. */
    public static S3Store bucket(S3Server server) {
        return bucket(server, server.createBucket(), "");
    }

    /** The same, in a bucket that is there. */
    public static S3Store bucket(S3Server server, String name, String prefix) {
        return S3Connection.PATIENT.open(settings(server, server.endpoint(), name, prefix));
    }

    /** Opened by somebody who does not wait long, for links that break. @param endpoint of the server itself, or of a link to it */
    public static S3Store bucket(S3Server server, String endpoint, String name, String prefix) {
        return new S3Connection(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(20), 2)
                .open(settings(server, endpoint, name, prefix));
    }

    private static StoreProperties.S3 settings(S3Server server, String endpoint, String name, String prefix) {
        return new StoreProperties.S3(
                name, endpoint, "us-east-1", server.accessKey(), Secret.of(server.secretKey()), prefix);
    }
}
