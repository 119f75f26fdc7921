package dev.sidecar.backup;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Compression;
import dev.sidecar.sets.Encryption;
import java.time.Clock;

/** Bundles what every run works with: the server, the stores, the format of sets, and the operator's own checks. */
record BackupTools(
        Postgres postgres,
        Catalogue catalogue,
        Compression compression,
        Encryption encryption,
        OwnChecks checks,
        Clock clock) {}
