#!/bin/sh
# Makes .local/alipay-sdk, an environment of its own for the official Alipay SDK (117 MB): it is what the hub's signatures
# and requests are checked against. Prints the environment's Python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../../../local/side_environment.sh" alipay-sdk "$here/requirements.txt"
