package dev.sidecar.preflight;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Checks the files of the clone that services mount as they are. Docker creates an empty directory in place of a missing file, and
 * services that are not root cannot read a clone made under a strict umask: either way a service starts wrongly.
 */
final class MountedFiles implements Step {

    private static final List<String> FILES = List.of(
            "nginx/nginx.conf",
            "redis/redis.conf",
            "prometheus/blackbox.yml",
            "loki/loki.yml",
            "alloy/config.alloy",
            "alloy/traces.alloy",
            "tempo/tempo.yml");

    private final Path stack;

    MountedFiles(Path stack) {
        this.stack = stack;
    }

    @Override
    public void prepare(Plan plan) {
        for (String file : FILES) {
            if (!Files.isRegularFile(stack.resolve(file))) {
                plan.found(ReportLine.wrong(
                        file, "is not a file", "rmdir " + file + " 2>/dev/null; git checkout -- " + file));
            }
        }
        try (Stream<Path> files = Files.walk(stack)) {
            files.filter(MountedFiles::isClosed)
                    .findFirst()
                    .ifPresent(path -> plan.found(closed(stack.relativize(path).toString())));
        } catch (IOException | UncheckedIOException e) {
            plan.found(closed(Objects.requireNonNullElse(e.getMessage(), stack.toString())));
        }
    }

    private static ReportLine closed(String what) {
        return ReportLine.wrong(
                "permissions",
                what + " cannot be read by the users that the services run as",
                "chmod -R a+rX alertmanager alloy grafana loki nginx prometheus redis tempo");
    }

    private static boolean isClosed(Path path) {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            return !permissions.contains(PosixFilePermission.OTHERS_READ)
                    || Files.isDirectory(path) && !permissions.contains(PosixFilePermission.OTHERS_EXECUTE);
        } catch (IOException e) {
            return true;
        }
    }
}
