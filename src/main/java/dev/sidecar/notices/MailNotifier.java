package dev.sidecar.notices;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.mail.MailException;
import org.springframework.mail.MailSendException;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;

/** Sends plain text mail over SMTP. */
final class MailNotifier implements Notifier {

    private static final Pattern REPLY = Pattern.compile("(?:^|\\s)([45])([0-9]{2})[ -]");

    /** A mail takes some ten answers, and not one of them as long as it may. */
    private static final int ANSWERS = 3;

    private static final int LONGEST_SUBJECT = 500;
    private static final int LONGEST_TEXT = 1_000_000;

    private final NoticesProperties.Mail settings;
    private final Clock clock;
    private final JavaMailSenderImpl sender = new JavaMailSenderImpl();

    MailNotifier(NoticesProperties.Mail settings, Duration limit, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        sender.setHost(settings.host());
        sender.setPort(settings.port());
        sender.setDefaultEncoding(StandardCharsets.UTF_8.name());
        Properties smtp = new Properties();
        if (settings.username() != null && settings.password() != null) {
            sender.setUsername(settings.username());
            sender.setPassword(settings.password().reveal());
            smtp.setProperty("mail.smtp.auth", "true");
        }
        String millis = String.valueOf(limit.toMillis());
        smtp.setProperty("mail.smtp.connectiontimeout", millis);
        smtp.setProperty("mail.smtp.timeout", millis);
        smtp.setProperty("mail.smtp.writetimeout", millis);
        // Port 465 speaks TLS from the first byte; other ports begin with STARTTLS.
        smtp.setProperty("mail.smtp.ssl.enable", String.valueOf(settings.port() == 465));
        smtp.setProperty("mail.smtp.starttls.enable", "true");
        smtp.setProperty(
                "mail.smtp.starttls.required", String.valueOf(settings.requireTls() && settings.port() != 465));
        smtp.setProperty("mail.smtp.ssl.checkserveridentity", "true");
        smtp.put("mail.smtp.socketFactory", new EndingSockets(limit.multipliedBy(ANSWERS)));
        smtp.setProperty("mail.smtp.socketFactory.fallback", "false");
        sender.setJavaMailProperties(smtp);
    }

    @Override
    public String name() {
        return "mail";
    }

    @Override
    public Delivery deliver(Notice notice) {
        SimpleMailMessage message = new SimpleMailMessage();
        message.setFrom(settings.from());
        message.setTo(settings.to().toArray(String[]::new));
        message.setSubject(Medium.SUBJECT.line(notice.subject(), LONGEST_SUBJECT));
        message.setText(Medium.PLAIN.text(notice.text(), LONGEST_TEXT));
        message.setSentDate(Date.from(clock.instant()));
        try {
            sender.send(message);
            return Delivery.DONE;
        } catch (MailException e) {
            return judge(e);
        }
    }

    /** Greets the server, begins TLS and logs in, as before each mail, without sending one. */
    Delivery ask() {
        try {
            sender.testConnection();
            return Delivery.DONE;
        } catch (MessagingException e) {
            return judge(e);
        }
    }

    private static Delivery judge(Exception failure) {
        Set<Throwable> causes = causes(failure);
        for (Throwable cause : causes) {
            @Nullable DeliveryProblem reason = reason(cause);
            if (reason != null) {
                return Delivery.failed(reason, reason == DeliveryProblem.AUTH ? "login refused" : said(causes));
            }
        }
        return Delivery.failed(byReply(said(causes)), said(causes));
    }

    private static @Nullable DeliveryProblem reason(Throwable cause) {
        if (cause instanceof AuthenticationFailedException) {
            return DeliveryProblem.AUTH;
        }
        if (cause instanceof SocketTimeoutException) {
            return DeliveryProblem.TIMEOUT;
        }
        if (cause instanceof SSLException) {
            return DeliveryProblem.TLS;
        }
        if (cause instanceof IOException) {
            return DeliveryProblem.UNREACHABLE;
        }
        if (cause instanceof SendFailedException refused
                && refused.getInvalidAddresses() != null
                && refused.getInvalidAddresses().length > 0) {
            return DeliveryProblem.REJECTED_ADDRESS;
        }
        return null;
    }

    private static DeliveryProblem byReply(String said) {
        String text = said.toLowerCase(Locale.ROOT);
        if (text.contains("starttls is required")) {
            return DeliveryProblem.TLS;
        }
        Matcher reply = REPLY.matcher(said);
        if (reply.find()) {
            boolean later = reply.group(1).equals("4");
            return switch (reply.group(2)) {
                case "30", "34", "35", "38" -> DeliveryProblem.AUTH;
                case "50", "51", "52" -> later ? DeliveryProblem.RATE_LIMITED : DeliveryProblem.REJECTED_MESSAGE;
                case "21" -> DeliveryProblem.SERVER_ERROR;
                default -> later ? DeliveryProblem.SERVER_ERROR : DeliveryProblem.REJECTED_MESSAGE;
            };
        }
        return text.contains("eof") || text.contains("closed") || text.contains("can't send command")
                ? DeliveryProblem.UNREACHABLE
                : DeliveryProblem.OTHER;
    }

    /** Reads the server's own reply; the exceptions around it may hold what we sent. */
    private static String said(Set<Throwable> causes) {
        return causes.stream()
                .filter(cause -> cause instanceof MessagingException && cause.getMessage() != null)
                .map(cause -> cause.getMessage().strip().replaceAll("\\s+", " "))
                .reduce((first, last) -> last)
                .orElse("no reply");
    }

    /** Collects every cause: jakarta.mail chains by getNextException, and Spring keeps those of each message apart. */
    private static Set<Throwable> causes(Throwable failure) {
        Set<Throwable> all = new LinkedHashSet<>();
        collect(failure, all);
        return all;
    }

    private static void collect(@Nullable Throwable failure, Set<Throwable> all) {
        if (failure == null || !all.add(failure)) {
            return;
        }
        if (failure instanceof MailSendException several) {
            several.getFailedMessages().values().forEach(cause -> collect(cause, all));
        }
        if (failure instanceof MessagingException messaging) {
            collect(messaging.getNextException(), all);
        }
        collect(failure.getCause(), all);
    }
}
