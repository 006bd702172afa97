"""Judges together: a panel that is averaged, and a cheap judge that asks a strong one where it is unsure."""

from collections import Counter
from collections.abc import Sequence

from coach.terms import Case, Criterion, Judge, Judgement, Probabilities

UNSURE = 0.75
"""A verdict less likely than this is asked again of the second judge."""


class PanelJudge:
    """Several judges whose probabilities are averaged; a member that fails on a criterion is left out of it."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        self.judges = tuple(judges)
        self.name = "+".join(judge.name for judge in judges)
        self.model = _joined([judge.model for judge in judges])
        self.prompt = _joined([judge.prompt for judge in judges])
        self.reads_together = any(judge.reads_together for judge in judges)

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Ask every member about every case."""
        found = [judge.judge(cases) for judge in self.judges]
        return [tuple(map(self._together, *of_case)) for of_case in zip(*found, strict=True)]

    def _together(self, *votes: Judgement) -> Judgement:
        heard = [
            (judge.name, vote, vote.probabilities)
            for judge, vote in zip(self.judges, votes, strict=True)
            if vote.failure is None and vote.probabilities is not None
        ]
        if not heard:
            return Judgement(probabilities=None, failure="; ".join(v.failure or "no verdict" for v in votes))
        columns = zip(*(p for _, _, p in heard), strict=True)
        mean = Probabilities(*(round(sum(each) / len(heard), 6) for each in columns))
        agreeing = next((vote for _, vote, _ in heard if vote.verdict is mean.likeliest), heard[0][1])
        split = len({vote.verdict for _, vote, _ in heard}) > 1
        reason = "the panel disagrees: " + ", ".join(f"{n} says {v.verdict}" for n, v, _ in heard) if split else None
        served = "+".join(dict.fromkeys(vote.served for _, vote, _ in heard if vote.served)) or None
        together = {"probabilities": mean, "reason": reason or agreeing.reason, "served": served}
        return agreeing.model_copy(update=together)


class EscalatingJudge:
    """A first judge, and a second for the criteria on which the first abstains, fails or is unsure."""

    def __init__(self, first: Judge, second: Judge, below: float = UNSURE) -> None:
        self.first, self.second, self._below = first, second, below
        self.name = f"{first.name}, then {second.name}"
        self.model = _joined([first.model, second.model])
        self.prompt = _joined([first.prompt, second.prompt])
        self.reads_together = first.reads_together or second.reads_together
        self.asked: Counter[str] = Counter()
        """How many criteria each judge was asked about, by name."""

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Judge all, then judge the unsure ones again."""
        found = [list(judgements) for judgements in self.first.judge(cases)]
        unsure = [[k for k, judgement in enumerate(each) if self._is_unsure(judgement)] for each in found]
        again = [i for i, places in enumerate(unsure) if places]
        second = self.second.judge([_only(cases[i], unsure[i]) for i in again]) if again else []
        for i, judgements in zip(again, second, strict=True):
            for place, judgement in zip(unsure[i], judgements, strict=True):
                found[i][place] = _better(found[i][place], judgement)
        self.asked[self.first.name] += sum(map(len, found))
        self.asked[self.second.name] += sum(map(len, unsure))
        return [tuple(each) for each in found]

    @property
    def share(self) -> float:
        """The share of criteria that went to the second judge."""
        return self.asked[self.second.name] / max(1, self.asked[self.first.name])

    def _is_unsure(self, judgement: Judgement) -> bool:
        if judgement.failure is not None or judgement.probabilities is None:
            return True
        return max(judgement.probabilities) < self._below


def _only(case: Case, places: Sequence[int]) -> Case:
    criteria: tuple[Criterion, ...] = tuple(case.criteria[k] for k in places)
    return case._replace(criteria=criteria)


def _better(first: Judgement, second: Judgement) -> Judgement:
    """The second judge's word, unless it failed and the first one's stands."""
    return first if second.failure is not None and first.failure is None else second


def _joined(parts: Sequence[str | None]) -> str | None:
    return "+".join(part or "none" for part in parts) if any(parts) else None
