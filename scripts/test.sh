#!/bin/sh
# Style, types, walls, manifest, then the tests under a virtual display. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
BIN="${VENV:-.venv}/bin"

"$BIN/ruff" check -q src tests benchmarks
"$BIN/ruff" format -q --check src tests benchmarks
"$BIN/mypy"
"$BIN/lint-imports"
"$BIN/npe2" validate napari_ssrvae
[ "${1:-}" != --checks-only ] || exit 0

# napari keeps settings and Qt keeps caches: tests must see neither the user's nor leave any.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
export XDG_CONFIG_HOME="$scratch/config" XDG_CACHE_HOME="$scratch/cache" XDG_DATA_HOME="$scratch/data"
export XDG_RUNTIME_DIR="$scratch/run" NAPARI_CONFIG="$scratch/napari.yaml" LIBGL_ALWAYS_SOFTWARE=1 QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-xcb}"
export NAPARI_ENSURE_PLUGIN_MAIN_THREAD=1
mkdir -m 700 "$XDG_RUNTIME_DIR"

run() { # number of the first display to try, then pytest's arguments
    display=$1
    shift
    if [ "$(uname -s)" = Linux ]; then
        xvfb-run -a -n "$display" -s "-screen 0 1920x1080x24 +extension GLX" "$BIN/python" -m pytest "$@"
    else
        "$BIN/python" -m pytest "$@"
    fi
}

if [ $# -gt 0 ]; then
    run 99 "$@"
    exit
fi

# Two halves beside each other, as long as each other: docks wait much, the rest computes. Each has a display of its own. The rest is in
# front: what runs behind cannot hear Ctrl-C, and one of its tests is about that.
run 199 -p no:cacheprovider tests/docks >"$scratch/windows.log" 2>&1 &
windows=$!
trap 'kill "$windows" 2>/dev/null || true; rm -rf "$scratch"' EXIT INT TERM
failed=0
OMP_NUM_THREADS=1 run 99 --ignore tests/docks || failed=$?
wait "$windows" || failed=$?
echo "The docks:"
cat "$scratch/windows.log"
exit "$failed"
