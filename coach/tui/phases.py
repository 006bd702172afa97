"""What Listen is at, which keys that leaves, and what is said of it."""

from enum import Enum, auto


class Phase(Enum):
    """What Listen is at."""

    READY = auto()
    RECORDING = auto()
    PAUSED = auto()
    RECORDED = auto()
    TRANSCRIBING = auto()


OPEN = {Phase.RECORDING, Phase.PAUSED}
"""The microphone is open."""
RESTING = {Phase.READY, Phase.RECORDED}
"""Nothing goes on until the person wants something."""
ACTIONS = {
    "record": {Phase.READY},
    "pause": {Phase.RECORDING},
    "resume": {Phase.PAUSED},
    "transcribe": {*OPEN, Phase.RECORDED},
    "play": {Phase.PAUSED, Phase.RECORDED},
    "discard": {*OPEN, Phase.RECORDED},
    "back": {*OPEN, *RESTING},
    "cancel": {Phase.TRANSCRIBING},
}
"""When each action can be taken."""
WORDS = {
    Phase.READY: "Space records: begin when it says so. The sound stays on this machine.",
    Phase.RECORDING: "Recording.",
    Phase.PAUSED: "Paused: what is said now is left out.",
    Phase.RECORDED: "Recorded and kept.",
    Phase.TRANSCRIBING: "Transcribing. The first time takes half a minute longer.",
}
