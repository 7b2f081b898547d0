#!/bin/sh
# Usage: scripts/debian-packages.sh PURPOSE PACKAGE...
# Makes sure that Debian or Ubuntu packages are installed. Root installs what is missing; anybody else, and
# whoever has no network, is told what to install. Exits 1 where something is still missing.
set -u
cd "$(dirname "$0")/.." || exit 1
purpose=$1
shift

is_installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed || command -v "$1" >/dev/null
}

find_missing() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
}
find_missing "$@"
[ -z "$missing" ] && exit 0

give_up() {
    echo "For $purpose this is missing:$missing. $1" >&2
    exit 1
}
command -v apt-get >/dev/null || give_up "These are Debian's names; please install your system's equivalents."
[ "$(id -u)" -eq 0 ] || give_up "Install with: sudo apt-get install --no-install-recommends$missing"

echo "Installing for $purpose:$missing"
mkdir -p .make
# apt waits for another apt that installs, but not for one that reads the lists of packages.
exec 9>.make/apt.lock
flock 9
log=.make/apt-$1.log
export DEBIAN_FRONTEND=noninteractive
# A dead network or another apt at work shall cost minutes at most.
apt() {
    apt-get -q -y -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
        -o Acquire::https::Timeout=20 "$@" </dev/null >>"$log" 2>&1 9>&-
}
: >"$log"
# Once an hour, if it helped; a repository that fails here need not be the one that matters.
[ -n "$(find .make/apt-updated -mmin -60 2>/dev/null)" ] || apt update
unknown=
known=
for package in $missing; do
    if apt-cache show "$package" >/dev/null 2>&1; then known="$known $package"; else unknown="$unknown $package"; fi
done
# shellcheck disable=SC2086  # one word per package
if [ -n "$known" ] && ! apt install --no-install-recommends $known; then
    # What one package lacks need not keep the others away.
    apt install --no-install-recommends --fix-missing $known
    find_missing $known
    [ -z "$missing" ] || give_up "apt-get failed, see $log."
fi
missing=$unknown
[ -z "$missing" ] || give_up "Not in this system's package lists, see $log."
touch .make/apt-updated
