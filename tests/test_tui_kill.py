"""What is typed survives the death of the terminal: a real process, a real terminal, SIGKILL."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import BANKS
from practice_records import NOON

from coach.journal import Journal
from coach.terms import Draft

PATIENCE = 120
"""Seconds that a busy machine may take."""


@contextmanager
def in_a_terminal(folder: Path) -> Iterator[tuple[int, int]]:
    """coach in a terminal of its own: its process and the terminal's other end."""
    env = os.environ | {"XDG_DATA_HOME": str(folder), "COACH_RUBRICS": str(BANKS), "TERM": "xterm-256color"}
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, [sys.executable, "-m", "coach", "--judge", "scripted"], env)
    try:
        yield process, terminal
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def read_until(terminal: int, words: bytes) -> None:
    """Read what coach draws until the words are there."""
    seen, end = b"", time.monotonic() + PATIENCE
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"{words!r} was not drawn"
        seen += os.read(terminal, 65536)


def draft_that_comes(terminal: int, journal: Path) -> Draft:
    """The first draft that the journal has; coach draws meanwhile, its clock ticks every second."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        select.select([terminal], [], [], 1)
        os.read(terminal, 65536)
        with Journal(NOON, journal) as reader:
            if drafts := reader.drafts():
                return drafts[0]
    raise AssertionError("no draft was kept")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a Unix terminal")
def test_a_draft_survives_sigkill(tmp_path: Path) -> None:
    journal = tmp_path / "coach" / "practice" / "journal.sqlite"
    with in_a_terminal(tmp_path) as (_, terminal):
        read_until(terminal, b"What is one?")
        os.write(terminal, b"\r")
        read_until(terminal, b"0 words")
        os.write(terminal, b"Words")
        draft = draft_that_comes(terminal, journal)
    assert (draft.question, "Words".startswith(draft.text)) == ("demo/one", True)
    with in_a_terminal(tmp_path) as (_, terminal):
        read_until(terminal, b"Begun")
        os.write(terminal, b"\r")
        read_until(terminal, draft.text.encode())
