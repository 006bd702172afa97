"""What screens know and say of a spoken answer: what was heard in it, which words with doubt, how it was said.

coach.speech is imported where it is used: numpy comes with it, and no screen before Listen needs it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.terms import Draft, Passage
from coach.tui.drawing import bar

if TYPE_CHECKING:
    from coach.speech import Delivery, Transcript

SOFTEST = -60.0
"""The level in dBFS at which the meter begins."""
LEVELS = {-45.0: "too soft", -6.0: "good", 0.0: "too loud"}
"""What a level up to so many dBFS is called."""
LISTED = 8
"""Words in doubt that are named; the rest is counted."""


class Spoken(NamedTuple):
    """The path of what was recorded of an answer, and what was heard in it; neither for a typed one."""

    audio: str | None = None
    transcript: "Transcript | None" = None

    @classmethod
    def of(cls, draft: Draft | None) -> "Spoken":
        """What a draft has of it."""
        if draft is None:
            return cls()
        if draft.transcript is None:
            return cls(draft.audio)
        from coach.speech import Transcript

        return cls(draft.audio, Transcript.model_validate(draft.transcript))

    def for_draft(self) -> dict[str, Any]:
        """The fields of a draft."""
        return {"audio": self.audio, "transcript": self.transcript and self.transcript.model_dump(mode="json")}

    def for_attempt(self, text: str) -> dict[str, Any]:
        """The fields of an attempt with a corrected text."""
        if self.transcript is None:
            return {"audio": self.audio}
        from coach.speech import delivery, doubtful_share

        return {
            "audio": self.audio,
            "spoken": True,
            "delivery": delivery(self.transcript, text).model_dump(mode="json"),
            "doubt": doubtful_share(self.transcript, text),
        }

    def doubtful(self, text: str) -> tuple[Passage, ...]:
        """The words of a text that were heard with doubt, as quickly as one types."""
        if self.transcript is None:
            return ()
        from coach.speech import doubtful_words

        return doubtful_words(self.transcript, text, quick=True)


def draft_line(transcript: "Transcript", doubtful: tuple[Passage, ...]) -> str:
    """That the text is a draft, and which of its words are in doubt."""
    heard_by = transcript.engine.partition(":")[0]
    if not doubtful:
        return f"A draft, heard by {heard_by}: read it and correct it before it is graded."
    words = " · ".join(word.text for word in doubtful[:LISTED])
    more = f" and {len(doubtful) - LISTED} more" if len(doubtful) > LISTED else ""
    return f"A draft, heard by {heard_by}: correct it before it is graded. In doubt: {words}{more}"


def meter(dbfs: float, width: int) -> str:
    """A level as a bar of so many cells, in dBFS and in a word."""
    share = min(1.0, max(0.0, 1 - dbfs / SOFTEST))
    word = next(word for most, word in LEVELS.items() if min(dbfs, 0.0) <= most)
    return f"{bar(share, width)} {dbfs:4.0f} dB, {word}"


def delivery_line(fields: Mapping[str, Any] | None) -> str:
    """How an answer was said, from an attempt's fields; empty for a typed one."""
    if fields is None:
        return ""
    from coach.speech import Delivery

    return "Delivery, not in the score: " + " · ".join(_told(Delivery.model_validate(fields)))


def _told(said: "Delivery") -> Iterator[str]:
    if said.words_per_minute is not None:
        yield f"{said.words_per_minute:.0f} words a minute"
    lengths = [pause.end - pause.start for pause in said.pauses]
    longest = f", the longest {max(lengths):.1f} s" if lengths else ""
    yield f"{len(lengths) or 'no'} {'pause' if len(lengths) == 1 else 'pauses'} over 2 s{longest}"
    fillers = [f"{word} {count}" for word, count in said.fillers.items()]
    yield f"fillers: {', '.join(fillers)}" if fillers else "no fillers"
    if said.start_delay is not None:
        yield f"began after {said.start_delay:.1f} s"
