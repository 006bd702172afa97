"""The app in a browser, served by `textual serve`; skipped where no Chromium is installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import BANKS
from practice_records import NOON
from test_report_browser import CHROMIUM, chromium  # noqa: F401  # a fixture

from coach.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXTUAL = shutil.which("textual", path=Path(sys.executable).parent)
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and TEXTUAL), reason="apt-get install chromium, and pip install textual-dev"
)
PATIENCE = 120
"""Seconds that a busy machine may take."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a server has coach."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"XDG_DATA_HOME": str(tmp_path), "COACH_RUBRICS": str(BANKS)}
    coach = f"{sys.executable} -m coach --judge scripted"
    server = subprocess.Popen([str(TEXTUAL), "serve", "--port", str(port), "--command", coach], env=env)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(PATIENCE)


def opened(page: "Page", address: str) -> None:
    """Open the page as soon as the server answers."""
    from playwright.sync_api import Error

    end = time.monotonic() + PATIENCE
    while True:
        try:
            page.goto(address, wait_until="commit")
            return
        except Error:
            if time.monotonic() > end:
                raise


def drafts_when_kept(path: Path) -> list[str]:
    """The drafts as soon as there is one: the page is closed a moment before the app has ended."""
    end = time.monotonic() + PATIENCE
    with Journal(NOON, path) as journal:
        while not (found := [draft.text for draft in journal.drafts()]) and time.monotonic() < end:
            time.sleep(0.05)
    return found


def test_an_answer_typed_in_a_browser_is_kept(browser: "Browser", address: str, tmp_path: Path) -> None:
    page, seen = browser.new_page(), bytearray()
    page.set_default_timeout(PATIENCE * 1000)
    page.route("https://**", lambda route: route.abort())  # the page wants a font from elsewhere
    with page.expect_websocket() as connecting:
        opened(page, address)
    socket = connecting.value
    socket.on("framereceived", lambda frame: seen.extend(frame if isinstance(frame, bytes) else frame.encode()))

    def await_words(words: bytes) -> None:
        while words not in seen:
            socket.wait_for_event("framereceived")

    await_words(b"What is one?")
    page.locator("body.-first-byte").wait_for(state="attached")
    page.mouse.click(200, 100)
    await_words(b"palette")
    page.keyboard.press("Enter")
    await_words(b"0 words")
    page.keyboard.type("One is first.")
    await_words(b"3 words")
    page.keyboard.press("Control+q")
    page.locator("body.-closed").wait_for(state="attached")
    page.close()
    assert drafts_when_kept(tmp_path / "coach" / "practice" / "journal.sqlite") == ["One is first."]
