"""One Lambda environment: the packaged handler, one event at a time. Its front hands it events over a socket pair.

``python -m local.load.environment FD``. What the function logs goes where its front's output goes.
"""

from __future__ import annotations

import json
import socket
import sys

EVENT_BYTES_MAX = 256 * 1_024


def main(descriptor: int) -> None:
    """Answer until the front hangs up."""
    from chalicelib.bidding.bid import handler  # as Lambda imports it: before the first event

    with socket.socket(fileno=descriptor) as channel:
        channel.send(b"{}")  # ready
        while event := channel.recv(EVENT_BYTES_MAX):
            channel.send(json.dumps(handler(json.loads(event), None)).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
