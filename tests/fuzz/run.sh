#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes one target of the build `fuzz`, a test of its own there (./check --fuzz): tests/fuzz/run.sh TARGET
#
# It starts from tests/fuzz/corpus and what earlier runs left in build/fuzz/found, and goes on for GAIA_FUZZ_SECONDS
# (60). An input that fails is kept in build/fuzz/findings; once what it found is mended it belongs into the corpus.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

target=${1:?which target}
seconds=${GAIA_FUZZ_SECONDS:-60}
build=build/fuzz
mkdir -p "$build/found/$target" "$build/findings"
log=$build/findings/$target.log
if "$build/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$build/found/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
else
    tail -n 40 "$log"
    echo "$target: failed; see $log and $build/findings/$target-*"
    exit 1
fi
