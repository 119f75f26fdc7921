package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VerifierTest {

    /** As pg_dumpall 18 writes it for a role of the old server's superuser. */
    @Test
    void whoGrantedAMembershipIsLeftToTheScratchServer() {
        assertThat(Verifier.withoutGrantor("GRANT pg_monitor TO monitor WITH INHERIT TRUE GRANTED BY postgres;"))
                .isEqualTo("GRANT pg_monitor TO monitor WITH INHERIT TRUE;");
        assertThat(Verifier.withoutGrantor("GRANT a TO \"b GRANTED BY c\" GRANTED BY \"d e\";"))
                .isEqualTo("GRANT a TO \"b GRANTED BY c\";");
        assertThat(Verifier.withoutGrantor("CREATE ROLE app;")).isEqualTo("CREATE ROLE app;");
    }

    @Test
    void whatARestoredDatabaseSaysControlsNoTerminal() {
        assertThat(Verifier.shown("a\u001b[2Jb\u0007c\u202ed\ne")).isEqualTo("a\uFFFD[2Jb\uFFFDc\uFFFDd\ne");
        assertThat(Verifier.shown("x".repeat(20_000))).hasSizeLessThan(11_000);
    }
}
