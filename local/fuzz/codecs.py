"""`make fuzz SECONDS=600`: far more changed bytes for every codec than a run of the tests tries, and others each time.

Ends with ``seconds=N rounds=N findings=N``. What is found is shown as the bytes that show it; mend it, and keep them in
``tests/integrations/crashers/CODEC/``.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time

from local.package import ROOT

TESTS = ("tests/integrations/test_any_bytes.py", "tests/bidding/test_bid_bad_input.py")
EXAMPLES = 400


def main() -> int:
    """The command line."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    began = time.monotonic()
    rounds = findings = 0
    while time.monotonic() - began < seconds and not findings:
        seed = secrets.randbelow(1 << 32)
        # The first round puts every odd word into every place; the others change bytes, by another seed each.
        chosen = [] if rounds == 0 else ["-k", "any_"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=short", f"--hypothesis-seed={seed}", *chosen, *TESTS],
            cwd=ROOT,
            env={**os.environ, "FUZZ_EXAMPLES": str(EXAMPLES)},
            capture_output=True,
            text=True,
            check=False,
        )
        rounds += 1
        findings += done.stdout.count("\nFAILED ")
        if done.returncode:
            print(f"seed {seed}\n{done.stdout[-6_000:]}{done.stderr[-1_000:]}")
            findings = max(findings, 1)
    print(f"seconds={time.monotonic() - began:.0f} rounds={rounds} findings={findings}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
