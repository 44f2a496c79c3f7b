#!/bin/sh
# Bring what the project needs into .venv, and where allowed the system packages too.
#
#   scripts/setup.sh python [test]   the isolated environment; quick when nothing changed
#   scripts/setup.sh screen          the libraries that a Qt window needs
#   scripts/setup.sh virtual-screen  the same and a virtual display
#
# Asks nothing. What it may not install it names in one line and exits 1.
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

# Run apt-get as root, through sudo if that asks nothing; fail otherwise.
may_install() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
install_packages() {
    command -v apt-get >/dev/null 2>&1 || return 1
    may_install || return 1
    if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
    say "setup: installing system packages: $*"
    $as_root apt-get update -qq >&2 || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

WINDOW_PACKAGES="libegl1 libgl1 libglx-mesa0 libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libdbus-1-3 libfontconfig1 fonts-dejavu-core"

missing_libraries() {
    # ldconfig lives in /sbin, which is not on every user's path.
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
    for library in libEGL.so.1 libGL.so.1 libGLX_mesa.so.0 libxkbcommon-x11.so.0 libxcb-cursor.so.0 libxcb-icccm.so.4 \
        libxcb-image.so.0 libxcb-keysyms.so.1 libxcb-randr.so.0 libxcb-render-util.so.0 libxcb-shape.so.0 \
        libxcb-xinerama.so.0 libdbus-1.so.3 libfontconfig.so.1; do
        case "$known" in *"$library"*) ;; *) printf '%s ' "$library" ;; esac
    done
}

screen() {
    [ "$(uname -s)" = Linux ] || return 0
    packages=""
    [ -z "$(missing_libraries)" ] || packages="$WINDOW_PACKAGES"
    if [ "$1" = virtual-screen ] && ! { command -v xvfb-run && command -v Xvfb && command -v xauth; } >/dev/null 2>&1; then
        packages="$packages xvfb xauth"
    fi
    [ -n "$packages" ] || return 0
    # shellcheck disable=SC2086 # a list of words
    if ! install_packages $packages; then
        say "setup: a window needs system packages that this account may not install; have them installed: apt-get install $packages"
        return 1
    fi
}

# The first Python that is new enough; Debian's own comes with 3.11 since release 12.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

python_environment() {
    extras="all"
    [ "${1:-}" != test ] || extras="all,test,hdf5,zarr"
    stamp="$VENV/.setup-$extras"
    wanted=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi

    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        if ! python=$(find_python); then
            install_packages python3 python3-venv || true
            python=$(find_python) || { say "setup: Python 3.11 or newer is needed; have it installed: apt-get install python3 python3-venv"; return 1; }
        fi
        say "setup: making an isolated environment in $VENV with $("$python" --version)"
        rm -rf "$VENV"
        if ! "$python" -m venv "$VENV" >/dev/null 2>&1; then
            rm -rf "$VENV"
            install_packages python3-venv || true
            "$python" -m venv "$VENV" >/dev/null 2>&1 || {
                rm -rf "$VENV"
                say "setup: $python cannot make virtual environments; have its venv package installed: apt-get install python3-venv"
                return 1
            }
        fi
    fi

    say "setup: installing napari-ssrvae[$extras] with the tested versions (minutes the first time)"
    # TORCH_INDEX: an address to take torch from, e.g. of its CPU-only builds.
    # shellcheck disable=SC2086
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt \
        ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch >&2
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[$extras]" >&2
    printf '%s\n' "$wanted" >"$stamp"
}

case "${1:-}" in
    python) python_environment "${2:-}" ;;
    screen | virtual-screen) screen "$1" ;;
    *) say "usage: scripts/setup.sh python [test] | screen | virtual-screen"; exit 2 ;;
esac
