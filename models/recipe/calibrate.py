"""Fit what turns logits into probabilities, and below which confidence in them the judge abstains.

    python models/recipe/calibrate.py MODEL.gguf --pairs DIR --fold 0 --out calibration.json

On authored answers of the fold that the training left out, read by the 4-bit file itself: a temperature and a bias a
verdict (least negative log-likelihood, contradicted criteria weighted, for they are few and must be told), and on the
fold's short answers to one reference a temperature of their own; then, on whole answers, long ones, those with one
point unlike the others and answers among others, the confidence that covered-or-not is right, by a logistic regression
on the probabilities; then the least confidence at which what is judged agrees with the labels in 95 of 100 cases (of
whole answers, and of all), and that of answers that are read in several windows, which is no lower. How much is judged
and agrees is reported by cross-validation over questions, all of it fitted anew.
`--similarity` also reports whether the criterion's cosine to its nearest passage would make it better.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from heldout import authored_rows, cases, crowded_rows, graded_rows, measured_rows
from rows import Row, fold, labels_of
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from coach.judges.mini import MiniJudge
from coach.judges.mini.head import Calibration, features

AGREEMENT = 0.95
ORDINARY = ("whole", "long", "unlike")
"""The sets whose answers are like people's; by them it is decided how sure mini must be where it reads windows."""
SHRINK = 2.0
"""Strength of the pull of the biases to zero, in nats."""
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.6])
"""What a label of each verdict counts in the fit; with 1.6 contradicted has about as much recall as precision."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--pairs", type=Path, required=True, help="the folder of public sets")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--similarity", action="store_true")
    options = parser.parse_args()
    amid, others = crowded_rows(options.fold)
    sets = {
        "whole": authored_rows(options.fold),
        "long": measured_rows(options.fold, "p"),
        "unlike": measured_rows(options.fold, "o"),
        "crowded": [*amid, *others],
    }
    found = {name: read(options.model, rows) for name, rows in sets.items()}
    short = read(options.model, graded_rows(options.pairs, options.fold))
    calibration = fitted(found)._replace(short=temperature_of(short))
    options.out.write_text(json.dumps(calibration._asdict()) + "\n")
    print(calibration)
    for name, (share, agreement) in validated(found).items():
        print(f"{name:8} on other questions than fitted on judges {share:.1%}, {agreement:.1%} right on covered-or-not")
    probabilities, right = short.surely(calibration, short=True)
    sure = is_sure(probabilities, short.windows, calibration)
    print(f"short answers to one reference: judges {sure.mean():.1%}, {right[sure].mean():.1%} right on covered-or-not")
    if options.similarity:
        print(with_similarity(sets["whole"], found["whole"].logits, found["whole"].labels))


class Found(NamedTuple):
    """What a model says of some rows' criteria: logits (n, 4), labels, groups and in how many windows (n)."""

    logits: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    windows: np.ndarray

    def taken(self, which: np.ndarray) -> "Found":
        """Some of it."""
        return Found(*(each[which] for each in self))

    def surely(self, calibration: Calibration, short: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities (n, 4), and whether covered-or-not is right (n)."""
        whole = self.logits / calibration.temperature + np.array(calibration.bias)
        probabilities = softmax(self.logits / calibration.short if short else whole, axis=1)
        return probabilities, (probabilities[:, 0] >= 0.5) == (self.labels == 0)


def read(model: Path, rows: Sequence[Row]) -> Found:
    """What a model says of rows."""
    with closing(MiniJudge.load(model)) as judge:
        found = judge.findings(list(cases(rows)))
    groups = np.array([row.group for row in rows for _ in row.labels])
    logits, windows = np.array([each.logits for each in found]), np.array([each.windows for each in found])
    return Found(logits, np.array(labels_of(rows)), groups, windows)


def fit(logits: np.ndarray, labels: np.ndarray) -> list[float]:
    """Temperature and four biases that add up to zero."""

    def loss(x: np.ndarray) -> float:
        bias = x[1:] - x[1:].mean()
        told = log_softmax(logits / np.exp(x[0]) + bias, axis=1)
        return -(told[np.arange(len(labels)), labels] * WEIGHTS[labels]).sum() + SHRINK * (bias**2).sum()

    x = minimize(loss, np.zeros(5)).x
    return [round(float(v), 5) for v in (np.exp(x[0]), *(x[1:] - x[1:].mean()))]


def temperature_of(short: Found) -> float:
    """The temperature of least negative log-likelihood without biases."""

    def loss(x: np.ndarray) -> float:
        told = log_softmax(short.logits / np.exp(x[0]), axis=1)
        return -told[np.arange(len(short.labels)), short.labels].sum()

    return round(float(np.exp(minimize(loss, np.zeros(1)).x[0])), 5)


def fitted(sets: Mapping[str, Found]) -> Calibration:
    """All of a calibration but `short`: the probabilities by whole answers, the confidence in them by all sets."""
    temperature, *bias = fit(sets["whole"].logits, sets["whole"].labels)
    calibration = Calibration(temperature, tuple(bias))
    told = [found.surely(calibration) for found in sets.values()]
    probabilities, right = (np.concatenate(each) for each in zip(*told, strict=True))
    x = features(probabilities)
    model = LogisticRegression(fit_intercept=False, max_iter=5000).fit(x, right)
    weights = tuple(round(float(w), 4) for w in model.coef_[0])
    confidence = expit(x @ weights)
    whole = np.concatenate([np.full(len(found.labels), name == "whole") for name, found in sets.items()])
    windowed = np.concatenate([(found.windows > 1) & (name in ORDINARY) for name, found in sets.items()])
    threshold = max(least_confidence(confidence, right), least_confidence(confidence[whole], right[whole]))
    stricter = least_confidence(confidence[windowed], right[windowed]) if windowed.any() else threshold
    return calibration._replace(weights=weights, threshold=threshold, windowed=max(threshold, stricter))


def least_confidence(confidence: np.ndarray, right: np.ndarray) -> float:
    """The least confidence whose judgements agree often enough; above 1 where none does."""
    order = np.argsort(-confidence)
    agreeing = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(agreeing >= AGREEMENT)
    return round(float(confidence[order[enough[-1]]]), 4) if len(enough) else 2.0


def is_sure(probabilities: np.ndarray, windows: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Of which criteria (n) mini does not abstain."""
    asked = np.where(windows > 1, calibration.windowed, calibration.threshold)
    sure: np.ndarray = expit(features(probabilities) @ calibration.weights) >= asked
    return sure


def validated(sets: Mapping[str, Found]) -> dict[str, tuple[float, float]]:
    """Of each set the share that is judged, and how much of it agrees, by calibrations of other questions."""
    agreeing: dict[str, list[bool]] = {name: [] for name in sets}
    groups = np.unique(np.concatenate([found.groups for found in sets.values()]))
    for _, part in KFold(7, shuffle=True, random_state=0).split(groups):
        inside = {name: np.isin(found.groups, groups[part]) for name, found in sets.items()}
        calibration = fitted({name: found.taken(~inside[name]) for name, found in sets.items()})
        for name, found in sets.items():
            here = found.taken(inside[name])
            probabilities, right = here.surely(calibration)
            sure = is_sure(probabilities, here.windows, calibration)
            agreeing[name] += right[sure].tolist()
    return {name: (len(each) / len(sets[name].labels), float(np.mean(each))) for name, each in agreeing.items()}


def with_similarity(rows: Sequence[Row], logits: np.ndarray, labels: np.ndarray) -> str:
    """Cross-entropy with and without the cosine as an input, each on the half it was not fitted on."""
    from sklearn.metrics import log_loss

    from coach.judges.similarity import SimilarityJudge

    cosines = [each.similarity for found in SimilarityJudge.load().judge(list(cases(rows))) for each in found]
    inputs = {"logits": logits, "logits and cosine": np.column_stack([logits, cosines])}
    half = np.array([fold(row.group, 2) == 0 for row in rows for _ in row.labels])
    losses = {}
    for name, x in inputs.items():
        model = LogisticRegression(max_iter=2000).fit(x[half], labels[half])
        losses[name] = log_loss(labels[~half], model.predict_proba(x[~half]), labels=range(4))
    return "cross-entropy on the other half: " + ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items())


if __name__ == "__main__":
    main()
