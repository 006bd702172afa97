"""The recordings of a batch of answers."""

from pathlib import Path
from typing import Self

from coach.speech.doubt import doubtful_share
from coach.speech.listener import Listener
from coach.speech.opening import best_engine
from coach.speech.terms import Transcript


class Recordings:
    """Hears recordings with the best engine there is, each once; the engine is started when the first one comes.

    `shares` has for each text that was heard the share of words heard with doubt: what a `DoubtingJudge` needs.
    """

    def __init__(self, hints: tuple[str, ...], engine: str | None = None) -> None:
        self.shares: dict[str, float] = {}
        self.draft_engine: str | None = None
        self._hints, self._engine = hints, engine
        self._listener: Listener | None = None
        self._texts: dict[Path, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener:
            self._listener.close()

    def transcribe(self, path: Path) -> str:
        """What was said in a recording; SpeechError where it cannot be heard."""
        if path not in self._texts:
            self._listener = self._listener or Listener(self._engine or best_engine(), self._hints)
            self._texts[path] = self._noted(self._listener.transcript(path))
        return self._texts[path]

    def _noted(self, heard: Transcript) -> str:
        self.shares[heard.text] = doubtful_share(heard, heard.text)
        if heard.draft:
            self.draft_engine = heard.engine
        return heard.text
