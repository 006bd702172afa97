"""A judge without a model, for tests, for `coach --demo` and for measuring what everything else costs."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from coach.terms import Case, Criterion, Judgement, Probabilities, Verdict

Script = Callable[[Case, Criterion], Judgement]

COVERED, PARTIAL = 0.5, 0.2
"""The shares of a criterion's longer words from which on it is covered, or made in part."""

_WORD = re.compile(r"\w{4,}")


class ScriptedJudge:
    """Judges by a function of case and criterion; without one, by the share of shared words.

    The default marks `covered` from a half of the criterion's longer words on and `partial` from a
    fifth on, so that a demonstration looks alive. It is no measure of an answer.
    """

    name = "scripted"
    model: str | None = None
    prompt: str | None = None
    reads_together = False

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or by_shared_words

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Ask the script about every criterion of every case."""
        return [tuple(self._script(case, criterion) for criterion in case.criteria) for case in cases]


def by_shared_words(case: Case, criterion: Criterion) -> Judgement:
    """A verdict by the share of the criterion's longer words that the answer has, in any word of its own."""
    wanted, said = words(criterion.text), lowered(case.answer)
    shared = [word for word in wanted if word in said]
    share = len(shared) / max(1, len(wanted))
    return _judgement(round(share, 4), _first_with(shared[0], case) if share >= PARTIAL else ())


def always(verdict: Verdict) -> Script:
    """A script that gives one verdict, quoting the first passage."""
    return lambda case, _: Judgement(
        probabilities=Probabilities.certain(verdict), evidence=(0,) if case.passages else ()
    )


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The longer words of a text in lower case, the longest first."""
    return tuple(sorted(set(_WORD.findall(text.lower())), key=lambda word: (-len(word), word)))


@lru_cache(maxsize=64)
def lowered(answer: str) -> str:
    """The answer in lower case: asked for again with every criterion."""
    return answer.lower()


@lru_cache(maxsize=4096)
def _judgement(share: float, evidence: tuple[int, ...]) -> Judgement:
    verdict = Verdict.COVERED if share >= COVERED else Verdict.PARTIAL if share >= PARTIAL else Verdict.MISSED
    return Judgement(probabilities=_SURE[verdict], similarity=share, evidence=evidence)


def _first_with(word: str, case: Case) -> tuple[int, ...]:
    """The first passage that has a word."""
    return next(((i,) for i, passage in enumerate(case.passages) if word in passage.text.lower()), ())


_SURE = {
    verdict: Probabilities(*(0.85 if verdict is each else 0.05 for each in list(Verdict)[:4])) for verdict in Verdict
}
