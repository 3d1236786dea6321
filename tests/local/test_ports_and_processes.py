"""Ports that are nobody else's until our server listens, and counterparties that are up or said to be not."""

from __future__ import annotations

import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local import processes, stage
from local.counterparties import all_up

HOST = "127.0.0.1"


def test_given_ports_of_ours_when_others_ask_for_any_then_they_get_others_and_only_our_server_listens() -> None:
    ours = {processes.free_port() for _ in range(300)}
    assert len(ours) == 300
    for port in ours:
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((HOST, port))

    port = ours.pop()
    with ThreadingHTTPServer((HOST, port), BaseHTTPRequestHandler):
        socket.create_connection((HOST, port), timeout=5).close()


def test_given_nobody_listens_yet_when_connected_then_it_is_refused() -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, processes.free_port()), timeout=5)


@pytest.mark.parametrize("begins", ["raise OSError('Address already in use')", "import time; time.sleep(60)"])
def test_given_counterparties_when_waited_for_then_all_are_up_or_the_end_of_their_log_is_said(
    begins: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "RUN", tmp_path)
    up, log = all_up(tmp_path / "scene.json"), tmp_path / "log"
    process = processes.start("a-test", [sys.executable, "-c", begins], os.environ, log, lasting=False)
    if "sleep" in begins:
        up.touch()
        stage._wait_for(process, up, log)
    else:
        with pytest.raises(RuntimeError, match="Address already in use"):
            stage._wait_for(process, up, log)
    process.end()
