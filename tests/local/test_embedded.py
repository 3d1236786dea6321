"""Starting what runs on this machine, on a machine that is not as ours."""

from __future__ import annotations

import os

import pytest

from local import embedded, stage


def test_given_a_proxy_then_this_machine_is_asked_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example,127.0.0.1")
    monkeypatch.delenv("no_proxy", raising=False)
    for _ in range(2):
        embedded._past_any_proxy()
        assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
        assert os.environ["no_proxy"] == "127.0.0.1,localhost"


def test_given_packaging_that_fails_then_its_own_words_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.subprocess, "run", lambda *_, **__: stage.subprocess.CompletedProcess([], 1, "", "why"))
    with pytest.raises(RuntimeError, match="why"):
        stage.make_package()
