"""The score of an answer: the weighted mean credit of what was judged."""

from collections.abc import Iterable

from coach.terms import Verdict


def score(weighted: Iterable[tuple[float, Verdict]]) -> float | None:
    """Score (weight, verdict) pairs from 0 to 100, rounded to two decimals.

    Unjudged criteria are left out; None when nothing was judged.
    """
    judged = [(weight, verdict.credit) for weight, verdict in weighted if verdict is not Verdict.UNJUDGED]
    if not judged:
        return None
    total = sum(weight for weight, _ in judged)
    return round(100 * sum(weight * credit for weight, credit in judged) / total, 2)
