#!/usr/bin/env bash
# Runs the tests of the Grafana plugin, as it is built, in a page with Grafana 13.1's packages and React 18.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "${HUBSERVER_DLL:-}" ] || dotnet build src/HubServer -c Release -v quiet
[ -d tests/js/node_modules ] || (cd tests/js && npm ci --no-audit --no-fund)
(cd clients/grafana && { [ -d node_modules ] || npm ci --no-audit --no-fund --ignore-scripts; } && npm run --silent build) >/dev/null
(cd clients/grafana/tests/grafana-13.1 && npm ci --no-audit --no-fund --ignore-scripts)
node clients/grafana/tests/host/build.mjs clients/grafana/tests/grafana-13.1
GRAFANA_HOST=tests/grafana-13.1 node --test --test-force-exit --test-timeout=120000 tests/js/grafana.test.mjs tests/js/grafana-editors.test.mjs
