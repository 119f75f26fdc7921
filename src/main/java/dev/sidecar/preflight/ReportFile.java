package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes the report for the sidecar to read: {@code findings} with state, subject and detail, and {@code services} with the rights
 * that each has. It holds no secret and no time, so that two equal runs write the same file.
 */
final class ReportFile implements Step {

    private final Isolation isolation;
    private final Path file;

    ReportFile(Isolation isolation, Path file) {
        this.isolation = isolation;
        this.file = file;
    }

    @Override
    public void prepare(Plan plan) {
        if (plan.isWrong()) {
            return;
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("findings", plan.findings());
        report.put("services", isolation.services());
        plan.write(file, JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
    }
}
