#!/usr/bin/env bash
# Builds everything and runs every test of every language. Installs what is missing.
# Ends with one line, `N passed, N failed, N skipped`, and fails if any test failed.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 skipped=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

fail() { # fail WHAT: counts a step that failed without counting tests of its own
  echo "FAILED: $1"
  failed=$((failed + 1))
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root apt-get update -qq && as_root apt-get install -y -qq "$@" >/dev/null
}

# Debian starts what it installs, now and at every boot; the tests only want the program.
install_server() { # install_server PACKAGE
  apt_install "$1" && { as_root update-rc.d "$1" disable; as_root service "$1" stop; } >/dev/null 2>&1
}

require_tools() {
  if ! command -v dotnet >/dev/null; then
    fail "the .NET 10 SDK is not installed (https://dotnet.microsoft.com/download)"
    finish
  fi
  command -v npm >/dev/null || apt_install nodejs npm
  local major
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  if [ "$major" -lt 20 ]; then
    fail "Node.js 20 or later is needed, found $(node --version)"
    finish
  fi
  [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || apt_install chromium
  [ -x "${NGINX:-/usr/sbin/nginx}" ] || install_server nginx
  command -v redis-server >/dev/null || install_server redis-server
  command -v python3 >/dev/null || apt_install python3
}

# An xunit.v3 project is a program that prints `Total: 9, Errors: 0, Failed: 0, Skipped: 0, ...`.
run_dotnet_tests() {
  local name=$1 log="$logs/$1" total errors red skips
  echo "== $name"
  dotnet "tests/$name/bin/Release/net10.0/$name.dll" -noColor >"$log" 2>&1
  local code=$?
  total=$(sed -n 's/.*Total: \([0-9]*\), Errors.*/\1/p' "$log" | tail -n 1)
  errors=$(sed -n 's/.*Errors: \([0-9]*\),.*/\1/p' "$log" | tail -n 1)
  red=$(sed -n 's/.*Failed: \([0-9]*\),.*/\1/p' "$log" | tail -n 1)
  skips=$(sed -n 's/.*Skipped: \([0-9]*\),.*/\1/p' "$log" | tail -n 1)
  if [ -z "$total" ]; then
    tail -n 50 "$log"
    fail "$name printed no result (exit code $code)"
    return
  fi
  red=$((red + errors))
  if [ "$code" -ne 0 ] || [ "$red" -gt 0 ]; then
    cat "$log"
    [ "$red" -gt 0 ] || red=1
  else
    grep 'Total: ' "$log"
  fi
  passed=$((passed + total - red - skips))
  failed=$((failed + red))
  skipped=$((skipped + skips))
}

# The .NET build has installed what the dashboard needs.
run_dashboard_tests() {
  echo "== clients/dashboard"
  (cd clients/dashboard && npm run --silent check) || fail "the types of clients/dashboard"
  run_vitest clients/dashboard
}

run_vitest() { # run_vitest FOLDER
  local log="$logs/vitest" ok red
  (cd "$1" && npm test --silent -- --reporter=tap-flat) >"$log" 2>&1
  local code=$?
  ok=$(grep -c '^ok ' "$log")
  red=$(grep -c '^not ok ' "$log")
  if [ "$ok" -eq 0 ] || [ "$code" -ne 0 ]; then
    cat "$log"
    [ "$red" -gt 0 ] || fail "the tests of $1 (exit code $code)"
  fi
  echo "$ok passed, $red failed"
  passed=$((passed + ok))
  failed=$((failed + red))
}

# What waits for the network most of the time, so it runs beside the build of .NET.
prepare_node() {
  local quiet="--no-audit --no-fund --ignore-scripts --loglevel=error"
  (cd clients/js && npm ci $quiet && npm run --silent check && npm run --silent build) >"$logs/clients-js" 2>&1
  echo $? >"$logs/clients-js.code"
  # The plugin is built and checked as it is shipped; the tests of tests/js load it in the page that `host` makes.
  (cd clients/grafana && npm ci $quiet && npm run --silent check && npm run --silent lint && npm run --silent build && npm run --silent host) >"$logs/clients-grafana" 2>&1
  echo $? >"$logs/clients-grafana.code"
  (cd tests/js && npm ci $quiet) >"$logs/tests-js" 2>&1
  echo $? >"$logs/tests-js.code"
}

require_prepared() { # require_prepared NAME: what prepare_node wrote of it
  [ "$(cat "$logs/$1.code")" = 0 ] && return
  cat "$logs/$1"
  fail "the build of $1"
}

run_client_tests() {
  local log="$logs/client-package"
  (cd clients/js && npm run --silent package) >"$log" 2>&1 && passed=$((passed + 1)) && grep -E 'Size' "$log" || { cat "$log"; fail "the checks of the package of clients/js"; }
  run_vitest clients/js
}

run_node_tests() {
  local log="$logs/node" ok red skips
  echo "== tests/js"
  # A test that fails may leave a program running, which ends with the test file once that is made to end.
  node --test --test-force-exit --test-timeout=300000 --test-reporter=tap tests/js/*.test.mjs >"$log" 2>&1
  local code=$?
  ok=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log" | tail -n 1)
  red=$(sed -n 's/^# \(fail\|cancelled\) \([0-9]*\)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  skips=$(sed -n 's/^# \(skipped\|todo\) \([0-9]*\)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  if [ -z "$ok" ] || { [ "$code" -ne 0 ] && [ "$red" -eq 0 ]; }; then
    tail -n 50 "$log"
    fail "the Node tests printed no result (exit code $code)"
    return
  fi
  if [ "$red" -gt 0 ]; then cat "$log"; else grep -E '^# (tests|pass|duration_ms)' "$log"; fi
  passed=$((passed + ok))
  failed=$((failed + red))
  skipped=$((skipped + skips))
}

require_tools
prepare_node &
preparing=$!
echo "== build"
dotnet build HubServer.sln -c Release -v quiet -p:RestoreLockedMode=true
built=$?
[ "$built" -ne 0 ] || { echo "== format" && dotnet format HubServer.sln --no-restore --verify-no-changes || fail "dotnet format --verify-no-changes"; }
wait "$preparing"
if [ "$built" -ne 0 ]; then
  fail "the build"
  finish
fi
for part in clients-js clients-grafana tests-js; do
  require_prepared "$part"
done

for project in tests/*.Tests; do
  run_dotnet_tests "$(basename "$project")"
done
run_dashboard_tests
echo "== clients/js"
run_client_tests
echo "== clients/grafana"
run_vitest clients/grafana
run_node_tests
finish
