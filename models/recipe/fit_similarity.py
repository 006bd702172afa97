"""Fit the similarity judge's thresholds to labelled answers.

    python models/recipe/fit_similarity.py GOLD.jsonl RUBRICS

Of all thresholds and widths on a grid, those whose verdicts reach the highest quadratic weighted kappa; of
equals the best calibrated. The share of contradicted is its frequency among what is not covered.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score, log_loss

from coach.batch import read_records
from coach.bench.gold import read_gold
from coach.grading import case_of
from coach.judges.similarity import SimilarityJudge, Thresholds
from coach.library import load_library
from coach.terms import Verdict


def main(gold: str, rubrics: str) -> None:
    """Print the fitted thresholds and what they reach."""
    golds = read_gold(read_records([Path(gold)], load_library(Path(rubrics))))
    judgements = SimilarityJudge.load().judge([case_of(g.question, g.record.answer.text) for g in golds])
    cosines = [j.similarity for each in judgements for j in each]
    labels = [g.labels[c.id] for g in golds for c in g.question.criteria]
    wrong = labels.count(Verdict.CONTRADICTED)
    share = wrong / (wrong + labels.count(Verdict.MISSED))
    levels = [int(2 * label.credit) for label in labels]

    def merit(thresholds: Thresholds) -> tuple[float, float]:
        found = [thresholds.probabilities(cosine) for cosine in cosines]
        kappa = cohen_kappa_score(levels, [int(2 * p.likeliest.credit) for p in found], weights="quadratic")
        return round(float(kappa), 3), -float(log_loss([level == 2 for level in levels], [p.covered for p in found]))

    grid = np.arange(0.1, 0.9, 0.04)
    tried = (Thresholds(p, c, w, share) for p, c, w in product(grid, grid, (0.05, 0.1, 0.15, 0.2)) if p < c)
    best = max(tried, key=merit)
    print(" ".join(f"{name}={value:.2f}" for name, value in best._asdict().items()))
    print(f"qwk={merit(best)[0]:.3f} log loss={-merit(best)[1]:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
