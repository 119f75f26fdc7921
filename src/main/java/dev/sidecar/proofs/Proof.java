package dev.sidecar.proofs;

/**
 * Something that must hold, and the drill that shows whether it does. Every class of this package that implements it is part of the
 * readiness report: adding one is adding a file, with what it asks in its constructor.
 */
public interface Proof {

    /** What must hold. */
    Claim claim();

    /**
     * Runs the drill once. It may throw: {@code NotConfigured} makes the finding one that does not apply, anything else makes it
     * inconclusive with the exception's message. It ends when its thread is interrupted.
     */
    Finding prove() throws Exception;
}
