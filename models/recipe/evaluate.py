"""Figures of a mini file on what it never saw, beside `coach bench`.

    python models/recipe/evaluate.py MODEL.gguf --pairs DIR --fold 0

SemEval: covered / partial / everything else, macro-F1, on the held-out questions of the training sets. Authored: the
held-out fold. And the answer-only baseline: the same with every criterion blanked, which must be poor.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from heldout import authored_rows, cases, close_rows, short_rows
from rows import LABELS, Row, gold, labels_of
from sklearn.metrics import cohen_kappa_score, f1_score

from coach.judges.mini import MiniJudge

LEVEL = {"covered": 2, "partial": 1, "missed": 0, "contradicted": 0}
BLANK = "."


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--bank", type=Path)
    parser.add_argument("--fold", type=int, default=0)
    options = parser.parse_args()
    judge = MiniJudge.load(options.model, decided=True)
    sets = short_rows(options.pairs, options.fold) | {"authored": authored_rows(options.fold)}
    sets["authored, short and close"] = close_rows(options.fold)
    if options.gold:
        sets["gold"] = gold(options.gold, options.bank)
    for name, rows in sets.items():
        print(line(judge, name, rows))
    for name in ("authored", "gold"):
        if name in sets:
            print(line(judge, f"{name}, criterion blanked", sets[name], BLANK))


def line(judge: MiniJudge, name: str, rows: Sequence[Row], blank: str | None = None) -> str:
    """Figures of one set."""
    verdicts = [each.verdict.value for found in judge.judge(list(cases(rows, blank))) for each in found]
    labels = [LABELS[label] for label in labels_of(rows)]
    told, truth = [LEVEL[v] for v in verdicts], [LEVEL[v] for v in labels]
    f1 = f1_score(truth, told, average="macro")
    kappa = cohen_kappa_score(truth, told, weights="quadratic")
    accuracy = np.mean([a == b for a, b in zip(verdicts, labels, strict=True)])
    return f"{name:36} n {len(labels):5}  accuracy {accuracy:.3f}  macro-F1 {f1:.3f}  qwk {kappa:.3f}"


if __name__ == "__main__":
    main()
