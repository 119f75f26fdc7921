#!/bin/sh
# Restores a backup, the latest if none is named, into a throwaway server and compares it with its manifest. --help says more.
exec "$(dirname "$0")/sidecar.sh" verify "$@"
