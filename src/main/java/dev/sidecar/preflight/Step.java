package dev.sidecar.preflight;

/** One part of preflight: it adds its findings and the files to write to the plan, and writes nothing itself. */
interface Step {

    void prepare(Plan plan);
}
