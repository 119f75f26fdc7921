#!/bin/sh
# Takes a backup of each database and proves it by a restore. --help says what else it can do.
exec "$(dirname "$0")/sidecar.sh" backup "$@"
