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
}
