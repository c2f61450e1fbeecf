#!/usr/bin/env bash
# One script for everything that people do with this tree. ./do help says what.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libssl-dev libsecp256k1-dev libevent-dev libleveldb-dev
          libjson-c-dev libsqlite3-dev libqrencode-dev libcmocka-dev python3)
CLANG_PACKAGES=(clang libclang-rt-14-dev)
LINT_PACKAGES=(clang-format clang-tidy cppcheck)

usage() {
    cat <<'HELP'
./do build [preset]         install what is missing, configure and build; programs land in build/bin
                            presets: release (default), dev (ASan+UBSan), tsan, fuzz, coverage, clang
./do demo [--slow] [--keep] the whole idea of YCoin on a three-node network, each claim checked as it is printed
./do test [filter]          build and run all tests, or those whose name matches the regular expression
./do check preset [filter]  the same in another preset, for example: ./do check dev unit/
./do bench [name]           timings as JSON (all, or those with name in their name)
./do bench import           the import of a chain of 250 MB, beside $BITCOIND when that names Bitcoin Core (--help says more)
./do bench pool             transactions into the pool by P2P, RPC and mempool.dat, beside $BITCOIND as well
./do sim [option…]          networks of whole nodes on a virtual clock, under faults and attacks: --list, --seeds=1..200 (doc/simulator.md)
./do torture kill N         kill a node N times while it works; after each start nothing that it said may be missing
                            also: import N, terminate N, corrupt N, full N, restart N (tests/fault/torture.py says what)
./do nightly                every build (plain, ASan+UBSan, TSan, clang) through all tests, 10^8 signatures through both
                            engines, a minute of each fuzz target, each known bug put back, 10,000 simulated networks
./do fuzz [target] [s]      run one fuzz target (default: list them) for so many seconds (default 60)
./do coverage [module]      lines and branches that the tests run, per module; what they leave out of one
./do mutate module [N]      change the module's source in N places, one at a time, and see which its tests miss
./do bugs [name …]          put known bugs back one by one, and see whether the tests notice (tests/sim/bugs)
./do lint                   formatting, house rules, clang-tidy, cppcheck
./do install [PREFIX]       install programs, manual and systemd unit (default /usr/local)
./do clean                  remove build/
./do help                   this text
Example: ./do build && build/bin/ycoind -regtest
HELP
}

say() { printf '%s\n' "$*" >&2; }

# Install the Debian packages that are not there yet, and say which.
need() {
    local missing=() p
    command -v dpkg-query >/dev/null || return 0 # not Debian: cmake names what it does not find
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing: ${missing[*]}"
    local as=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "cannot install: not root, and there is no sudo. As root: apt-get install ${missing[*]}"; exit 1; }
        as=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! { "${as[@]}" apt-get update && "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        say "apt-get could not install ${missing[*]}; the whole output is in $log"
        exit 1
    fi
    rm -f "$log"
}

# On a terminal, one line that changes: how far the build is. In a log, nothing.
progress() {
    local line
    if [ -t 2 ]; then
        while IFS= read -r line; do
            case $line in \[*\]*) printf '\r\033[K%s' "${line%%]*}]" >&2 ;; esac
        done
        printf '\r\033[K' >&2
    else
        cat >/dev/null
    fi
}

build_dir() { if [ "$1" = release ]; then echo build; else echo "build/$1"; fi; }

build() {
    local preset=${1:-release} dir
    need "${PACKAGES[@]}"
    case $preset in
    fuzz | clang) need "${CLANG_PACKAGES[@]}" ;;
    release | dev | tsan | coverage) ;;
    *) say "no preset '$preset': release, dev, tsan, fuzz, coverage or clang"; exit 2 ;;
    esac
    dir=$(build_dir "$preset")
    local log
    log=$(mktemp)
    say "building $dir"
    if ! { cmake --preset "$preset" && NINJA_STATUS='[%f of %t, %o a second, %e s] ' cmake --build "$dir"; } 2>&1 |
        tee "$log" | progress; then
        grep -E 'error|FAILED|CMake Error' -A6 "$log" | head -n 60 >&2 || true
        say "the build failed; its whole output is in $log"
        exit 1
    fi
    rm -f "$log"
    say "built: $dir/bin"
}

# Run ctest and close with the plain line "N passed, N failed, N skipped".
run_tests() {
    local dir=$1 filter=${2:-} out status=0 args=()
    out=$(mktemp)
    [ -n "$filter" ] && args=(-R "$filter")
    ctest --test-dir "$dir" --output-on-failure -j "$(nproc)" --no-tests=error --output-junit "$PWD/$dir/tests.xml" "${args[@]}" 2>&1 | tee "$out" || status=$?
    python3 tools/count_tests.py "$dir/tests.xml" || status=1
    rm -f "$out"
    return "$status"
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
build) build "${1:-release}" ;;
demo)
    build release
    exec python3 regtest/demo.py "$@"
    ;;
test)
    build release
    run_tests build "${1:-}"
    ;;
check)
    [ $# -ge 1 ] || { say "usage: ./do check PRESET [FILTER]"; exit 2; }
    build "$1"
    run_tests "$(build_dir "$1")" "${2:-}"
    ;;
nightly)
    export YCOIN_NIGHTLY=1 # tests take the depths that are promised
    status=0
    for preset in release dev tsan clang; do
        build "$preset"
        run_tests "$(build_dir "$preset")" || status=1
    done
    # other signatures every night
    build/bin/ycoin-agreement --seed="$(date +%Y%m%d)" --count=100000000 || status=1
    build/bin/ycoin-agreement --seed="$(date +%Y%m%d)" --count=10000000 --lanes=avx2 || status=1
    build fuzz
    python3 tests/fuzz/run.py all 60 || status=1
    python3 tests/sim/bugs/run.py || status=1
    python3 tests/sim/trace.py build/bin/ycoin-sim build/clang/bin/ycoin-sim || status=1
    build/bin/ycoin-sim --scenario=mixed --seeds=1..10000 --report=summary >build/sim.json || status=1
    for seed in 1 2 3 4 5 6 7 8 9; do python3 tests/fault/torture.py kill 222 --seed=$seed || status=1; done
    for torture in "import 50" "terminate 30" "corrupt 300" "full 10" "restart 100000"; do
        python3 tests/fault/torture.py $torture || status=1
    done
    exit "$status"
    ;;
bench)
    build release
    if [ "${1:-}" = import ] || [ "${1:-}" = pool ]; then
        exec python3 "tests/bench/$1.py" "${@:2}"
    fi
    exec python3 tests/bench/bench.py "$@"
    ;;
fuzz)
    build fuzz
    exec python3 tests/fuzz/run.py "$@"
    ;;
coverage)
    build coverage
    exec python3 tools/coverage.py build/coverage "$@"
    ;;
mutate)
    need "${PACKAGES[@]}"
    exec python3 tools/mutate.py "$@"
    ;;
bugs)
    need "${PACKAGES[@]}"
    exec python3 tests/sim/bugs/run.py "$@"
    ;;
sim)
    build release
    [ $# -gt 0 ] || set -- --scenario=mixed --seeds=1..200
    exec build/bin/ycoin-sim "$@"
    ;;
torture)
    build release
    exec python3 tests/fault/torture.py "$@"
    ;;
lint)
    need "${PACKAGES[@]}" "${LINT_PACKAGES[@]}"
    exec python3 tools/lint.py "$@"
    ;;
install)
    build release
    cmake --install build --prefix "${1:-/usr/local}"
    ;;
clean) rm -rf build ;;
help | -h | --help | -\?) usage ;;
*)
    say "no command '$command'"
    usage >&2
    exit 2
    ;;
esac
