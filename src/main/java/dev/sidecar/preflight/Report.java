package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The table once more, for the sidecar to read: {@code findings} with state, subject and detail, and {@code services} with what
 * each may do. It holds no secret, and no time, so that a run that finds the same writes the same.
 */
final class Report implements Step {

    private final Isolation isolation;
    private final Path file;

    Report(Isolation isolation, Path file) {
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
