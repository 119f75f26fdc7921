package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreRoleTest {

    @Test
    void anOperatorIsNamedWithTheTypesOfItsOperands() {
        assertThat(RestoreRole.operator("DROP OPERATOR public.=== (public.\"my \"\"; type\", integer[]);\n"))
                .isEqualTo("OPERATOR public.=== (public.\"my \"\"; type\", integer[])");
        assertThat(RestoreRole.operator("DROP OPERATOR \"it's\".# (NONE, character varying);\n"))
                .isEqualTo("OPERATOR \"it's\".# (NONE, character varying)");
    }

    /** The administrator would run it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP OPERATOR a.+ (integer, integer); ALTER ROLE app SUPERUSER; SELECT (1);",
                "DROP OPERATOR a.+ (integer, integer);\nALTER ROLE app SUPERUSER; SELECT (1);\n",
                "DROP OPERATOR a.+ (\"x; ALTER ROLE app SUPERUSER; SELECT (1);",
                "DROP OPERATOR a.+ ('); ALTER ROLE app SUPERUSER; SELECT (');",
                "DROP OPERATOR a.+ (integer, integer)",
                "DROP TABLE a (integer);",
                ""
            })
    void whatIsMoreThanOneStatementNamesNoOperator(String drop) {
        assertThat(RestoreRole.operator(drop)).isNull();
    }
}
