package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds every receiver to its contract. The other side is a real server, or one that checks the protocol and can be told how to answer. */
abstract class NotifierContract {

    static final Notice NOTICE = new Notice(
            "[ALARM] staging on box-1: grüße\r\nBcc: thief@example.org", "Line one & <two>.\nLine three: 日本 😀\n");

    /** The secret that the receiver is given, as it must never be seen. */
    static final String SECRET = "hunter2-T0PS3CRET";

    /** A way for the other side to fail, and the reason that it must be recognised by. */
    record Failure(String name, DeliveryProblem reason) {}

    abstract Notifier receiver();

    /** Checks that the notice arrived once, whole, and as the protocol wants it. */
    abstract void assertReceived(Notice notice) throws Exception;

    abstract Stream<Failure> failures();

    /** Makes the other side fail so from now on. */
    abstract void provoke(Failure failure) throws Exception;

    @Test
    void deliversTheWholeText() throws Exception {
        assertThat(receiver().deliver(NOTICE)).isEqualTo(Delivery.DONE);
        assertReceived(NOTICE);
    }

    @Test
    void deliversAVeryLongTextToo() {
        assertThat(receiver().deliver(new Notice("long", "x".repeat(100_000))).isDone())
                .isTrue();
    }

    @TestFactory
    Stream<DynamicTest> aFailureHasItsReasonAndNoSecretInIt() {
        return failures()
                .map(failure -> DynamicTest.dynamicTest(failure.name(), () -> {
                    provoke(failure);

                    Delivery delivery = receiver().deliver(NOTICE);

                    assertThat(delivery.reason()).as(delivery.detail()).isEqualTo(failure.reason());
                    assertThat(delivery.toString()).doesNotContain(SECRET).doesNotContain(encoded());
                    assertThat(delivery.detail()).isNotBlank();
                }));
    }

    private static String encoded() {
        return java.util.Base64.getEncoder().encodeToString(SECRET.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void itsNameGivesNoSecretAway() {
        assertThat(receiver().toString() + receiver().name()).doesNotContain(SECRET);
    }
}
