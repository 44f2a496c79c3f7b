#!/bin/sh
# Build the wheel, install it with its extras into an empty environment outside the checkout, and use it there.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
python="$(cd "${VENV:-.venv}" && pwd)/bin/python"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

"$python" -m build --wheel --outdir "$scratch/dist" . >/dev/null
"$python" -m venv "$scratch/venv"
wheel=$(ls "$scratch"/dist/*.whl)
"$scratch/venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt torch 2>/dev/null
"$scratch/venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt "$wheel[all,hdf5,zarr]" 2>/dev/null
cp scripts/check_installed.py "$scratch/"
cd "$scratch"
export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config" XDG_CACHE_HOME="$scratch/cache" XDG_DATA_HOME="$scratch/data"
export LIBGL_ALWAYS_SOFTWARE=1 NAPARI_SSRVAE_LIBRARIES="$scratch/libraries"
"$scratch/venv/bin/napari-ssrvae" --version
xvfb-run -a -s "-screen 0 1280x800x24" "$scratch/venv/bin/python" check_installed.py "$root"
"$scratch/venv/bin/napari-ssrvae" demo --headless --quiet --out "$scratch/demo"
