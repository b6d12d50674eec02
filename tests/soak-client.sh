#!/usr/bin/env bash
# Disturbs 50 queries of @hubserver/client on three nodes and Redis 200 times, opens and closes 10,000 queries, and lets a
# loop be far too slow for two minutes. Takes a quarter of an hour; writes tests/results/soak-client*.json.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "${HUBSERVER_DLL:-}" ] || dotnet build src/HubServer -c Release -v quiet
[ -d tests/js/node_modules ] || (cd tests/js && npm ci --no-audit --no-fund)
(cd clients/js && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && npm run --silent build)
node --expose-gc tests/js/soak-client.mjs
HUBSERVER_DISTURBANCES="${SOAK_DISTURBANCES:-200}" HUBSERVER_RESULT="$PWD/tests/results/soak-client-chaos.json" \
  node --test tests/js/client-chaos.test.mjs
