package dev.sidecar.notices;

import dev.sidecar.text.HostileText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends a notice by every receiver without Alertmanager. It retries each a few times; a failing one does not stop the others. */
public final class Notices {

    /** Waits between attempts; an argument, so that tests do not wait. */
    @FunctionalInterface
    interface Pause {
        void of(Duration time) throws InterruptedException;
    }

    private static final Logger log = LoggerFactory.getLogger(Notices.class);
    private static final int ATTEMPTS = 4;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final List<Notifier> receivers;
    private final NoticeMetrics metrics;
    private final Pause pause;

    Notices(List<Notifier> receivers, NoticeMetrics metrics, Pause pause) {
        this.receivers = receivers;
        this.metrics = metrics;
        this.pause = pause;
    }

    /** A receiver is configured. */
    public boolean canTell() {
        return !receivers.isEmpty();
    }

    /** Asks the mail server whether it would take a mail, without sending one. @return why not; empty if it would, or if none is set */
    public Optional<String> mailTrouble() {
        return receivers.stream()
                .filter(MailNotifier.class::isInstance)
                .map(receiver -> ((MailNotifier) receiver).ask())
                .filter(answer -> !answer.isDone())
                .map(answer -> HostileText.line(answer.detail()))
                .findFirst();
    }

    /** Sends a notice to all. @return how many receivers accepted it */
    public int tell(Notice notice) throws InterruptedException {
        int taken = 0;
        for (Notifier receiver : receivers) {
            boolean delivered = tell(receiver, notice);
            metrics.told(receiver.name(), delivered);
            taken += delivered ? 1 : 0;
        }
        return taken;
    }

    private boolean tell(Notifier receiver, Notice notice) throws InterruptedException {
        for (int attempt = 1; true; attempt++) {
            Delivery delivery = receiver.deliver(notice);
            DeliveryProblem reason = delivery.reason();
            if (reason == null) {
                log.atInfo()
                        .addKeyValue("receiver", receiver.name())
                        .addKeyValue("subject", notice.subject())
                        .log("notice delivered");
                return true;
            }
            metrics.attemptFailed(receiver.name(), reason);
            boolean again = reason.retryable() && attempt < ATTEMPTS;
            log.atWarn()
                    .addKeyValue("receiver", receiver.name())
                    .addKeyValue("reason", reason.label())
                    .addKeyValue("detail", delivery.detail())
                    .log("notice not delivered, " + (again ? "retrying" : "giving up"));
            if (!again) {
                return false;
            }
            pause.of(wait(delivery, attempt));
        }
    }

    private static Duration wait(Delivery delivery, int attempt) {
        Duration wait = Optional.ofNullable(delivery.retryAfter()).orElse(FIRST_WAIT.multipliedBy(1L << (attempt - 1)));
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }
}
