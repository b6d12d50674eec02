#!/usr/bin/env bash
# Opens and closes 10,000 queries of each client package, lets consumers be far too slow for two minutes, and disturbs 50
# queries on three nodes and Redis 200 times. Takes six to ten minutes for each; writes tests/results/soak-client*.json.
#
#   tests/soak-client.sh          both
#   tests/soak-client.sh js       @hubserver/client
#   tests/soak-client.sh dotnet   HubServer.Client
set -euo pipefail
cd "$(dirname "$0")/.."

readonly results="$PWD/tests/results"
export HUBSERVER_DISTURBANCES="${SOAK_DISTURBANCES:-200}"

soak_js() {
  [ -n "${HUBSERVER_DLL:-}" ] || dotnet build src/HubServer -c Release -v quiet
  [ -d tests/js/node_modules ] || (cd tests/js && npm ci --no-audit --no-fund)
  (cd clients/js && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && npm run --silent build)
  node --expose-gc tests/js/soak-client.mjs
  HUBSERVER_RESULT="$results/soak-client-chaos.json" node --test tests/js/client-chaos.test.mjs
}

soak_dotnet() {
  local program=tests/HubServer.Client.Tests/bin/Release/net10.0/HubServer.Client.Tests.dll
  dotnet build tests/HubServer.Client.Tests -c Release -v quiet
  HUBSERVER_RESULT="$results/soak-client-dotnet.json" dotnet "$program" -noColor -explicit only -class '*.SoakTests' -showLiveOutput
  HUBSERVER_RESULT="$results/soak-client-dotnet-chaos.json" dotnet "$program" -noColor -class '*.ClusterTests' -showLiveOutput
}

[ $# -gt 0 ] || set -- js dotnet
for client in "$@"; do
  case $client in
    js) soak_js ;;
    dotnet) soak_dotnet ;;
    *) echo "there is no client '$client'; there are js and dotnet" >&2; exit 2 ;;
  esac
done
