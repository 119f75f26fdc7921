package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.access.ApiTokens.Token;
import dev.sidecar.access.ApiTokens.TokenRefused;
import dev.sidecar.support.MutableClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiTokensTest {

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    Path folder;

    private final MutableClock clock = new MutableClock("2026-11-28T12:00:00Z");

    @Test
    void itIsFoundAgainAfterARestartAndTheFileDoesNotHoldIt() throws Exception {
        String token = tokens().add("ci", Role.OPERATOR, DAY);

        assertThat(token).startsWith("sidecar_").hasSizeGreaterThan(45);
        assertThat(Files.readString(file()))
                .doesNotContain(token, token.substring(8, 30))
                .contains("ci", "OPERATOR");
        assertThat(Files.getPosixFilePermissions(file())).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(tokens().find(token)).map(Token::name).contains("ci");
        assertThat(tokens().find(token + "x")).isEmpty();
        assertThat(tokens().find("")).isEmpty();
    }

    @Test
    void aRevokedOneStaysRevokedAfterARestart() {
        ApiTokens tokens = tokens();
        String token = tokens.add("ci", Role.VIEWER, DAY);

        assertThat(tokens.revoke("ci")).isTrue();

        assertThat(tokens.find(token)).isEmpty();
        assertThat(tokens().find(token)).isEmpty();
        assertThat(tokens.revoke("ci")).isFalse();
    }

    /** It would work again after the next start, and nobody would know. */
    @Test
    void whatCannotBeKeptIsNotDone() throws Exception {
        ApiTokens tokens = tokens();
        String token = tokens.add("ci", Role.VIEWER, DAY);
        Path unfinished = Files.createDirectories(folder.resolve("tokens.json.unfinished/in-the-way"));

        assertThatThrownBy(() -> tokens.revoke("ci"))
                .isInstanceOf(TokenRefused.class)
                .hasMessageContaining("Nothing was changed");

        assertThat(tokens.find(token)).isPresent();
        assertThatThrownBy(() -> tokens.add("other", Role.VIEWER, DAY)).isInstanceOf(TokenRefused.class);
        Files.delete(unfinished);
    }

    @Test
    void theNameIsFreeAgainOnceItsTokenExpired() {
        ApiTokens tokens = tokens();
        String old = tokens.add("ci", Role.VIEWER, DAY);
        assertThatThrownBy(() -> tokens.add("ci", Role.VIEWER, DAY))
                .hasMessageContaining("There is a token ci already");

        clock.tick(DAY);
        String renewed = tokens.add("ci", Role.VIEWER, DAY);

        assertThat(tokens.find(old)).isEmpty();
        assertThat(tokens.find(renewed)).isPresent();
    }

    @Test
    void theLastUseIsKnownToTheMomentAndKeptToTheHour() {
        ApiTokens tokens = tokens();
        String token = tokens.add("ci", Role.VIEWER, DAY);
        assertThat(tokens.all().get(0).used()).isNull();

        tokens.find(token);
        clock.tick(Duration.ofMinutes(10));
        tokens.find(token);

        assertThat(tokens.all().get(0).used()).isEqualTo(Instant.parse("2026-11-28T12:10:00Z"));
        assertThat(tokens().all().get(0).used()).isEqualTo(Instant.parse("2026-11-28T12:00:00Z"));
    }

    @Test
    void aFileThatIsNotOursOpensNothing() throws Exception {
        for (String content : new String[] {"", "{}", "[]", "{\"tokens\":[{\"name\":\"x\"}]}", "{\"tokens\":[null]}"}) {
            Files.writeString(file(), content);

            assertThat(tokens().all()).as(content).isEmpty();
        }
    }

    @Test
    void thereAreNoMoreThanAHundred() {
        ApiTokens tokens = tokens();
        for (int i = 0; i < ApiTokens.MOST; i++) {
            tokens.add("t" + i, Role.VIEWER, DAY);
        }

        assertThatThrownBy(() -> tokens.add("more", Role.VIEWER, DAY)).hasMessageContaining("100 tokens already");
        assertThat(tokens().all()).as("they fit into the file").hasSize(ApiTokens.MOST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "-x", "a/b", "ä", "<b>", "x\n"})
    void aNameIsHarmlessWhereverItIsShown(String name) {
        assertThatThrownBy(() -> tokens().add(name, Role.VIEWER, DAY)).hasMessageContaining("A name has 1 to 63");
    }

    @Test
    void noneLastsForEverOrMakesOthers() {
        assertThatThrownBy(() -> tokens().add("ci", Role.VIEWER, Duration.ofDays(367)))
                .hasMessageContaining("366d");
        assertThatThrownBy(() -> tokens().add("ci", Role.VIEWER, Duration.ZERO)).hasMessageContaining("1m");
        assertThatThrownBy(() -> tokens().add("ci", Role.ADMIN, DAY)).hasMessageContaining("viewer or operator");
    }

    private ApiTokens tokens() {
        return new ApiTokens(file(), clock);
    }

    private Path file() {
        return folder.resolve("tokens.json");
    }
}
