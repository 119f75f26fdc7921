#!/bin/sh
# Restores a backup (default: the latest) into a throwaway server and compares it with its manifest. --help lists the options.
exec "$(dirname "$0")/sidecar.sh" verify "$@"
