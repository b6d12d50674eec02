#!/usr/bin/env bash
# Runs every fault of the table on three nodes, also those that take longer than the test command may, and writes what
# came out to tests/results/faults.json and tests/FAULTS.md. About six minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

dotnet build HubServer.sln -c Release -v quiet
program=tests/HubServer.Cluster.Tests/bin/Release/net10.0/HubServer.Cluster.Tests.dll
HUBSERVER_FAULTS="$lines" dotnet "$program" -noColor -explicit on -showLiveOutput
node tests/js/faults.mjs "$lines" tests/results/faults.json tests/FAULTS.md
echo "written: tests/results/faults.json, tests/FAULTS.md"
