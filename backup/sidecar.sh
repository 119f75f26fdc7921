#!/bin/sh
# Runs a command of the sidecar wherever it is: inside its container, in the running compose stack, or from the jar.
set -eu
cd "$(dirname "$0")/.."
if command -v sidecar >/dev/null; then
  exec sidecar "$@"
fi
if [ -n "$(docker compose -f docker-compose.staging.yml ps -q --status running sidecar 2>/dev/null)" ]; then
  if [ ! -t 0 ] || [ ! -t 1 ]; then set -- -T sidecar sidecar "$@"; else set -- sidecar sidecar "$@"; fi
  exec docker compose -f docker-compose.staging.yml exec "$@"
fi
set -a
# shellcheck source=/dev/null
if [ -f .env.backup.local ]; then . ./.env.backup.local; fi
set +a
# cron sets no locale, and Java would then replace letters beyond ASCII in database names by question marks.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *UTF*8* | *utf*8*) ;; *) export LC_ALL=C.UTF-8 ;; esac
exec java -Xmx128m -jar "${SIDECAR_JAR:-target/observability-sidecar.jar}" "$@"
