"""A process that works with sound, so that what audio libraries write stays off the screen and cancelling is ending it.

Both sides speak in lines of JSON: objects on its standard input and output. `{"error": message}` is a SpeechError.
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from coach.errors import SpeechError

Message = Mapping[str, Any]
Say = Callable[[Message], None]
"""How a child says something."""
Told = Iterator[Message]
"""What a child is told, until its parent has gone."""

PATIENCE = 120.0
"""Seconds without a word after which a child is taken to hang."""
_GRACE = 5.0
"""Seconds that a child is given to end."""


def worker(role: str, *args: str) -> list[str]:
    """The command of coach's own child in one of its roles."""
    return [sys.executable, "-P", "-m", "coach.speech.worker", role, *args]


class Child:
    """A running child; `close` may be called from another thread, and ends whatever waits for it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, encoding="utf-8"
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closed = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tell(self, message: Message) -> None:
        """Say something to it; one that has died is found out by `hear`."""
        with suppress(OSError, ValueError):
            self._to.write(json.dumps(message) + "\n")
            self._to.flush()

    def hear(self, patience: float | None = PATIENCE) -> dict[str, Any]:
        """What it says next.

        Raises SpeechError where that is an error, where it dies, or says nothing for `patience` seconds; then it is
        closed.
        """
        try:
            line = self._said.get(timeout=patience)
        except queue.Empty:
            self.close()
            raise SpeechError(f"nothing came of it for {patience:.0f} s, so it was ended; try again") from None
        if line is None:
            self._said.put(None)
            raise SpeechError(self._why_it_died())
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise SpeechError(message["error"])
        return message

    @property
    def closed(self) -> bool:
        """Whether it was ended from here."""
        return self._closed

    @property
    def ended(self) -> bool:
        """Whether it lives no more."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, at once if it has to be."""
        self._closed = True
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_GRACE)
        for stream in (self._to, self._from, self._errors):
            with suppress(OSError):  # of what was written and never read
                stream.close()

    def _listen(self) -> None:
        with suppress(ValueError):
            for line in self._from:
                self._said.put(line)
        self._said.put(None)

    def _why_it_died(self) -> str:
        if self._closed:
            return "it was cancelled"
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the process that works with sound died ({how}): {last or 'it gave no reason'}; try again"
