#!/usr/bin/env bash
# Shows 50 channels at 10 rows a second each in the page for five minutes (or SOAK_SECONDS), in Chromium. Fails if what
# the page holds besides rows grows, or if a row is missing; reports frame times. Writes tests/results/soak-page.json.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "Chromium is not installed (CHROMIUM says where it is)" >&2; exit 1; }
[ -n "${HUBSERVER_DLL:-}" ] || dotnet build src/HubServer -c Release -v quiet
[ -d tests/js/node_modules ] || (cd tests/js && npm ci --no-audit --no-fund)
exec node tests/js/soak-page.mjs
