package dev.sidecar.notices;

import dev.sidecar.jobs.NamedThreads;
import dev.sidecar.text.HostileText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends a notice by every receiver without Alertmanager. It retries each a few times; neither a failing nor a slow one stops the others. */
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

    /** How many notices wait for a receiver that is slow. */
    private static final int WAITING = 20;

    private final List<Receiver> receivers;
    private final NoticeMetrics metrics;
    private final Duration limit;
    private final Pause pause;

    /** @param limit how long {@link #tell} waits for all of them together */
    Notices(List<Notifier> receivers, NoticeMetrics metrics, Duration limit, Pause pause) {
        this.receivers = receivers.stream().map(Receiver::of).toList();
        this.metrics = metrics;
        this.limit = limit;
        this.pause = pause;
    }

    /** A receiver and the thread that tells it. */
    private record Receiver(Notifier notifier, ThreadPoolExecutor thread) {

        static Receiver of(Notifier notifier) {
            ThreadPoolExecutor thread = new ThreadPoolExecutor(
                    1,
                    1,
                    10,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(WAITING),
                    new NamedThreads("notice-" + notifier.name()));
            thread.allowCoreThreadTimeOut(true);
            return new Receiver(notifier, thread);
        }

        Future<Boolean> begin(Callable<Boolean> telling, NoticeMetrics metrics) {
            try {
                return thread.submit(telling);
            } catch (RejectedExecutionException e) {
                log.atWarn()
                        .addKeyValue("receiver", notifier.name())
                        .log("notice not delivered, as too many wait for this receiver");
                metrics.told(notifier.name(), false);
                return CompletableFuture.completedFuture(false);
            }
        }
    }

    /** A receiver is configured. */
    public boolean canTell() {
        return !receivers.isEmpty();
    }

    /** Asks the mail server whether it would take a mail, without sending one. @return why not; empty if it would, or if none is set */
    public Optional<String> mailTrouble() {
        return receivers.stream()
                .map(Receiver::notifier)
                .filter(MailNotifier.class::isInstance)
                .map(receiver -> ((MailNotifier) receiver).ask())
                .filter(answer -> !answer.isDone())
                .map(answer -> HostileText.line(answer.detail()))
                .findFirst();
    }

    /**
     * Sends a notice to all at once. Who is slow holds nobody else: after the limit it goes on by itself, one notice after the other, and counts
     * as not told until then.
     *
     * @return how many receivers accepted it within the limit
     */
    public int tell(Notice notice) throws InterruptedException {
        List<Future<Boolean>> answers = new ArrayList<>();
        for (Receiver receiver : receivers) {
            answers.add(receiver.begin(
                    () -> {
                        boolean delivered = tell(receiver.notifier, notice);
                        metrics.told(receiver.notifier.name(), delivered);
                        return delivered;
                    },
                    metrics));
        }
        long end = System.nanoTime() + limit.toNanos();
        int taken = 0;
        for (Future<Boolean> answer : answers) {
            try {
                taken += answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS) ? 1 : 0;
            } catch (TimeoutException e) {
                log.warn("a notice is still on its way; the others have gone out");
            } catch (ExecutionException e) {
                log.error("a notice was not delivered", e.getCause());
            }
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
