"""Fit what turns logits into probabilities, and below which confidence in them the judge abstains.

    python models/recipe/calibrate.py MODEL.gguf --fold 0 --out calibration.json

On authored answers of the fold that the training left out, read by the 4-bit file itself: a temperature and a bias a
verdict (least negative log-likelihood, contradicted criteria weighted, for they are few and must be told); then the
confidence that covered-or-not is right, by a logistic regression on the probabilities; then the least confidence at
which what is judged agrees with the labels in 95 of 100 cases. How much is judged and agrees is reported by
cross-validation over questions, all of it fitted anew. `--similarity` also reports whether the criterion's cosine to
its nearest passage would make it better.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from heldout import authored_rows, cases
from rows import Row, fold, labels_of
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from coach.judges.mini import MiniJudge
from coach.judges.mini.head import Calibration, features

AGREEMENT = 0.95
SHRINK = 2.0
"""Strength of the pull of the biases to zero, in nats."""
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.6])
"""What a label of each verdict counts in the fit; with 1.6 contradicted has about as much recall as precision."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--similarity", action="store_true")
    options = parser.parse_args()
    rows = authored_rows(options.fold)
    logits, labels = read(options.model, rows), np.array(labels_of(rows))
    calibration = fitted(logits, labels)
    options.out.write_text(json.dumps(calibration._asdict()) + "\n")
    print(f"{len(labels)} criteria; {calibration}")
    groups = np.array([row.group for row in rows for _ in row.labels])
    share, agreement = validated(logits, labels, groups)
    print(f"on other questions than fitted on it judges {share:.1%}, {agreement:.1%} of them right on covered-or-not")
    if options.similarity:
        print(with_similarity(rows, logits, labels))


def read(model: Path, rows: Sequence[Row]) -> np.ndarray:
    """Logits (criteria of all rows, 4)."""
    judge = MiniJudge.load(model)
    try:
        return judge.logits(list(cases(rows)))
    finally:
        judge.close()


def fit(logits: np.ndarray, labels: np.ndarray) -> list[float]:
    """Temperature and four biases that add up to zero."""

    def loss(x: np.ndarray) -> float:
        bias = x[1:] - x[1:].mean()
        told = log_softmax(logits / np.exp(x[0]) + bias, axis=1)
        return -(told[np.arange(len(labels)), labels] * WEIGHTS[labels]).sum() + SHRINK * (bias**2).sum()

    x = minimize(loss, np.zeros(5)).x
    return [round(float(v), 5) for v in (np.exp(x[0]), *(x[1:] - x[1:].mean()))]


def fitted(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """All of a calibration."""
    temperature, *bias = fit(logits, labels)
    probabilities = softmax(logits / temperature + bias, axis=1)
    right = (probabilities[:, 0] >= 0.5) == (labels == 0)
    x = features(probabilities)
    model = LogisticRegression(fit_intercept=False, max_iter=5000).fit(x, right)
    weights = tuple(round(float(w), 4) for w in model.coef_[0])
    return Calibration(temperature, tuple(bias), weights, least_confidence(expit(x @ weights), right))


def least_confidence(confidence: np.ndarray, right: np.ndarray) -> float:
    """The least confidence whose judgements agree often enough; above 1 where none does."""
    order = np.argsort(-confidence)
    agreeing = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(agreeing >= AGREEMENT)
    return round(float(confidence[order[enough[-1]]]), 4) if len(enough) else 2.0


def validated(logits: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """The share that is judged, and how much of it agrees, by calibrations of other questions."""
    agrees: list[bool] = []
    for rest, part in GroupKFold(7).split(logits, groups=groups):
        calibration = fitted(logits[rest], labels[rest])
        for logit, label in zip(logits[part], labels[part], strict=True):
            probabilities = calibration.probabilities(logit)
            if not calibration.abstains(probabilities):
                agrees.append((probabilities.covered >= 0.5) == (label == 0))
    return len(agrees) / len(labels), float(np.mean(agrees))


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
