"""Fit the similarity judge's thresholds to labelled answers.

    python models/recipe/fit_similarity.py GOLD.jsonl RUBRICS

The two thresholds maximise the quadratic weighted kappa on a grid; the width then minimises the log loss of
covered-or-not, up to a third of the gap between them, so that partial can win in the middle; the share of contradicted is its frequency among what is not covered.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from coach.batch import read_records
from coach.bench.gold import read_gold
from coach.grading import case_of
from coach.judges.similarity import SimilarityJudge, Thresholds
from coach.library import load_library
from coach.terms import Verdict
from sklearn.metrics import cohen_kappa_score, log_loss


def main(gold: str, rubrics: str) -> None:
    """Print the fitted thresholds and what they reach."""
    golds = read_gold(read_records([Path(gold)], load_library(Path(rubrics))))
    judgements = SimilarityJudge.load().judge([case_of(g.question, g.record.answer.text) for g in golds])
    cosines = np.array([j.similarity for each in judgements for j in each])
    labels = [g.labels[c.id] for g in golds for c in g.question.criteria]
    credit = np.array([2 * label.credit for label in labels])

    def kappa(partial: float, covered: float) -> float:
        return float(cohen_kappa_score(credit, (cosines > partial) + 1 * (cosines > covered), weights="quadratic"))

    grid = np.arange(0.05, 0.95, 0.02)
    partial, covered = max(((p, c) for p, c in product(grid, grid) if p < c), key=lambda pair: kappa(*pair))

    def loss(width: float) -> float:
        thresholds = Thresholds(partial, covered, width, 0.0)
        return float(log_loss(credit == 2, [thresholds.probabilities(s).covered for s in cosines]))

    width = min(np.arange(0.02, (covered - partial) / 3, 0.01), key=loss)
    wrong = labels.count(Verdict.CONTRADICTED)
    share = wrong / (wrong + labels.count(Verdict.MISSED))
    print(f"partial={partial:.2f} covered={covered:.2f} width={width:.2f} contradicted={share:.2f}")
    print(f"qwk={kappa(partial, covered):.3f} log loss={loss(float(width)):.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
