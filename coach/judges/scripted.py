"""A judge without a model, for tests, for `coach --demo` and for measuring what everything else costs."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice

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

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or by_shared_words

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Ask the script about every criterion of every case."""
        return [tuple(self._script(case, criterion) for criterion in case.criteria) for case in cases]


def by_shared_words(case: Case, criterion: Criterion) -> Judgement:
    """A verdict by the share of the criterion's longer words that the answer has."""
    wanted = words(criterion.text)
    shared = wanted & words(case.answer)
    share = len(shared) / max(1, len(wanted))
    return _judgement(round(share, 4), _of_longest(shared, case) if share >= PARTIAL else ())


def always(verdict: Verdict) -> Script:
    """A script that gives one verdict, quoting the first passage."""
    return lambda case, _: Judgement(
        probabilities=Probabilities.certain(verdict), evidence=(0,) if case.passages else ()
    )


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """The longer words of a text, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def _judgement(share: float, evidence: tuple[int, ...]) -> Judgement:
    verdict = Verdict.COVERED if share >= COVERED else Verdict.PARTIAL if share >= PARTIAL else Verdict.MISSED
    return Judgement(probabilities=_SURE[verdict], similarity=share, evidence=evidence)


def _of_longest(shared: frozenset[str], case: Case) -> tuple[int, ...]:
    """The first passage that has the longest shared word; the plain search goes first because it is quick."""
    word = max(sorted(shared), key=len)
    having = (i for i, p in enumerate(case.passages) if word in p.text.lower() and word in words(p.text))
    return tuple(islice(having, 1))


_SURE = {
    verdict: Probabilities(*(0.85 if verdict is each else 0.05 for each in list(Verdict)[:4])) for verdict in Verdict
}
