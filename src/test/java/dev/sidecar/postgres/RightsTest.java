package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RightsTest {

    private static final Rights RIGHTS = new Rights(
            Set.of("app", "Odd \"role", "boss"), Set.of("boss"), Set.of(), Set.of("search_path", "work_mem"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER DATABASE :database OWNER TO app",
                "ALTER DATABASE :database OWNER TO \"Odd \"\"role\"",
                "ALTER DATABASE :database SET search_path = 'app', 'public'",
                "ALTER DATABASE :database SET \"app.note\" = 'x'",
                "ALTER DATABASE :database SET TABLESPACE fast",
                "ALTER DATABASE :database WITH CONNECTION LIMIT 7",
                "ALTER ROLE app IN DATABASE :database SET work_mem = '7MB'",
                "ALTER ROLE \"Odd \"\"role\" IN DATABASE :database SET search_path = 'a'",
                "COMMENT ON DATABASE :database IS 'it''s'",
                "GRANT CONNECT, TEMPORARY ON DATABASE :database TO PUBLIC",
                "REVOKE CREATE ON DATABASE :database FROM app",
                "SET SESSION AUTHORIZATION app",
                "RESET SESSION AUTHORIZATION"
            })
    void whatAnOwnerMaySay(String statement) {
        assertThat(RIGHTS.needsAdministrator(statement)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER DATABASE :database OWNER TO boss",
                "ALTER DATABASE :database OWNER TO gone",
                "ALTER DATABASE :database SET session_preload_libraries = 'evil'",
                "ALTER ROLE boss IN DATABASE :database SET search_path = 'evil'",
                "ALTER ROLE \"boss\" IN DATABASE :database SET search_path = 'evil'",
                "ALTER ROLE app IN DATABASE :database SET session_preload_libraries = 'evil'",
                "SET SESSION AUTHORIZATION boss",
                "SECURITY LABEL FOR selinux ON DATABASE :database IS 'x'",
                "ALTER ROLE app SUPERUSER",
                "GRANT boss TO app",
                "GRANT CREATE ON DATABASE :database, other TO app",
                "COPY t TO PROGRAM 'x'"
            })
    void whatOnlyAnAdministratorMaySay(String statement) {
        assertThat(RIGHTS.needsAdministrator(statement)).isTrue();
    }
}
