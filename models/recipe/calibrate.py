"""Fit what turns logits into probabilities, and below which of them the judge abstains.

    python models/recipe/calibrate.py MODEL.gguf --fold 0 --out calibration.json

On authored answers of the fold that the training left out, read by the 4-bit file itself: a temperature and a bias a
verdict (least negative log-likelihood, contradicted criteria weighted, for they are few and must be told), then the
least confidence at which what is judged agrees with the labels on covered-or-not in 95 of 100 cases. `--similarity`
also reports whether the criterion's cosine to its nearest passage, as a fifth input, would make it better.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from heldout import authored_rows, cases
from rows import Row, fold, labels_of
from scipy.optimize import minimize
from scipy.special import log_softmax

from coach.judges.mini import MiniJudge

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
    fitted = fit(logits, labels)
    probabilities = np.exp(log_softmax(logits / fitted[0] + fitted[1:], axis=1))
    least, share = abstention(probabilities[:, 0], labels == 0)
    found = {"temperature": fitted[0], "bias": [*fitted[1:]], "abstain": least}
    options.out.write_text(json.dumps(found) + "\n")
    print(f"{len(labels)} criteria; temperature {fitted[0]:.3f}, bias {np.round(fitted[1:], 3)}")
    print(f"judges {share:.1%} with confidence {least:.3f} or more, {AGREEMENT:.0%} of them right on covered-or-not")
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


def abstention(covered: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The least confidence whose judgements agree often enough, and the share that is judged with it."""
    confidence, right = np.maximum(covered, 1 - covered), (covered >= 0.5) == truth
    order = np.argsort(-confidence)
    agreeing = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(agreeing >= AGREEMENT)
    if not len(enough):
        return 1.0, 0.0
    return round(float(confidence[order[enough[-1]]]), 4), float((enough[-1] + 1) / len(order))


def with_similarity(rows: Sequence[Row], logits: np.ndarray, labels: np.ndarray) -> str:
    """Cross-entropy with and without the cosine as an input, each on the half it was not fitted on."""
    from sklearn.linear_model import LogisticRegression
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
