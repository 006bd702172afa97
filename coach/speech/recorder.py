"""Recording and playing, as the one at the keyboard sees it; the work is done in a child process."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from coach.errors import SpeechError
from coach.speech.child import Child, Message, worker

INAUDIBLE = -60.0
"""The level in dBFS below which a whole recording is silence."""


class SpeakNow(NamedTuple):
    """The first samples have come: what is said from now on is recorded."""


class Level(NamedTuple):
    """How long the recording is by now, and how loud the last twentieth of a second was, in dBFS."""

    seconds: float
    dbfs: float


class Recorded(NamedTuple):
    """A recording that has ended, and the level of its loudest moment in dBFS."""

    path: Path
    seconds: float
    loudest: float

    @property
    def complaint(self) -> str | None:
        """What to tell the person where nothing can be heard in it."""
        if self.loudest > INAUDIBLE:
            return None
        return "nothing was heard: is the microphone muted, and may coach use it (the system's privacy settings)?"


Event = SpeakNow | Level | Recorded


class Recorder:
    """A recording under way: a new WAV file that grows, and can be read whatever happens.

    A scripted one needs no microphone and hears a hum.
    """

    def __init__(self, path: Path, scripted: bool = False) -> None:
        self.path = path
        self._child = Child(worker("hum" if scripted else "record", str(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def events(self) -> Iterator[Event]:
        """What happens, until it is recorded; SpeechError where it cannot go on, and what was said is kept."""
        while True:
            event = _event(self.path, self._child.hear())
            yield event
            if isinstance(event, Recorded):
                return

    def pause(self) -> None:
        """Leave out what comes now."""
        self._child.tell({"want": "pause"})

    def resume(self) -> None:
        """Take in again what comes."""
        self._child.tell({"want": "resume"})

    def stop(self) -> None:
        """End the recording; `events` tells when it has ended."""
        self._child.tell({"want": "stop"})

    def discard(self) -> None:
        """End the recording and forget what was said."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """End it, wherever it stands; what was said is kept."""
        self._child.close()


class Player:
    """A recording that is being played."""

    def __init__(self, path: Path) -> None:
        self._child = Child(worker("play", str(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self) -> None:
        """Return when it has been played, or closed; SpeechError where it cannot be."""
        try:
            self._child.hear(patience=None)
        except SpeechError:
            if not self._child.closed:
                raise

    def close(self) -> None:
        """Fall silent."""
        self._child.close()


def microphones() -> list[str]:
    """The names of this machine's microphones; SpeechError says what to do where there is none."""
    with Child(worker("microphones")) as child:
        names: list[str] = child.hear()["names"]
        return names


def _event(path: Path, message: Message) -> Event:
    match message:
        case {"event": "speak"}:
            return SpeakNow()
        case {"event": "level", "seconds": seconds, "dbfs": dbfs}:
            return Level(seconds, dbfs)
        case {"event": "recorded", "seconds": seconds, "loudest": loudest}:
            return Recorded(path, seconds, loudest)
    raise SpeechError(f"the process that records said {message}, which nobody understands")
