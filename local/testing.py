"""`make test`: those against the deployed package and all the others, side by side.

A deployed month waits for its own hours most of the time, and the others have the machine then. They run at a lower
priority: hours that are seconds do not wait for a busy machine, and the others have none to keep.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile

_PYTEST = (sys.executable, "-m", "pytest")
DEPLOYED = (*_PYTEST, "-n", "2", "--dist", "loadfile", "-m", "deployed")
OTHERS = ("nice", *_PYTEST, "-n", "auto", "-m", "not deployed and not e2e")


def main() -> int:
    """Run both, show one after the other; 0 only if both passed."""
    with tempfile.TemporaryFile("w+") as said:
        deployed = subprocess.Popen(DEPLOYED, stdout=said, stderr=said)
        others = subprocess.Popen(OTHERS)
        # Ctrl-C reaches them both, and each puts away what it made: they are waited for all the same.
        signal.signal(signal.SIGINT, lambda *_: None)
        ended = (others.wait(), deployed.wait())
        said.seek(0)
        sys.stdout.write(said.read())
    return next((code for code in ended if code), 0)


if __name__ == "__main__":
    sys.exit(main())
