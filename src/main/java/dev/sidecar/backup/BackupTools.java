package dev.sidecar.backup;

import java.time.Clock;

/** What every run works with: the server, the stores and the format of sets. */
record BackupTools(
        Postgres postgres, Catalogue catalogue, Compression compression, Encryption encryption, Clock clock) {}
