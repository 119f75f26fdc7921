package dev.sidecar.hosts;

import dev.sidecar.settings.Identity;
import java.nio.file.Path;
import java.time.Clock;

/** Adds and revokes hosts as the command does. */
public final class TestHosts {

    private final Hosts hosts;

    /** @param own the name of the stack's own host */
    public TestHosts(Path file, String own) {
        hosts = new Hosts(file, new Identity("staging", own, "sidecar", "staging"), Clock.systemUTC());
    }

    /** @return the host's token */
    public String add(String name) {
        return hosts.add(name);
    }

    public void revoke(String name) {
        hosts.revoke(name);
    }
}
