"""Hearing recordings, as the rest of coach sees it; the work is done in a child process."""

import threading
from pathlib import Path
from typing import Self

from coach.errors import SpeechError
from coach.speech.child import Child, worker
from coach.speech.terms import Transcript

_FIRST = 600.0
"""Seconds that an engine may take to begin: models are loaded, and the first time mixed."""
_SLOWEST = 30
"""Times the length of a recording that hearing it may take on a busy machine."""


class Listener:
    """Hears with one engine, in a child that stays for the next recording; a new one is started where it has died."""

    def __init__(self, engine: str, hints: tuple[str, ...] = ()) -> None:
        self._engine, self._hints = engine, hints
        self._child: Child | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transcript(self, path: Path) -> Transcript:
        """What was said in a recording; SpeechError where it cannot be heard, or `close` was called meanwhile."""
        child = self._started()
        child.tell({"path": str(path.absolute()), "hints": self._hints})
        try:
            seconds = child.hear()["seconds"]
            heard = Transcript.model_validate(child.hear(_FIRST + _SLOWEST * seconds))
        except SpeechError:
            if child.ended:
                with self._lock:
                    self._end()
            raise
        if not heard.words:
            raise SpeechError(f"{path}: nobody is heard to speak in it; listen to it, and record it again")
        return heard

    def close(self) -> None:
        """End the child, and with it what it is doing; none is started afterwards."""
        with self._lock:
            self._closed = True
            self._end()

    def _started(self) -> Child:
        with self._lock:
            if self._closed:
                raise SpeechError("it was cancelled")
            self._child = self._child or Child(worker("transcribe", self._engine))
            return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child:
            child.close()
