#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes every target, or those that are named: tests/fuzz/run.sh [--seconds N] [TARGET]...
#
# Builds the preset `fuzz` (clang with libFuzzer: packages clang and libclang-rt-14-dev) and runs each target for
# N seconds (120), one after the other, starting from tests/fuzz/corpus and what earlier runs left in
# build/fuzz/found. An input that fails is kept in build/fuzz/findings; once what it found is mended it belongs into
# the corpus. The exit status is 0 only if no target found anything.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

seconds=120
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        seconds=${2:?how many seconds}
        shift
        ;;
    --seconds=*) seconds=${1#*=} ;;
    -*)
        sed -n '3,8s/^# \?//p' "$0" >&2
        exit 2
        ;;
    *) targets+=("$1") ;;
    esac
    shift
done

build=build/fuzz
cmake --preset fuzz >/dev/null
cmake --build "$build" --target fuzz_targets --parallel "$(nproc)" | tail -n 1
if [ ${#targets[@]} = 0 ]; then
    for program in "$build"/*_fuzz; do
        name=$(basename "$program")
        targets+=("${name%_fuzz}")
    done
fi

failed=0
for target in "${targets[@]}"; do
    mkdir -p "$build/found/$target" "$build/findings"
    log=$build/findings/$target.log
    if "$build/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target-" "$build/found/$target" "tests/fuzz/corpus/$target" \
        >"$log" 2>&1; then
        echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
    else
        tail -n 40 "$log"
        echo "$target: failed; see $log and $build/findings/$target-*"
        failed=$((failed + 1))
    fi
done
echo "$((${#targets[@]} - failed)) targets without a finding, $failed with one"
[ "$failed" = 0 ]
