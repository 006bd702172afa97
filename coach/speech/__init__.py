"""The ears of coach: recordings, what is heard in them, how it was said; no screen.

Audio libraries and recognisers run in child processes only: see `child.py`.
"""

from coach.speech.audio import LONGEST
from coach.speech.delivery import delivery
from coach.speech.doubt import DOUBTFUL, DoubtingJudge, doubted, doubtful_share, doubtful_words
from coach.speech.listener import Listener
from coach.speech.opening import ENGINES, best_engine, open_transcriber, why_not
from coach.speech.recorder import Level, Player, Recorded, Recorder, SpeakNow, microphones
from coach.speech.recordings import Recordings
from coach.speech.terms import Delivery, Pause, Transcriber, Transcript, Word
from coach.speech.vocabulary import hints_of

__all__ = [
    "DOUBTFUL",
    "ENGINES",
    "LONGEST",
    "Delivery",
    "DoubtingJudge",
    "Level",
    "Listener",
    "Pause",
    "Player",
    "Recorded",
    "Recorder",
    "Recordings",
    "SpeakNow",
    "Transcriber",
    "Transcript",
    "Word",
    "best_engine",
    "delivery",
    "doubted",
    "doubtful_share",
    "doubtful_words",
    "hints_of",
    "microphones",
    "open_transcriber",
    "why_not",
]
