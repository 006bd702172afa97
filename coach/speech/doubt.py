"""What was heard badly is not missed: a recogniser's doubt reaches the grade.

A word is doubtful below `DOUBTFUL`. Where more than `MOST` of an answer's words are, its judge may not have seen what
was said: criteria that it finds missed or half made are left unjudged, with the reason "check the transcript".
"""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from coach.speech.terms import Transcript
from coach.terms import Case, Judge, JudgeAround, Judgement, Passage, Verdict

DOUBTFUL = 0.5
"""The probability below which a word is doubtful."""
MOST = 0.2
"""The share of doubtful words up to which a verdict stands."""
_UNHEARD = (Verdict.MISSED, Verdict.PARTIAL)
_WORD = re.compile(r"\S+")


def doubtful_words(transcript: Transcript, text: str, quick: bool = False) -> tuple[Passage, ...]:
    """The text's words that were heard with doubt and that nobody has corrected.

    `quick` keeps up with the keyboard, and overlooks frequent words in a text of 200 words and more.
    """
    words = [Passage(*found.span(), found.group()) for found in _WORD.finditer(text)]
    heard = [word.text for word in transcript.words]
    blocks = SequenceMatcher(None, heard, [word.text for word in words], autojunk=quick).get_matching_blocks()
    kept = ((block.a + i, block.b + i) for block in blocks for i in range(block.size))
    return tuple(words[there] for here, there in kept if transcript.words[here].prob < DOUBTFUL)


def doubtful_share(transcript: Transcript, text: str) -> float:
    """The share of the text's words that were heard with doubt and that nobody has corrected, 0 to 1."""
    return len(doubtful_words(transcript, text)) / max(1, len(text.split()))


def doubted(judgement: Judgement, share: float) -> Judgement:
    """The judgement of an answer of which this share was heard with doubt."""
    if share <= MOST or judgement.verdict not in _UNHEARD:
        return judgement
    reason = f"check the transcript: {share:.0%} of the words were heard with doubt"
    return judgement.model_copy(update={"failure": reason})


class DoubtingJudge(JudgeAround):
    """A judge that knows how well each answer was heard."""

    def __init__(self, judge: Judge, shares: Mapping[str, float]) -> None:
        """`shares` has for the text of each answer that was heard the share of words heard with doubt."""
        super().__init__(judge)
        self._shares = shares

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """The judge's judgements, each with the doubt about what it was judged by."""
        judged = self.inner.judge(cases)
        return [
            tuple(doubted(judgement, self._shares.get(case.answer, 0.0)) for judgement in of_case)
            for case, of_case in zip(cases, judged, strict=True)
        ]
