#!/bin/sh
# Restores a backup, the latest if none is named, into a new database or over the live one. --help says how.
exec "$(dirname "$0")/sidecar.sh" restore "$@"
