"""The child's side: hears, records or plays, and tells of it in lines of JSON. See `child.py`."""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from coach.errors import SpeechError
from coach.speech.child import Message, Say, Told


def main() -> None:
    """Play the role that the command line names, until it is done or nobody listens any more."""
    role, *args = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    say = _own_output()
    told = (json.loads(line) for line in sys.stdin)
    try:
        ROLES[role](told, say, *args)
    except SpeechError as error:
        say({"error": str(error)})


def transcribe(told: Told, say: Say, engine: str) -> None:
    """Hear one recording after the other."""
    from coach.speech.audio import read_audio
    from coach.speech.opening import open_transcriber
    from coach.speech.terms import RATE

    opened = cache(open_transcriber)
    for request in told:
        try:
            pcm = read_audio(Path(request["path"]))
            say({"seconds": len(pcm) / RATE})
            heard = opened(engine).transcribe(pcm, tuple(request["hints"]))
            say(heard.model_dump(mode="json"))
        except SpeechError as error:
            say({"error": str(error)})


def record(told: Told, say: Say, path: str) -> None:
    """Record from the microphone into a file."""
    from coach.speech.recording import record

    record(Path(path), told, say)


def hum(told: Told, say: Say, path: str) -> None:
    """Record what the scripted microphone hears into a file."""
    from coach.speech.recording import record
    from coach.speech.scripted import ScriptedMicrophone

    record(Path(path), told, say, ScriptedMicrophone)


def play(told: Told, say: Say, path: str) -> None:
    """Play a file."""
    from coach.speech.playing import play

    play(Path(path))
    say({"played": path})


def microphones(told: Told, say: Say) -> None:
    """Name the microphones."""
    from coach.speech.devices import microphone_names

    say({"names": microphone_names()})


ROLES: dict[str, Callable[..., None]] = {
    "transcribe": transcribe,
    "record": record,
    "hum": hum,
    "play": play,
    "microphones": microphones,
}


def _own_output() -> Say:
    """Write to standard output alone; what libraries print there goes where errors go."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message: Message) -> None:
        output.write(json.dumps(message) + "\n")
        output.flush()

    return say


if __name__ == "__main__":
    main()
