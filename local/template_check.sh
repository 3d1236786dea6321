#!/bin/sh
# SAM's own word on the packaged template in both regions of China (the tests ask cfn-lint of it, and of what SAM makes of it),
# and each state machine as it is deployed, by two validators. asl-validator needs npm; where that is missing it is said.
# Usage: local/template_check.sh
set -eu
cd "$(dirname "$0")/.."
ASL_VALIDATOR=asl-validator@4.0.0
failed=0

bin=$(dirname "$(sh local/side_environment.sh audit local/requirements/audit.txt)")
stage=$(.venv/bin/python -m local.package production)
for region in cn-north-1 cn-northwest-1; do
    SAM_CLI_TELEMETRY=0 "$bin/sam" validate --lint --template "$stage/sam.json" --region "$region" || failed=1
done

machines=build/machines
rm -rf "$machines"
mkdir -p "$machines"
.venv/bin/python - "$machines" <<'PYTHON'
import json, pathlib, re, sys
from local.package import machine_definitions
for name, definition in machine_definitions().items():
    text = json.dumps(definition, indent=1).replace("${Partition}", "aws-cn")
    text = re.sub(r"\$\{(\w+)\}", r"arn:aws-cn:lambda:cn-north-1:123456789012:function:\1", text)
    # asl-validator takes a state that is called Next or Default for the word of that name.
    text = re.sub(r'"(Next|Default)": \{', r'"\1State": {', text)
    text = re.sub(r'"(StartAt|Next|Default)": "(Next|Default)"', r'"\1": "\2State"', text)
    pathlib.Path(sys.argv[1], f"{name}.json").write_text(text)
PYTHON
# statelint is older than these: 2 is a number that JSON does not tell from 2.0, and InputType came with Distributed Map.
for machine in "$machines"/*.json; do
    found=$("$bin/statelint" "$machine" | grep -vE 'errors?:$|should be a Float$|"InputType" not allowed' || true)
    [ -z "$found" ] || { echo "statelint: $machine:"; echo "$found"; failed=1; }
done
echo "statelint: $(ls "$machines" | wc -l) machines"

if command -v npm >/dev/null; then
    [ -x .local/asl/node_modules/.bin/asl-validator ] ||
        npm install --prefix .local/asl --no-audit --no-fund --silent "$ASL_VALIDATOR"
    for machine in "$machines"/*.json; do
        .local/asl/node_modules/.bin/asl-validator --json-path "$machine" >"$machine.said" 2>&1 ||
            { cat "$machine.said"; failed=1; }
        rm -f "$machine.said"
    done
    echo "asl-validator: $(ls "$machines" | wc -l) machines"
else
    echo "asl-validator: left out, npm is missing; remedy: apt-get install npm"
fi
exit $failed
