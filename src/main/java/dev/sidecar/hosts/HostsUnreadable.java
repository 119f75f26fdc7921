package dev.sidecar.hosts;

/** The list of hosts is there and cannot be trusted to be whole: nobody is let in by what is left of it. */
public final class HostsUnreadable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    HostsUnreadable(String message) {
        super(message);
    }
}
