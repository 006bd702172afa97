"""Figures of a mini file on what it never saw, beside `coach bench`.

    python models/recipe/evaluate.py MODEL.gguf --pairs DIR --fold 0

SemEval: covered / partial / everything else, macro-F1, on the held-out questions of the training sets. Authored: the
held-out fold. And the answer-only baseline: the same with every criterion blanked, which must be poor.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from heldout import MEASURED, authored_rows, cases, compound_rows, crowded_rows, measured_rows, short_rows
from measure import LEVEL
from rows import LABELS, Row, gold, labels_of
from sklearn.metrics import cohen_kappa_score, f1_score

from coach.judges.mini import MiniJudge

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
    sets |= {name: measured_rows(options.fold, kind) for kind, name in MEASURED.items()}
    sets["authored, two criteria as one"] = compound_rows(options.fold)
    sets["authored, amid a dozen others"], strangers = crowded_rows(options.fold)
    if options.gold:
        sets["gold"] = gold(options.gold, options.bank)
    for name, rows in sets.items():
        print(line(judge, name, rows))
    for name in ("authored", "gold"):
        if name in sets:
            print(line(judge, f"{name}, criterion blanked", sets[name], BLANK))
    found = [each.verdict.credit == 1 for judged in judge.judge(list(cases(strangers))) for each in judged]
    print(f"{'a dozen others alone':36} n {len(found):5}  called covered {np.mean(found):.3f}")


def line(judge: MiniJudge, name: str, rows: Sequence[Row], blank: str | None = None) -> str:
    """Figures of one set."""
    found = [LABELS.index(each.verdict) for judged in judge.judge(list(cases(rows, blank))) for each in judged]
    verdicts, labels = np.array(found), np.array(labels_of(rows))
    told, truth = LEVEL[verdicts], LEVEL[labels]
    f1 = f1_score(truth, told, average="macro")
    kappa = cohen_kappa_score(truth, told, weights="quadratic")
    accuracy = np.mean(verdicts == labels)
    return f"{name:36} n {len(labels):5}  accuracy {accuracy:.3f}  macro-F1 {f1:.3f}  qwk {kappa:.3f}"


if __name__ == "__main__":
    main()
