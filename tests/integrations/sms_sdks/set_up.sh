#!/bin/sh
# Makes .local/sms-sdks, an environment of its own for the two carriers' official SDKs: they are what the hub's signatures
# and requests are checked against. Prints the environment's Python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../../../local/side_environment.sh" sms-sdks "$here/requirements.txt"
