"""Agreement between verdicts and labels, with bootstrap intervals by question.

Everything measured is a function of sums over questions (a confusion matrix, squared errors, calibration
bins), so that a resample of the questions is one weighted sum; resamples in which a figure has no value are
left out of its interval. Levels are three: covered, partial, not
(missed or contradicted). Unjudged criteria are left out and counted in `judged`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from coach.bench.gold import Gold, Sample, samples
from coach.terms import Grade, Verdict

Array = NDArray[np.float64]
Sums = Mapping[str, Array]

VERDICTS = (Verdict.COVERED, Verdict.PARTIAL, Verdict.MISSED, Verdict.CONTRADICTED)
FOOLING = frozenset({"stuffed", "injection", "offtopic", "parrot"})
"""Styles that try to earn credit without making a point."""
BINS = 10
RESAMPLES = 2000


class Estimate(NamedTuple):
    """A figure with its 95 % interval over questions; `low` and `high` are None for a single question."""

    value: float
    low: float | None
    high: float | None


class Agreement(NamedTuple):
    """All figures of one judge on one set of answers."""

    answers: int
    criteria: int
    questions: int
    figures: dict[str, Estimate]
    styles: dict[str, dict[str, Any]]


def agreement(golds: Sequence[Gold], grades: Sequence[Grade]) -> Agreement:
    """Compare grades with the labels of the same answers."""
    found = list(samples(golds, grades))
    questions = sorted({gold.question.id for gold in golds})
    sums = _sums(questions, found) | _score_sums(questions, golds, grades)
    return Agreement(
        answers=len(golds),
        criteria=len(found),
        questions=len(questions),
        figures={name: _estimate(metric, sums) for name, metric in METRICS.items()},
        styles=_by_style(found),
    )


def _sums(questions: Sequence[str], found: Sequence[Sample]) -> dict[str, Array]:
    """What the metrics need, a row a question."""
    per = [[s for s in found if s.question == q] for q in questions]
    judged = [[s for s in rows if s.verdict is not Verdict.UNJUDGED] for rows in per]
    return {
        "confusion": np.stack([_confusion(rows) for rows in judged]),
        "fooled": np.stack([_fooled(rows) for rows in judged]),
        "count": np.array([[len(rows), len(all_rows)] for rows, all_rows in zip(judged, per, strict=True)], float),
        "bins": np.stack([_bins(rows) for rows in judged]),
        "squared": np.array([_squared_error(rows) for rows in judged]),
    }


def _confusion(rows: Sequence[Sample]) -> Array:
    """Labels down, verdicts across, in the order of VERDICTS."""
    if not rows:
        return np.zeros((4, 4))
    gold, verdict = [s.gold.value for s in rows], [s.verdict.value for s in rows]
    return np.asarray(confusion_matrix(gold, verdict, labels=[v.value for v in VERDICTS]), float)


def _fooled(rows: Sequence[Sample]) -> Array:
    """Criteria not covered in answers that try to fool: how many were called covered, and how many there are."""
    tried = [s for s in rows if s.style in FOOLING and s.gold is not Verdict.COVERED]
    return np.array([sum(s.verdict is Verdict.COVERED for s in tried), len(tried)], float)


def _covered(rows: Sequence[Sample]) -> tuple[Array, Array]:
    """The probability of covered and whether it is, for rows that have probabilities."""
    known = [(s.probabilities.covered, s.gold is Verdict.COVERED) for s in rows if s.probabilities]
    both = np.array(known, float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _bins(rows: Sequence[Sample]) -> Array:
    """Per bin of the probability of covered: how many, their probabilities, how many are covered."""
    probability, truth = _covered(rows)
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    ones = np.ones_like(probability)
    return np.stack([np.bincount(place, w, BINS) for w in (ones, probability, truth)])


def _squared_error(rows: Sequence[Sample]) -> float:
    probability, truth = _covered(rows)
    return float(((probability - truth) ** 2).sum())


def _score_sums(questions: Sequence[str], golds: Sequence[Gold], grades: Sequence[Grade]) -> dict[str, Array]:
    """Absolute errors of the score, and how many answers have one."""
    errors = {q: np.zeros(2) for q in questions}
    for gold, grade in zip(golds, grades, strict=True):
        if grade.score is not None:
            errors[gold.question.id] += (abs(grade.score - gold.score), 1)
    return {"score": np.stack(list(errors.values()))}


def _ratio(above: Array, below: Array) -> Array:
    """The quotient, NaN where there is nothing to divide by."""
    out: Array = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _levels(sums: Sums) -> Array:
    """The confusion matrix of three levels: covered, partial, not."""
    fold = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], float)
    folded: Array = fold.T @ sums["confusion"] @ fold
    return folded


def _accuracy(sums: Sums) -> Array:
    matrix = sums["confusion"]
    return _ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum((-2, -1)))


def _macro_f1(sums: Sums) -> Array:
    """Mean F1 of the levels that occur in labels or verdicts."""
    matrix = _levels(sums)
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    f1 = _ratio(2 * hits, matrix.sum(-1) + matrix.sum(-2))
    return _ratio(np.nansum(f1, -1), (~np.isnan(f1)).sum(-1).astype(float))


def _kappa(power: int) -> Callable[[Sums], Array]:
    """Cohen's kappa with weights |i - j| ** power; power 0 counts every disagreement alike."""
    i, j = np.indices((3, 3))
    weights = np.abs(i - j) ** power if power else (i != j).astype(float)

    def kappa(sums: Sums) -> Array:
        matrix = _levels(sums)
        expected = matrix.sum(-1)[..., :, None] * matrix.sum(-2)[..., None, :]
        observed = (weights * matrix).sum((-2, -1)) * matrix.sum((-2, -1))
        return 1 - _ratio(observed, (weights * expected).sum((-2, -1)))

    return kappa


def _contradicted(axis: int) -> Callable[[Sums], Array]:
    """Recall (axis -1: over labels) or precision (axis -2: over verdicts) of `contradicted`."""

    def share(sums: Sums) -> Array:
        matrix = sums["confusion"]
        return _ratio(matrix[..., 3, 3], matrix.sum(axis)[..., 3])

    return share


def _ece(sums: Sums) -> Array:
    """Expected calibration error of the probability of covered, over equal bins."""
    count, probability, truth = (sums["bins"][..., i, :] for i in range(3))
    return _ratio(np.abs(probability - truth).sum(-1), count.sum(-1))


METRICS: dict[str, Callable[[Sums], Array]] = {
    "accuracy": _accuracy,
    "macro_f1": _macro_f1,
    "kappa": _kappa(0),
    "qwk": _kappa(2),
    "contradicted_recall": _contradicted(-1),
    "contradicted_precision": _contradicted(-2),
    "fooled": lambda s: _ratio(s["fooled"][..., 0], s["fooled"][..., 1]),
    "score_mae": lambda s: _ratio(s["score"][..., 0], s["score"][..., 1]),
    "ece": _ece,
    "brier": lambda s: _ratio(s["squared"], s["bins"][..., 0, :].sum(-1)),
    "judged": lambda s: _ratio(s["count"][..., 0], s["count"][..., 1]),
}
"""Every figure as a function of sums; leading axes are resamples."""


def _estimate(metric: Callable[[Sums], Array], sums: Sums) -> Estimate:
    value = float(metric({name: rows.sum(0) for name, rows in sums.items()}))
    questions = len(sums["count"])
    if questions < 2 or np.isnan(value):
        return Estimate(value, None, None)

    times = np.random.default_rng(0).multinomial(questions, [1 / questions] * questions, RESAMPLES).astype(float)
    resampled = metric({name: np.tensordot(times, rows, 1) for name, rows in sums.items()})
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def _by_style(found: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    """Accuracy, quadratic kappa and false credit of each style."""
    styles: dict[str, dict[str, Any]] = {}
    for style in sorted({s.style for s in found if s.style}):
        rows = [s for s in found if s.style == style and s.verdict is not Verdict.UNJUDGED]
        matrix = _confusion(rows)
        sums = {"confusion": matrix}
        not_covered = matrix[1:].sum()
        styles[style] = {
            "criteria": len(rows),
            "accuracy": float(_accuracy(sums)),
            "qwk": float(_kappa(2)(sums)),
            "false_credit": float(matrix[1:, 0].sum() / not_covered) if not_covered else float("nan"),
        }
    return styles
