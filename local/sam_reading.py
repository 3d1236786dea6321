"""What SAM makes of the packaged template, so that cfn-lint sees the resources that CloudFormation will: run by the
embedded AWS's Python, which has SAM's own translator: ``python local/sam_reading.py TEMPLATE REGION > READ``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


class _NoManagedPolicies:
    """The hub's functions have policies of their own; none is named from AWS's list."""

    def load(self) -> dict[str, str]:
        """Nothing."""
        return {}


def main() -> int:
    """The command line."""
    template, region = Path(sys.argv[1]), sys.argv[2]
    # Endpoints and service principals follow from the region, and it from the environment.
    os.environ["AWS_DEFAULT_REGION"] = region
    from samtranslator.translator.transform import transform

    content = json.loads(template.read_text(encoding="utf-8"))
    for resource in content["Resources"].values():
        properties = resource.get("Properties", {})
        if properties.get("CodeUri") == "./deployment.zip":
            # What `aws cloudformation package` does.
            properties["CodeUri"] = "s3://artifacts/deployment.zip"
    json.dump(transform(content, {}, _NoManagedPolicies()), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
