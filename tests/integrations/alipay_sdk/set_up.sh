#!/bin/sh
# Makes .local/alipay-sdk, an environment of its own for the official Alipay SDK (117 MB): it is what the hub's signatures
# and requests are checked against, and no part of the hub. What stands and fits requirements.txt is left alone.
# Prints the environment's Python. To move on: uv pip compile --generate-hashes requirements.in -o requirements.txt
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
PYTHON=${PYTHON:-python3}
UV=.local/uv/bin/uv
home=.local/alipay-sdk
lock="$here/requirements.txt"

[ -x "$UV" ] || { echo "alipay-sdk: $UV is missing; remedy: sh local/setup.sh" >&2; exit 1; }

# Test processes side by side ask for it at the same time: one makes it, the others wait.
mkdir -p .local
exec 9> .local/alipay-sdk.lock
flock 9
wanted="$("$PYTHON" -V) $(cksum < "$lock")"
if [ ! -f "$home/.made-from" ] || [ "$(cat "$home/.made-from")" != "$wanted" ]; then
    echo "alipay-sdk: making $home" >&2
    "$UV" venv --quiet --clear --python "$PYTHON" "$home"
    "$UV" pip sync --quiet --require-hashes --python "$home/bin/python" "$lock"
    # Written last, so that an environment whose making was cut short is made again.
    printf '%s' "$wanted" > "$home/.made-from"
fi
echo "$PWD/$home/bin/python"
