package dev.sidecar.preflight;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Runs all steps, prints the report, and writes the files only if nothing is wrong. */
final class Preflight {

    private final List<Step> steps;

    Preflight(List<Step> steps) {
        this.steps = steps;
    }

    /** Runs preflight once. @return true if the stack may start */
    boolean run(PrintWriter out) throws IOException {
        Plan plan = new Plan();
        steps.forEach(step -> step.prepare(plan));
        int width = plan.findings().stream()
                .mapToInt(finding -> finding.subject().length())
                .max()
                .orElse(0);
        plan.findings()
                .forEach(finding -> out.printf(
                        "%-5s  %-" + width + "s  %s%n", finding.state(), finding.subject(), finding.detail()));
        if (plan.isWrong()) {
            out.println("preflight: not ready, nothing was written. Fix the lines marked WRONG and start again.");
            return false;
        }
        List<Path> changed = plan.carryOut();
        out.println(
                changed.isEmpty()
                        ? "preflight: ready, nothing had to be changed."
                        : "preflight: ready, " + changed.size() + " files written.");
        return true;
    }
}
