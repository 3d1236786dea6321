#!/bin/sh
# Makes the project's environments under .venv and .local; what stands and fits its lock file is left alone.
#   .venv               hangpai, its tests and tools
#   .local/aws          the embedded AWS, which pins versions of its own
#   .local/runtime      what AWS's Python runtime image brings along
# Usage: local/setup.sh        (PYTHON=python3.12 local/setup.sh takes another interpreter)
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9

missing() { echo "hangpai: $1 is missing; remedy: $2" >&2; exit 1; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
if [ -z "${PYTHON:-}" ]; then
    PYTHON=python3
    for each in python3 python3.11 python3.12 python3.13; do
        if fits "$each"; then PYTHON=$each; break; fi
    done
    command -v "$PYTHON" >/dev/null || missing "Python" "apt-get install python3 python3-venv"
fi
command -v "$PYTHON" >/dev/null || missing "$PYTHON" "install it, or leave PYTHON unset"
fits "$PYTHON" || missing "Python 3.11 to 3.13" "PYTHON=/path/to/python3.11 make ..."
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
    missing "Python's venv module" "apt-get install python$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
# The machine's own certificates, as pip takes them: a company's proxy may sign with one that only they know.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"

mkdir -p .local
if [ ! -x .local/uv/bin/uv ] || [ "$(.local/uv/bin/uv --version | cut -d' ' -f2)" != "$UV_VERSION" ]; then
    echo "hangpai: installing uv $UV_VERSION" >&2
    rm -rf .local/uv
    "$PYTHON" -m venv .local/uv
    .local/uv/bin/pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi

# environment FOLDER LOCK: a virtual environment that holds just what the lock file names. The mark is written last, so
# that an environment whose making was cut short is made again.
environment() {
    mark="$1/.made-from"
    wanted="$("$PYTHON" -V) $(cksum "$2" pyproject.toml)"
    [ -f "$mark" ] && [ "$(cat "$mark")" = "$wanted" ] && return
    echo "hangpai: making $1" >&2
    .local/uv/bin/uv venv --quiet --clear --python "$PYTHON" "$1"
    .local/uv/bin/uv pip sync --quiet --require-hashes --python "$1/bin/python" "$2"
    [ "$1" != .venv ] || .local/uv/bin/uv pip install --quiet --no-deps --python .venv/bin/python --editable .
    printf '%s' "$wanted" > "$mark"
}
environment .venv local/requirements/dev.txt
environment .local/aws local/requirements/embedded-aws.txt
environment .local/runtime local/requirements/lambda-runtime.txt
