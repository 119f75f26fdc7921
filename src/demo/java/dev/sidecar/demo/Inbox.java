package dev.sidecar.demo;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.BodyPart;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Receives what alerts send: a real mail server on a free port of this machine, and the messages for chat. Nothing leaves the machine. */
final class Inbox implements AutoCloseable {

    static final String RECIPIENT = "you@example.org";
    private static final int KEPT = 200;

    private final GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    private final Deque<Message> chat = new ConcurrentLinkedDeque<>();

    /**
     * One message as it arrived.
     *
     * @param channel mail or chat
     * @param at when it arrived
     * @param subject its subject, or title
     * @param text its text
     */
    record Message(String channel, Instant at, String subject, String text) {}

    Inbox() {
        mail.start();
        mail.setUser(RECIPIENT, "demo");
    }

    String smtp() {
        return "127.0.0.1:" + mail.getSmtp().getPort();
    }

    void chat(String subject, String text) {
        chat.addFirst(new Message("chat", Instant.now(), subject, text));
        if (chat.size() > KEPT) {
            chat.removeLast();
        }
    }

    /** The newest first. */
    List<Message> messages() {
        List<Message> all = new ArrayList<>(chat);
        for (MimeMessage message : mail.getReceivedMessages()) {
            all.add(read(message));
        }
        all.sort(Comparator.comparing(Message::at).reversed());
        return all.subList(0, Math.min(all.size(), KEPT));
    }

    private static Message read(MimeMessage message) {
        try {
            Date received = message.getReceivedDate() == null ? message.getSentDate() : message.getReceivedDate();
            return new Message(
                    "mail",
                    received == null ? Instant.now() : received.toInstant(),
                    String.valueOf(message.getSubject()),
                    text(message));
        } catch (MessagingException | IOException e) {
            return new Message("mail", Instant.now(), "(unreadable)", GreenMailUtil.getWholeMessage(message));
        }
    }

    private static String text(Part part) throws MessagingException, IOException {
        if (part.getContent() instanceof Multipart parts) {
            for (int i = 0; i < parts.getCount(); i++) {
                BodyPart each = parts.getBodyPart(i);
                String text = text(each);
                if (!text.isBlank()) {
                    return text;
                }
            }
            return "";
        }
        return part.isMimeType("text/plain") ? String.valueOf(part.getContent()) : "";
    }

    @Override
    public void close() {
        mail.stop();
    }
}
