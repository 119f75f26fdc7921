package dev.sidecar.notices;

import dev.sidecar.jobs.JobEnded;
import dev.sidecar.jobs.NamedThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.context.event.EventListener;

/** Sends notices of backup jobs that ended, on its own thread, so that no job waits for a mail server. */
final class BackupListener implements AutoCloseable {

    private final BackupNotices decisions;
    private final Notices notices;
    private final ExecutorService sender = Executors.newSingleThreadExecutor(new NamedThreads("backup-notices"));

    BackupListener(BackupNotices decisions, Notices notices) {
        this.decisions = decisions;
        this.notices = notices;
    }

    @EventListener
    void on(JobEnded ended) {
        decisions.of(ended).ifPresent(notice -> sender.execute(() -> tell(notice)));
    }

    private void tell(Notice notice) {
        try {
            notices.tell(notice);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        sender.shutdownNow();
    }
}
