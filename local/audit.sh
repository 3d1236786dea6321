#!/bin/sh
# Known holes in what is deployed, by PyPI's advisories. Fails on a hole, and on whatever could not be asked about: a
# registry that stands in for PyPI often serves files and no advisories.
# Usage: local/audit.sh
set -u
cd "$(dirname "$0")/.."
bin=$(dirname "$(sh local/side_environment.sh audit local/requirements/audit.txt)") || exit 1
said=$("$bin/pip-audit" --strict --no-deps --disable-pip --progress-spinner off -r requirements.txt 2>&1)
status=$?
echo "$said"
case $said in
*"could not be audited"* | *ConnectionError* | *ServiceError*)
    echo "audit: NOTHING IS KNOWN of the $(grep -c '^[a-z0-9].*==' requirements.txt) packages: https://pypi.org/pypi gave no" \
        "advisories here; remedy: run it where that address answers" >&2
    exit 1
    ;;
esac
[ $status -eq 0 ] && echo "audit: no advisory names a package of requirements.txt"
exit $status
