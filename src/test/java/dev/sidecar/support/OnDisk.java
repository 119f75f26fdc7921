package dev.sidecar.support;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Makes a test's folder on a disk, where {@code ./test} has put the others in memory: for a test that looks at a file system of its own as
 * a host's disks are looked at, and for one whose folders lie too deep for a socket's path below a longer one.
 */
public final class OnDisk implements TempDirFactory {

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws Exception {
        Path directory = Path.of(System.getProperty("test.disk", System.getProperty("java.io.tmpdir")));
        return Files.createTempDirectory(directory, "junit-");
    }
}
