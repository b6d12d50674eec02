#!/usr/bin/env bash
# Shows 20 targets at 10 rows a second each in Grafana's charts for five minutes (or SOAK_SECONDS), in Chromium. Fails if
# what the page holds grows, or if a row is missing at the end; reports the main thread's time. Writes
# tests/results/soak-grafana.json.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "Chromium is not installed (CHROMIUM says where it is)" >&2; exit 1; }
[ -n "${HUBSERVER_DLL:-}" ] || dotnet build src/HubServer -c Release -v quiet
[ -d tests/js/node_modules ] || (cd tests/js && npm ci --no-audit --no-fund)
(cd clients/grafana && { [ -d node_modules ] || npm ci --no-audit --no-fund --ignore-scripts; } && npm run --silent build && npm run --silent host) >/dev/null
exec node tests/js/soak-grafana.mjs
