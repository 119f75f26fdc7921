#!/bin/sh
# Restores a backup (default: the latest) into a new database, or replaces the live one. --help lists the options.
exec "$(dirname "$0")/sidecar.sh" restore "$@"
