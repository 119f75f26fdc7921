package dev.sidecar.access;

import dev.sidecar.kept.KeptFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the tokens with which scripts log in: of each its digest, never the token itself. A token has 256 random bits, so a plain digest of
 * it cannot be guessed back.
 */
final class ApiTokens {

    /** Tells people, and programs that look for leaked secrets, what a found string is. */
    static final String PREFIX = "sidecar_";

    static final int MOST = 100;
    static final Duration LONGEST = Duration.ofDays(366);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final int BYTES = 32;
    private static final int LONGEST_FILE = 65_536;
    private static final Duration USE_IS_KEPT_AFTER = Duration.ofHours(1);

    private final KeptFile<Kept> file;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private List<Token> tokens;

    /**
     * One token.
     *
     * @param name whose it is, unique among those that are kept
     * @param digest SHA-256 of the token, as hexadecimal digits
     * @param used when it was last presented, to the hour after a restart; null if never
     */
    record Token(
            String name,
            Role role,
            String digest,
            Instant made,
            Instant expires,
            @Nullable Instant used) {

        Token {
            Objects.requireNonNull(name);
            Objects.requireNonNull(role);
            Objects.requireNonNull(digest);
            Objects.requireNonNull(made);
            Objects.requireNonNull(expires);
        }

        private Token usedAt(Instant when) {
            return new Token(name, role, digest, made, expires, when);
        }
    }

    record Kept(List<Token> tokens) {}

    /** A request to add or revoke that cannot be met; the message says why. */
    static final class TokenRefused extends RuntimeException {

        private static final long serialVersionUID = 1L;

        TokenRefused(String message) {
            super(message);
        }
    }

    ApiTokens(Path file, Clock clock) {
        this.file = new KeptFile<>(
                file, Kept.class, LONGEST_FILE, "tokens of scripts", "every token is refused until it is made again");
        this.clock = clock;
        this.tokens = this.file.read(kept -> List.copyOf(kept.tokens())).orElse(List.of());
    }

    synchronized List<Token> all() {
        return tokens;
    }

    /** Makes a token. @return the token itself, which is nowhere else; @throws TokenRefused with the reason */
    synchronized String add(String name, Role role, Duration lasts) {
        if (!NAME.matcher(name).matches()) {
            throw new TokenRefused(
                    "A name has 1 to 63 letters, digits, dots, dashes or underscores, and begins with a letter or digit.");
        }
        if (role == Role.ADMIN) {
            throw new TokenRefused("A token has the role viewer or operator.");
        }
        if (lasts.compareTo(Duration.ofMinutes(1)) < 0 || lasts.compareTo(LONGEST) > 0) {
            throw new TokenRefused("A token lasts from 1m to %dd.".formatted(LONGEST.toDays()));
        }
        Instant now = clock.instant();
        List<Token> rest = new ArrayList<>(tokens);
        rest.removeIf(token -> token.name().equals(name) && !token.expires().isAfter(now));
        if (rest.stream().anyMatch(token -> token.name().equals(name))) {
            throw new TokenRefused(
                    "There is a token %s already. Revoke it first: sidecar token revoke %s".formatted(name, name));
        }
        if (rest.size() >= MOST) {
            throw new TokenRefused("There are %d tokens already. Revoke one first.".formatted(MOST));
        }
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        rest.add(new Token(name, role, digest(token), now, now.plus(lasts), null));
        keep(rest);
        return token;
    }

    /** Makes a token useless from the next request on. @return false if there is none of this name */
    synchronized boolean revoke(String name) {
        List<Token> rest =
                tokens.stream().filter(token -> !token.name().equals(name)).toList();
        if (rest.size() == tokens.size()) {
            return false;
        }
        keep(rest);
        return true;
    }

    /** Finds the token that was presented, expired or not. Takes the same time whichever it is, or none. */
    synchronized Optional<Token> find(String presented) {
        byte[] digest = digest(presented).getBytes(StandardCharsets.US_ASCII);
        Token found = null;
        for (Token token : tokens) {
            if (MessageDigest.isEqual(digest, token.digest().getBytes(StandardCharsets.US_ASCII))) {
                found = token;
            }
        }
        if (found != null && clock.instant().isBefore(found.expires())) {
            used(found);
        }
        return Optional.ofNullable(found);
    }

    private void used(Token token) {
        Instant now = clock.instant();
        Instant before = token.used();
        tokens = tokens.stream()
                .map(each -> each == token ? token.usedAt(now) : each)
                .toList();
        // Not for each request: the file is for the question which tokens nobody needs.
        if (before == null || before.plus(USE_IS_KEPT_AFTER).isBefore(now)) {
            file.write(new Kept(tokens));
        }
    }

    /** A token that is revoked only until the next restart would be worse than one that says it could not be revoked. */
    private void keep(List<Token> changed) {
        if (!file.write(new Kept(changed))) {
            throw new TokenRefused(
                    "Nothing was changed: sidecar.access.tokens-file cannot be written. The log says why.");
        }
        tokens = List.copyOf(changed);
    }

    private static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
