"""A time stamping authority of one's own: ``openssl ts`` behind HTTP. It shares no code with the client."""

from __future__ import annotations

import subprocess
from pathlib import Path

from integrations.simulated import HttpSimulator, Reply, Request

_CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ root ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[ stamping ]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class TimestampSimulator(HttpSimulator):
    """Use it as a context. ``silent``: requests end without an answer; ``forging``: answers are over other bytes."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(port)
        self._folder = folder
        self.silent = self.forging = False
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tsa.cnf").write_text(_CONFIG)
        (folder / "serial").write_text("01\n")
        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", "/dev/null")
        self._openssl(
            *("req", "-x509", *new_key, "-keyout", "root.key", "-out", "root.pem", "-days", "3650"),
            *("-subj", "/O=Simulated/CN=Simulated root", "-config", "tsa.cnf", "-extensions", "root"),
        )
        self._openssl(
            *("req", *new_key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Simulated/CN=Simulated TSA"),
        )
        self._openssl(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "2"),
            *("-out", "tsa.pem", "-days", "3650", "-extfile", "tsa.cnf", "-extensions", "stamping"),
        )
        self.root = (folder / "root.pem").read_bytes()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/tsa"

    def serve(self, request: Request) -> Reply | None:
        """A query in DER -> an answer in DER."""
        if self.silent:
            return None
        query = request.body
        if self.forging:
            (self._folder / "other").write_bytes(b"other content")
            self._openssl("ts", "-query", "-data", "other", "-sha256", "-cert", "-out", "query.tsq")
        else:
            (self._folder / "query.tsq").write_bytes(query)
        self._openssl(
            *("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-signer", "tsa.pem"),
            *("-inkey", "tsa.key", "-out", "reply.tsr"),
        )
        return Reply(200, (self._folder / "reply.tsr").read_bytes(), "application/timestamp-reply")

    def _openssl(self, *arguments: str) -> None:
        command = ["openssl", *arguments]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=30)  # noqa: S603
