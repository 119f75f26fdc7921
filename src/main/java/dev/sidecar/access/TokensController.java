package dev.sidecar.access;

import dev.sidecar.access.ApiTokens.Token;
import dev.sidecar.access.ApiTokens.TokenRefused;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Makes, lists and revokes the tokens of scripts, for the local admin alone; the command {@code token} asks it. */
@RestController
@RequestMapping("/api/tokens")
class TokensController {

    private final ApiTokens tokens;
    private final Clock clock;

    TokensController(ApiTokens tokens, Clock clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    /**
     * The request for a token.
     *
     * @param role {@code viewer}, which is the default, or {@code operator}
     * @param lasts how long, such as {@code 90d}, which is the default
     */
    record Request(
            @Nullable String name,
            @Nullable String role,
            @Nullable String lasts) {}

    /** The answer to a new one. @param token the token itself, which is shown this once */
    record Added(String name, String role, Instant expires, String token) {}

    /** A row of the list. */
    record Row(
            String name,
            String role,
            Instant made,
            Instant expires,
            boolean expired,
            @Nullable Instant used) {}

    @GetMapping
    List<Row> list() {
        Instant now = clock.instant();
        return tokens.all().stream()
                .map(token -> new Row(
                        token.name(),
                        token.role().word(),
                        token.made(),
                        token.expires(),
                        !now.isBefore(token.expires()),
                        token.used()))
                .toList();
    }

    @PostMapping
    ResponseEntity<Added> add(@RequestBody Request asked) {
        String name = Optional.ofNullable(asked.name()).orElse("");
        String word = Optional.ofNullable(asked.role()).orElse(Role.VIEWER.word());
        Role role = Role.named(word).orElseThrow(() -> new TokenRefused("A token has the role viewer or operator."));
        String token = tokens.add(
                name, role, duration(Optional.ofNullable(asked.lasts()).orElse("90d")));
        Instant expires = tokens.all().stream()
                .filter(made -> made.name().equals(name))
                .map(Token::expires)
                .findFirst()
                .orElseThrow();
        return ResponseEntity.created(URI.create("/api/tokens/" + name))
                .body(new Added(name, role.word(), expires, token));
    }

    @DeleteMapping("/{name}")
    ResponseEntity<?> revoke(@PathVariable("name") String name) {
        return tokens.revoke(name)
                ? ResponseEntity.noContent().build()
                : ResponseEntity.status(HttpStatus.NOT_FOUND)
                        .body(ProblemDetail.forStatusAndDetail(
                                HttpStatus.NOT_FOUND, "There is no token of this name."));
    }

    private static Duration duration(String text) {
        try {
            return DurationStyle.SIMPLE.parse(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new TokenRefused("Say how long the token lasts, such as 12h or 90d.");
        }
    }

    @ExceptionHandler
    ProblemDetail refused(TokenRefused refused) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(refused.getMessage()));
    }
}
