package dev.sidecar.proofs;

/**
 * A claim and the drill that checks it. Every class in {@code dev.sidecar.proofs} and below that implements this interface is part of the
 * readiness report: to add a proof, add a file, with the beans that it needs as arguments of its constructor.
 */
public interface Proof {

    /** The statement that the drill checks. */
    Claim claim();

    /**
     * Runs the drill once. It may throw: {@code NotConfigured} makes the finding not applicable, any other exception makes it
     * inconclusive with the exception's message. It stops when its thread is interrupted.
     */
    Finding prove() throws Exception;

    /**
     * Tells whether of several sidecars only the one on duty drills it: the drill sends what must not come twice, or asks for what only
     * that one gets.
     */
    default boolean isForOneOnly() {
        return false;
    }
}
