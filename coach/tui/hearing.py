"""Sound and recognisers without holding up the screen: what waits for their child processes waits in a thread.

Where the task that waits is canceled, the child is ended.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from coach.plain import plain
from coach.speech import Listener, Player, Recorder, Transcript, best_engine
from coach.speech.recorder import Event


async def sounds(recorder: Recorder) -> AsyncIterator[Event]:
    """What happens to a recording, until it has ended; SpeechError where it cannot go on."""
    events = recorder.events()
    while (event := await asyncio.to_thread(next, events, None)) is not None:
        yield event


async def played(path: Path) -> None:
    """Play a file; SpeechError where it cannot be."""
    with Player(path) as player:
        await asyncio.to_thread(player.wait)


async def transcribed(path: Path, engine: str | None, hints: tuple[str, ...]) -> Transcript:
    """What an engine, or the best there is, hears in a file, in words that do not drive the terminal; SpeechError."""
    if engine is None:
        engine = await asyncio.to_thread(best_engine)
    with Listener(engine, hints) as listener:
        heard = await asyncio.to_thread(listener.transcript, path)
    words = tuple(word.model_copy(update={"text": plain(word.text)}) for word in heard.words)
    return heard.model_copy(update={"text": plain(heard.text), "words": words})
