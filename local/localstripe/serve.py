"""localstripe (PyPI, GPL) as a process of its own: ``python serve.py PORT``. No part of the hub, and never packaged.

Its own start listens on every address and writes all it knows into one file in /tmp after every change; here it listens
on 127.0.0.1 and forgets everything when it ends.
"""

from __future__ import annotations

import sys

from aiohttp import web  # type: ignore[import-not-found]
from localstripe import resources  # type: ignore[import-not-found]
from localstripe.server import app  # type: ignore[import-not-found]

resources.Store.dump_to_disk = lambda _: None
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
