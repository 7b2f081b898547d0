#!/bin/sh
# Usage: [PYTHON=...] scripts/python-environment.sh [EXTRA]
# Makes .venv, where it is not there yet or was made elsewhere or of another PYTHON, and installs this package
# into it, editable, with the versions of requirements/constraints.txt.
set -eu
cd "$(dirname "$0")/.."
checkout=$(pwd -P)
extra=${1:+[$1]}
asked_for=${PYTHON:-}

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}
can_make_environments() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}
# The first suitable Python that brings venv, else the first suitable one.
find_python() {
    first=
    if [ -n "$asked_for" ]; then set -- "$asked_for"; else set -- python3 python3.13 python3.12 python3.11 python3.10; fi
    for candidate in "$@"; do
        suits "$candidate" || continue
        first=${first:-$candidate}
        if can_make_environments "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "$first"
}

make_environment() {
    python=$(find_python)
    if [ -z "$python" ] && [ -z "$asked_for" ]; then
        scripts/debian-packages.sh "the virtual environment" python3-venv || exit 1
        python=$(find_python)
    fi
    if [ -z "$python" ]; then
        echo "No Python 3.10 to 3.13 found${asked_for:+ at $asked_for}; install one and pass it: make PYTHON=/path/to/python3" >&2
        exit 1
    fi
    if ! can_make_environments "$python"; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        scripts/debian-packages.sh "the virtual environment" "python$version-venv" || exit 1
    fi
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
    echo "$asked_for" >.venv/made-with
    echo "$checkout" >.venv/made-in
}

is_current() {
    [ "$(cat .venv/made-in 2>/dev/null)" = "$checkout" ] && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        { [ -z "$asked_for" ] || [ "$(cat .venv/made-with)" = "$asked_for" ]; }
}

is_current || make_environment
echo "Installing Python packages${extra:+ for $1} into .venv"
.venv/bin/python scripts/install_packages.py --requirement requirements/build.in
.venv/bin/python scripts/install_packages.py --no-build-isolation --editable ".$extra"
