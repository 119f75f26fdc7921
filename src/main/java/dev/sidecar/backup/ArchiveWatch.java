package dev.sidecar.backup;

import dev.sidecar.postgres.Child;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Limited;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Passes an archive on, and at the same time lets {@code pg_restore --list} read its table of contents. Exit code 0 alone proves little: a
 * replaced program, or one whose output was cut off, can return it too.
 */
final class ArchiveWatch extends OutputStream {

    private static final int LONGEST_LINE = 1024;

    private final OutputStream out;
    private final Child list;
    private final Thread reader;
    private volatile int tablesWithData;
    private boolean listening = true;

    /** @param list {@code pg_restore --list}, started */
    ArchiveWatch(OutputStream out, Child list) {
        this.out = out;
        this.list = list;
        reader = new Thread(this::countTables, "archive-contents");
        reader.setDaemon(true);
        reader.start();
    }

    private void countTables() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(list.output(), StandardCharsets.UTF_8))) {
            int count = 0;
            for (String line = Limited.line(lines, LONGEST_LINE);
                    line != null;
                    line = Limited.line(lines, LONGEST_LINE)) {
                if (line.contains(" TABLE DATA ")) {
                    count++;
                }
            }
            tablesWithData = count;
        } catch (IOException e) {
            // pg_restore was stopped; its exit code says so.
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        if (listening) {
            try {
                list.input().write(bytes, offset, length);
                list.input().flush();
            } catch (IOException e) {
                // pg_restore has read what it needs and ended.
                listening = false;
            }
        }
    }

    /** Call it after the last byte. @return how many tables have rows in the archive @throws BackupFailure if it is not an archive */
    int finish() throws InterruptedException {
        try {
            list.input().close();
        } catch (IOException e) {
            // pg_restore has already ended.
        }
        if (list.waitFor() != 0) {
            throw list.failure(
                    Reason.DUMP, "cannot read the output of pg_dump, although pg_dump ended with exit code 0");
        }
        reader.join();
        return tablesWithData;
    }
}
