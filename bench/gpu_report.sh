#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything that a machine with a GPU can tell about the kernels, in one command. It needs this tree, CUDA,
# CMake and Ninja or make, and nothing else. What a step says is kept; one that fails is recorded and the rest
# goes on. The report is written anew after every step, so that what was measured survives whatever comes.
set -uo pipefail

usage='usage: bench/gpu_report.sh [--quick] [--out DIR] [--budget SECONDS] [--arch ARCH] [--jobs N] [--commit TEXT]

Builds the kernels with CUDA, runs their contract on the device and on the CPU, the tools of compute-sanitizer on
a small part of it, gaia-bench on both, and ncu, where they are there. Writes DEVICE-DATE.json and DEVICE-DATE.log
and prints a short table. Exit status: 0 if all that had to be run passed, 1 if not, 2 for wrong use.

  --quick           stays within nine minutes: shorter measurements, shorter limits
  --out DIR         where the report goes [bench/results]
  --budget SECONDS  no step begins after so long, and none outlasts it [3600; 530 with --quick]
  --arch ARCH       the architecture to build for [that of the first GPU, else 90]
  --jobs N          compilers at once [one a core]
  --commit TEXT     what the tree is, where git cannot tell'

quick="" out="" budget="" arch="" jobs="" commit=""
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 ;;
    --out | --budget | --arch | --jobs | --commit)
        if [ $# -lt 2 ]; then
            printf '%s needs a value\n%s\n' "$1" "$usage" >&2
            exit 2
        fi
        declare "${1#--}=$2"
        shift
        ;;
    --help | -h)
        echo "$usage"
        exit 0
        ;;
    *)
        printf 'unknown argument %s\n%s\n' "$1" "$usage" >&2
        exit 2
        ;;
    esac
    shift
done
if ! [[ ${budget:=${quick:+530}} =~ ^[0-9]*$ && $jobs =~ ^[0-9]*$ ]]; then
    printf -- '--budget and --jobs take numbers\n%s\n' "$usage" >&2
    exit 2
fi
budget=${budget:-3600}
out=${out:+$(realpath -m "$out")}

cd "$(dirname "$(readlink -f "$0")")/.." || exit 2
here=$PWD
export LC_ALL=C
PATH=$PATH:/usr/local/cuda/bin
build=$here/build/gpu-report
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- What the machine is ----

# nvidia-smi tells what is wrong where figures would stand, and [N/A] where it knows none.
asked() {
    local said
    if said=$(nvidia-smi --query-gpu="$1" --format=csv,noheader 2>/dev/null); then
        head -n 1 <<<"$said" | grep -v '^\['
    fi
}
first_line() { "$@" 2>/dev/null | head -n 1; }

device=$(asked name)
driver=$(asked driver_version)
memory=$(asked memory.total)
capability=$(asked compute_cap)
cuda=$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
[[ $capability =~ ^[0-9]+\.[0-9]+$ ]] || capability=''
arch=${arch:-${capability//./}}
arch=${arch:-90}
jobs=${jobs:-$(nproc)}
changed=''
if found=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    commit=${commit:-$found}
    changed=$([ -z "$(git status --porcelain 2>/dev/null)" ] && echo false || echo true)
fi
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
name=$(printf %s "${device:-no-device}" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9\n' - | sed 's/^-//; s/-$//')
out=${out:-$here/bench/results}
mkdir -p "$out" || exit 2
report=$out/$name-${date%T*}.json
log=$out/$name-${date%T*}.log
: >"$log" || exit 2

# ---- The report ----

# A text as a JSON string; nothing as null.
quoted() {
    if [ -z "$1" ]; then
        printf null
    else
        printf '"%s"' "$(printf %s "$1" | tr -d '\000-\010\013-\037\177-\377' |
            sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/\\t/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')"
    fi
}

# A file that holds one JSON object, or null.
object() {
    if [ -s "$1" ] && [ "$(head -c 1 "$1")" = '{' ] && [ "$(tail -c 2 "$1")" = '}' ]; then
        cat "$1"
    else
        echo null
    fi
}

steps=''
report_write() {
    {
        printf '{"schema": "gaia.gpu_report/1",\n"device": %s, "driver": %s, "memory": %s, "capability": %s,\n' \
            "$(quoted "$device")" "$(quoted "$driver")" "$(quoted "$memory")" "$(quoted "$capability")"
        printf '"cuda": %s, "arch": %s, "commit": %s, "changed_since_commit": %s, "date": "%s",\n' \
            "$(quoted "$cuda")" "$(quoted "$arch")" "$(quoted "$commit")" "${changed:-null}" "$date"
        printf '"compiler": %s, "system": %s, "seconds": %d,\n' \
            "$(quoted "$(first_line cc --version)")" "$(quoted "$(uname -sr)")" "$SECONDS"
        printf '"steps": [%s\n],\n' "$steps"
        for part in cuda peers matrix cpu; do
            printf '"bench_%s": ' "$part"
            object "$work/$part.json"
            echo ,
        done
        printf '"ncu": %s}\n' "$(quoted "$(head -c 200000 "$work/ncu.txt" 2>/dev/null)")"
    } >"$report.part" && mv "$report.part" "$report"
}

passed=0 failed=0 not_run=0

# verdict NAME VERDICT SECONDS DETAIL
verdict() {
    case $2 in
    passed) passed=$((passed + 1)) ;;
    not_run) not_run=$((not_run + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
    printf '%-22s %-8s %5s s  %s\n' "$1" "$2" "$3" "$(printf %s "$4" | tail -n 1 | cut -c1-60)"
    steps+=${steps:+,}$'\n'"$(printf '{"name": "%s", "verdict": "%s", "seconds": %d, "detail": %s}' \
        "$1" "$2" "$3" "$(quoted "$4")")"
    report_write
}

# step NAME LIMIT_S COMMAND...: runs the command for at most so long; its output goes into the log, and what it
# printed last into the report. STDOUT names a file that takes its standard output instead. Status 77 of a
# command means that what it needs is not there: a failure all the same, for this report is about a device.
step() {
    local name=$1 limit=$2 left=$((budget - SECONDS)) status=0 from=$SECONDS said=$work/said
    shift 2
    if [ "$left" -lt 5 ]; then
        verdict "$name" not_begun 0 "no time was left of the $budget s"
        return 1
    fi
    [ "$limit" -lt "$left" ] || limit=$left
    printf '\n==== %s: %s\n' "$name" "$*" >>"$log"
    timeout -k 5 "$limit" "$@" >"${STDOUT:-$said}" 2>"$work/errors" </dev/null || status=$?
    if [ -n "${STDOUT:-}" ]; then
        : >"$said"
    fi
    cat "$work/errors" >>"$said"
    cat "$said" >>"$log"
    local last
    last=$(grep -v '^[[:space:]]*$' "$said" | tail -n "$([ "$status" = 0 ] && echo 1 || echo 15)")
    case $status in
    0) verdict "$name" passed $((SECONDS - from)) "$last" ;;
    124 | 137) verdict "$name" timeout $((SECONDS - from)) "longer than $limit s: $last" ;;
    *) verdict "$name" failed $((SECONDS - from)) "exit status $status: $last" ;;
    esac
    return "$status"
}

# absent NAME WHY: what is wanted but not necessary.
absent() { verdict "$1" not_run 0 "$2"; }

# ---- The steps ----

build_all() {
    local generator=()
    command -v ninja >/dev/null && generator=(-G Ninja)
    step configure 60 cmake -S "$here" -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
        -DGAIA_KERNELS_ONLY=ON -DGAIA_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES="$arch" \
        ${commit:+-DGAIA_COMMIT="$commit"} &&
        step build 300 cmake --build "$build" --parallel "$jobs"
}

contract=$build/tests/kernels/kernels-contract
find_programs() {
    for folder in "$build" "$build/tests/kernels"; do
        [ -x "$folder/kernels-contract" ] && contract=$folder/kernels-contract
    done
}

# The tools slow a device down a hundredfold, hence the small part of the contract.
sanitize() {
    local limit=$1 tool
    shift
    for tool in "$@"; do
        local options=(--tool "$tool" --error-exitcode 99)
        # What a call answers is looked at where it is made: "not ready" is an answer, no error.
        [ "$tool" != memcheck ] || options+=(--report-api-errors no)
        if command -v compute-sanitizer >/dev/null; then
            step "$tool" "$limit" compute-sanitizer "${options[@]}" "$contract" --small cuda
        else
            absent "$tool" 'compute-sanitizer is not installed'
        fi
    done
}

bench() {
    local part=$1 limit=$2
    shift 2
    STDOUT=$work/$part.json step "bench-$part" "$limit" "$build/gaia-bench" --json "$@"
}

# Of each case the launches of its last calls: three a call, twelve a case. The clocks stay as they are.
profile() {
    if ! command -v ncu >/dev/null; then
        absent ncu 'ncu is not installed'
        return
    fi
    STDOUT=$work/ncu.txt step ncu "$1" ncu --section SpeedOfLight --section MemoryWorkloadAnalysis \
        --section Occupancy --section WarpStateStats --section LaunchStats --kernel-name 'regex:strips|regions' \
        --clock-control none --launch-skip 6 --launch-count 12 \
        "$build/gaia-bench" --device cuda --cases single,many --forecasts 64 --rounds 1 --seconds 1
    cat "$work/ncu.txt" >>"$log" 2>/dev/null
}

list=1,4,16,64,256
if build_all; then
    find_programs
    step contract-cuda $((${quick:+-60} + 180)) "$contract" cuda
    sanitize $((${quick:+-60} + 120)) memcheck racecheck
    bench cuda 150 --device cuda --forecasts "$list" --dtype float32,int16 --seconds $((${quick:+-15} + 40))
    bench matrix 180 --device cuda --cases matrix --forecasts "$list" --dtype float32,int16 --regions 1,13 \
        --rounds 5 --seconds $((${quick:+-30} + 90))
    profile 60
    bench cpu 180 --device cpu --seconds $((${quick:+-10} + 30))
    step contract-cpu $((${quick:+-60} + 180)) "$contract" cpu
    bench peers 230 --device cuda --vs --cases single --seconds 5
    sanitize $((${quick:+-60} + 120)) synccheck initcheck
fi
report_write

# ---- The table ----

# The cases of a report, each of which stands on a line of its own.
cases_print() {
    awk -v title="$1" '
        function get(key) { return match($0, "\"" key "\": [^,}]*") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : "-" }
        function share(key) { v = get(key); return v == "null" || v == "-" ? "-" : sprintf("%.2f", v) }
        /^\{"name": .*"share_of_floor": / {
            if (!n++) printf "\n%-28s %10s %12s %8s %8s\n", title, "GB/s", "Mpoint/s", "/floor", "/bandw"
            name = get("name"); gsub(/"/, "", name)
            printf "%-28s %10.1f %12.0f %8s %8s\n", name, get("gb_per_s"), get("points_per_s") / 1e6, share("share_of_floor"), share("share_of_bandwidth")
        }' "$2" 2>/dev/null
}
cases_print 'on the GPU' "$work/cuda.json"
cases_print 'on the CPU' "$work/cpu.json"
printf '\n%s; driver %s; CUDA %s; commit %s\n%s\n%d passed, %d failed, %d not run\n' "${device:-no device}" \
    "${driver:-none}" "${cuda:-none}" "${commit:-unknown}" "$report" "$passed" "$failed" "$not_run"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
