package dev.sidecar.proofs;

import java.net.URI;

/** Makes an edge for tests in other rooms. */
public final class EdgeFixture {

    private EdgeFixture() {}

    public static Edge at(URI address) {
        return new Edge(address);
    }
}
