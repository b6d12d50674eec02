#!/usr/bin/env bash
# Shows that the tests bite: breaks one rule of the cluster at a time, as the patches of tests/bites say, and requires
# the scenario that guards it to fail, and to fail with the reason that the patch names. Before that the same scenarios
# have to be green on what is not broken. The commit is tested, not what the working tree has beside it.
#
#   tests/bites.sh             all of them; writes tests/results/bites.json
#   tests/bites.sh hole tick   these
#   BITES_TIMES=3 ...          each has to be red so many times
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

readonly times=${BITES_TIMES:-1}
readonly build_seconds=900
readonly base_seconds=1200
readonly bite_seconds=240

scratch=$(mktemp -d)
readonly scratch
child='' # The program that runs now.
bitten=0 failed=0
results=()

# Programs run beside the shell, which can then end them when it is told to end. `timeout` gives each a process group of
# its own, so that nodes and servers which a test has started end with it.
run() { # run SECONDS LOG PROGRAM...
  local limit=$1 log=$2
  shift 2
  timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1 &
  child=$!
  wait "$child"
  local code=$?
  child=''
  return "$code"
}

clean_up() {
  trap '' INT TERM
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

header() { # header PATCH FIELD: what a patch says of itself before its first line of a diff
  sed -n "/^diff /q; s/^$2: //p" "$1"
}

# A folder inside another repository would make git pass over every file without a word.
patch_with() { # patch_with PATCH [OPTION]
  (cd "$scratch/tree" && GIT_CEILING_DIRECTORIES="$scratch" git apply "${@:2}" "$1")
}

# A broken rule leaves variables that nobody uses any more, which is not what is to be found here.
build() { # build PROJECT
  run "$build_seconds" "$scratch/build.log" dotnet build "$scratch/tree/tests/$1" -c Release -v quiet -p:Dashboard=false -p:TreatWarningsAsErrors=false
}

# An xunit.v3 project is a program that prints `Total: 9, Errors: 0, Failed: 0, Skipped: 0, ...`.
run_tests() { # run_tests SECONDS PROJECT METHOD...
  local limit=$1 project=$2 method filters=()
  shift 2
  for method in "$@"; do filters+=(-method "$method"); done
  run "$limit" "$scratch/tests.log" dotnet "$scratch/tree/tests/$project/bin/Release/net10.0/$project.dll" -noColor -explicit on -stopOnFail "${filters[@]}"
}

number() { # number NAME: of the result that the tests printed, -1 where they printed none
  local found
  found=$(sed -n "s/.*Total: .*$1: \([0-9]*\).*/\1/p; t; s/.*$1: \([0-9]*\), Errors.*/\1/p" "$scratch/tests.log" | tail -n 1)
  echo "${found:--1}"
}

# The text below `Name [FAIL]` of the first test that failed: its first line, or the one by which a history says which
# promises are broken.
reason() {
  sed -n '/ \[FAIL\]$/,/Stack Trace:$/{s/^ *//;s/[[:cntrl:]]//g;p;}' "$scratch/tests.log" |
    awk 'NR == 2 { first = $0 } /^[0-9]+ of [A-Z]/ { first = $0; exit } /Stack Trace:$/ { exit } END { print first }' | cut -c 1-200
}

require_green() { # require_green PROJECT METHOD...
  build "$1" || { cat "$scratch/build.log"; echo "the build of $1 failed" >&2; exit 1; }
  run_tests "$base_seconds" "$@" && [ "$(number Total)" -gt 0 ] && return
  cat "$scratch/tests.log"
  echo "$1 is red already where nothing is broken" >&2
  exit 1
}

survives() { # survives NAME WHY
  echo "bite $1: NOT BITTEN, $2"
  failed=$((failed + 1))
}

require_red() { # require_red NAME PATCH PROJECT METHOD BECAUSE
  local name=$1 project=$3 method=$4 because=$5 code why
  for ((i = 0; i < times; i++)); do
    run_tests "$bite_seconds" "$project" "$method"
    code=$?
    why=$(reason)
    if [ "$code" -eq 0 ]; then
      survives "$name" "$method is green"
      return
    fi
    if [ "$(number Failed)" -lt 1 ]; then
      tail -n 30 "$scratch/tests.log"
      survives "$name" "no test failed, and the tests ended with code $code"
      return
    fi
    if ! grep -Eq -- "$because" <<<"$why"; then
      tail -n 30 "$scratch/tests.log"
      survives "$name" "$method failed for another reason: $why"
      return
    fi
  done
  echo "bite $name: red as it should, in ${method//\*/}: $why"
  bitten=$((bitten + 1))
  results+=("$(printf '{"bite":"%s","breaks":"%s","scenario":"%s","reason":"%s"}' "$name" "$(json "$(header "$2" Breaks)")" "$(json "${method//\*/}")" "$(json "$why")")")
}

json() { # json TEXT: as the inside of a string
  local text=${1//\\/\\\\}
  echo "${text//\"/\\\"}"
}

bite() { # bite NAME
  local name=$1 patch="$PWD/tests/bites/$1.patch" project method because
  read -r project method <<<"$(header "$patch" Red)"
  because=$(header "$patch" Because)
  if ! patch_with "$patch"; then
    survives "$name" "its patch does not apply"
    return
  fi
  if build "$project"; then
    require_red "$name" "$patch" "$project" "$method" "$because"
  else
    cat "$scratch/build.log"
    survives "$name" "what it breaks does not build"
  fi
  patch_with "$patch" --reverse || exit 1
}

names=("$@")
if [ $# -eq 0 ]; then
  for patch in tests/bites/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
declare -A methods=()
for name in "${names[@]}"; do
  read -r project method <<<"$(header "tests/bites/$name.patch" Red)"
  [ -n "${method:-}" ] || { echo "tests/bites/$name.patch does not say what has to be red" >&2; exit 1; }
  [[ " ${methods[$project]:-} " == *" $method "* ]] || methods[$project]+="$method "
done

mkdir "$scratch/tree"
git archive HEAD | tar -x -C "$scratch/tree" || exit 1
set -f # The methods hold asterisks, which are for the tests to read.
for project in "${!methods[@]}"; do
  # shellcheck disable=SC2086 # One word for each method.
  require_green "$project" ${methods[$project]}
  echo "$project: $(number Total) green where nothing is broken"
done
for name in "${names[@]}"; do bite "$name"; done

echo "$bitten bitten, $failed not, in $SECONDS s"
if [ $# -eq 0 ] && [ "$failed" -eq 0 ]; then
  printf '[\n  %s\n]\n' "$(IFS=$'\n'; sed '$!s/$/,/; 2,$s/^/  /' <<<"${results[*]}")" >tests/results/bites.json
fi
[ "$failed" -eq 0 ]
