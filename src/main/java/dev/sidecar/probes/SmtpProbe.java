package dev.sidecar.probes;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Greets a mail server, begins TLS and logs in, as Alertmanager does before each mail, and leaves without sending one. The server's replies
 * are limited in length and number.
 */
final class SmtpProbe implements Callable<String> {

    /** On this port TLS begins with the connection. */
    private static final int SMTPS = 465;

    private static final int LONGEST_LINE = 1_000;
    private static final int MOST_LINES = 100;
    private static final int QUOTED = 120;
    private static final Pattern CODE = Pattern.compile("\\b[45][0-9]{2}\\b");

    private final String host;
    private final int port;
    private final boolean requireTls;
    private final @Nullable String user;
    private final @Nullable String password;
    private final Duration limit;
    private final SSLSocketFactory tls;

    /**
     * @param user who logs in; null if the server asks for no login
     * @param password of that user
     * @param tls encrypts, and knows whom to trust
     */
    SmtpProbe(
            String host,
            int port,
            boolean requireTls,
            @Nullable String user,
            @Nullable String password,
            Duration limit,
            SSLSocketFactory tls) {
        this.host = host;
        this.port = port;
        this.requireTls = requireTls;
        this.user = user;
        this.password = password;
        this.limit = limit;
        this.tls = tls;
    }

    @Override
    public String call() throws IOException {
        try (Socket socket = LimitedSocket.connect(host, port, limit)) {
            if (port == SMTPS) {
                try (SSLSocket encrypted = encrypt(socket)) {
                    Conversation server = new Conversation(encrypted);
                    String greeting = server.greeting();
                    return end(server, server.hello(), greeting + ", TLS", true);
                }
            }
            Conversation server = new Conversation(socket);
            String greeting = server.greeting();
            List<String> offers = server.hello();
            if (offers.contains("STARTTLS")) {
                server.say("STARTTLS", "2");
                try (SSLSocket encrypted = encrypt(socket)) {
                    // Whatever came in clear behind the answer is dropped with its reader.
                    Conversation secret = new Conversation(encrypted);
                    return end(secret, secret.hello(), greeting + ", STARTTLS", true);
                }
            }
            if (requireTls) {
                throw new Unanswered("it offers no STARTTLS, and SMTP_REQUIRE_TLS is true");
            }
            return end(server, offers, greeting + ", not encrypted", false);
        }
    }

    private SSLSocket encrypt(Socket socket) throws IOException {
        SSLSocket encrypted = (SSLSocket) tls.createSocket(socket, host, port, true);
        SSLParameters parameters = encrypted.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        encrypted.setSSLParameters(parameters);
        encrypted.startHandshake();
        return encrypted;
    }

    private String end(Conversation server, List<String> offers, String said, boolean encrypted) throws IOException {
        String login = "";
        if (user != null && password != null) {
            if (!encrypted && !List.of("localhost", "127.0.0.1", "::1").contains(host)) {
                throw new Unanswered("the connection is not encrypted, so Alertmanager would not send the password");
            }
            logIn(server, offers);
            login = ", login accepted";
        }
        try {
            server.say("QUIT", "");
        } catch (IOException e) {
            // It has said all that was asked; many close the connection without a word.
        }
        return said + login;
    }

    private void logIn(Conversation server, List<String> offers) throws IOException {
        List<String> ways = offers.stream()
                .filter(offer -> offer.startsWith("AUTH ") || offer.startsWith("AUTH="))
                .flatMap(offer -> List.of(offer.substring(5).split("[ =]+")).stream())
                .toList();
        try {
            if (ways.contains("PLAIN")) {
                server.say("AUTH PLAIN " + base64("\0" + user + "\0" + password), "2");
            } else if (ways.contains("LOGIN")) {
                server.say("AUTH LOGIN", "3");
                server.say(base64(user), "3");
                server.say(base64(password), "2");
            } else {
                throw new Unanswered("it offers no login by PLAIN or LOGIN");
            }
        } catch (Refused e) {
            // It may repeat what it was told, which is the password; its number says why.
            Matcher code = CODE.matcher(String.valueOf(e.getMessage()));
            throw new Unanswered("it refused the login" + (code.find() ? " with " + code.group() : ""));
        }
    }

    private static String base64(@Nullable String text) {
        return Base64.getEncoder().encodeToString(String.valueOf(text).getBytes(StandardCharsets.UTF_8));
    }

    /** The server said no; the message is its reply. */
    private static final class Refused extends IOException {

        private static final long serialVersionUID = 1L;

        Refused(String reply) {
            super(reply);
        }
    }

    /** Commands and replies, one after the other. */
    private static final class Conversation {

        private final Socket socket;
        private final Reader in;

        Conversation(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new InputStreamReader(LimitedSocket.answers(socket), StandardCharsets.UTF_8);
        }

        String greeting() throws IOException {
            List<String> lines = reply("2");
            return "greets with \"" + quoted(lines.get(0)) + "\"";
        }

        /** The extensions that the server offers, in upper case. */
        List<String> hello() throws IOException {
            return say("EHLO sidecar.local", "2").stream()
                    .map(line ->
                            line.substring(Math.min(4, line.length())).strip().toUpperCase(Locale.ROOT))
                    .toList();
        }

        List<String> say(String command, String expected) throws IOException {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return reply(expected);
        }

        private List<String> reply(String expected) throws IOException {
            List<String> lines = new ArrayList<>();
            while (lines.size() < MOST_LINES) {
                String line = Limited.line(in, LONGEST_LINE);
                if (line == null) {
                    if (expected.isEmpty()) {
                        return lines;
                    }
                    throw new Unanswered("it closed the connection");
                }
                lines.add(line.strip());
                if (!line.matches("(?s)\\d{3}-.*")) {
                    if (!line.matches("(?s)\\d{3}\\b.*")) {
                        throw new Unanswered("this is not what a mail server says: " + quoted(line));
                    }
                    if (!line.startsWith(expected)) {
                        throw new Refused("it says: " + quoted(line));
                    }
                    return lines;
                }
            }
            throw new Unanswered("its reply has more than " + MOST_LINES + " lines");
        }

        private static String quoted(String line) {
            String text = line.strip();
            return text.length() <= QUOTED ? text : text.substring(0, QUOTED) + "…";
        }
    }
}
