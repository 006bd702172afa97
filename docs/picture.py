"""Draw the README's picture: the review of an answer that makes, half makes and denies points."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.widgets import TextArea

from coach.library import load_library, shipped
from coach.tui import CoachApp

ANSWER = """\
The cache keeps the key and value tensors of the previous tokens. So earlier tokens are not computed again at every \
step.

It has a fixed size, no matter how long the sequence gets. For a large model memory has to be kept in mind, though.
"""


async def draw(target: Path) -> None:
    """Answer the question about the KV cache with mini and save the screen as SVG."""
    with TemporaryDirectory() as folder:
        app = CoachApp(load_library(shipped("rubrics")), "mini", journal=Path(folder) / "journal.sqlite")
        async with app.run_test(size=(100, 30)) as pilot:
            await app.ask("ai-inference/kv-cache")
            await pilot.pause()
            app.screen.query_one(TextArea).text = ANSWER
            await pilot.press("ctrl+s")
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            target.write_text(app.export_screenshot(title="coach"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(draw(Path(__file__).parent / "review.svg"))
