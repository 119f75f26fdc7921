package dev.sidecar.proofs.security;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.core.env.ConfigurableEnvironment;

final class SecretFilesProof implements Proof {

    private final ConfigurableEnvironment environment;

    SecretFilesProof(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-7",
                Area.SECURITY,
                "Other users of the machine cannot read the files with secrets.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() throws IOException {
        List<String> open = new ArrayList<>();
        int files = 0;
        for (Map.Entry<String, Object> variable :
                environment.getSystemEnvironment().entrySet()) {
            String value = String.valueOf(variable.getValue());
            if (variable.getKey().startsWith("SIDECAR_") && variable.getKey().endsWith("_FILE") && !value.isBlank()) {
                files++;
                Set<PosixFilePermission> modes = Files.getPosixFilePermissions(Path.of(value));
                if (modes.contains(PosixFilePermission.OTHERS_READ)
                        || modes.contains(PosixFilePermission.OTHERS_WRITE)) {
                    open.add(value);
                }
            }
        }
        if (files == 0) {
            throw new NotConfigured("No secret is given as a file (SIDECAR_…_FILE).");
        }
        return open.isEmpty()
                ? Finding.held("Other users can access none of %d files with secrets.", files)
                : Finding.broken("Other users can access: %s. Fix with chmod o= on each file.", Finding.list(open));
    }
}
