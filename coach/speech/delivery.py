"""How an answer was said, from its transcript and the text that the person made of it."""

import re
from collections import Counter
from itertools import pairwise

from coach.speech.terms import Delivery, Pause, Transcript

LONG_PAUSE = 2.0
"""Seconds beyond which a silence between two words is shown."""
FILLERS = (
    "actually", "and so on", "and stuff", "basically", "honestly", "i guess", "i mean", "kind of", "literally",
    "or something", "or whatever", "sort of", "to be honest", "you know", "you see",
)  # fmt: skip
"""Fillers that are words. Sounds like "um" are left out: recognisers drop them, or hear them where none was."""

_FILLER = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(FILLERS, key=len, reverse=True))})(?!\w)")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def delivery(transcript: Transcript, text: str) -> Delivery:
    """Pace, pauses, fillers and how long it took to begin; times from the transcript, words from the corrected text."""
    words = transcript.words
    spoken = words[-1].end - words[0].start if words else 0.0
    gaps = [Pause(start=one.end, end=max(one.end, other.start)) for one, other in pairwise(words)]
    return Delivery(
        words_per_minute=round(60 * len(_WORD.findall(text)) / spoken, 1) if spoken > 0 else None,
        pauses=tuple(gap for gap in gaps if gap.end - gap.start > LONG_PAUSE),
        fillers=Counter(_FILLER.findall(" ".join(text.lower().split()))),
        start_delay=words[0].start if words else None,
    )
