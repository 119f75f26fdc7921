#!/bin/sh
# Takes a backup of each database and proves it by a restore. --help lists the options.
exec "$(dirname "$0")/sidecar.sh" backup "$@"
