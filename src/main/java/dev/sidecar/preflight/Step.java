package dev.sidecar.preflight;

/** One part of preflight: adds what it found and what is to be written to the plan; writes nothing itself. */
interface Step {

    void prepare(Plan plan);
}
