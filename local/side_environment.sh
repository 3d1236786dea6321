#!/bin/sh
# Makes .local/NAME, an environment of its own for what the hub is checked against and is no part of it. What stands and
# fits its lock file is left alone. Prints the environment's Python.
# Usage: local/side_environment.sh NAME LOCK
# To move on: uv pip compile --generate-hashes requirements.in -o requirements.txt
set -eu
name=$1
lock=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
UV=.local/uv/bin/uv
home=.local/$name

# The machine's own certificates, as local/setup.sh takes them.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
[ -x "$UV" ] || { echo "$name: $UV is missing; remedy: sh local/setup.sh" >&2; exit 1; }

# Processes side by side ask for it at the same time: one makes it, the others wait.
mkdir -p .local
exec 9> "$home.lock"
flock 9
wanted="$("$PYTHON" -V) $(cksum < "$lock")"
if [ ! -f "$home/.made-from" ] || [ "$(cat "$home/.made-from")" != "$wanted" ]; then
    echo "$name: making $home" >&2
    "$UV" venv --quiet --clear --python "$PYTHON" "$home"
    "$UV" pip sync --quiet --require-hashes --python "$home/bin/python" "$lock"
    # Written last, so that an environment whose making was cut short is made again.
    printf '%s' "$wanted" > "$home/.made-from"
fi
echo "$PWD/$home/bin/python"
