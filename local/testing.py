"""`make test`: those against the deployed package and all the others, side by side.

A deployed month waits for its own hours most of the time, and the others have the machine then. They run at a lower
priority: hours that are seconds do not wait for a busy machine, and no test but those looks at a clock.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

_PYTEST = (sys.executable, "-m", "pytest")
DEPLOYED = (*_PYTEST, "-n", "2", "--dist", "loadfile", "-m", "deployed")
OTHERS = ("nice", *_PYTEST, "-n", "auto", "-m", "not deployed and not e2e")


def main() -> int:
    """Run both, show one after the other; 0 only if both passed."""
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(DEPLOYED, stdout=said, stderr=said) as deployed:
        # Ctrl-C reaches them both: each puts away what it made, and is waited for.
        others = subprocess.run(OTHERS, check=False).returncode
        failed = deployed.wait()
        said.seek(0)
        sys.stdout.write(said.read())
    return others or failed


if __name__ == "__main__":
    sys.exit(main())
