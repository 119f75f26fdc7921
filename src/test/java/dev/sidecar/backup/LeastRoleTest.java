package dev.sidecar.backup;

import dev.sidecar.support.PostgresServer;

/** The role on the installed PostgreSQL. */
class LeastRoleTest extends LeastRoleContract {

    LeastRoleTest() {
        super(PostgresServer.shared());
    }
}
