"""A line of figures for a set of rows, while training."""

from collections.abc import Sequence

import numpy as np
from rows import LABELS, Row, labels_of
from sklearn.metrics import cohen_kappa_score, f1_score

LEVEL = np.array([2, 1, 0, 0])
"""Covered, partial and not, by label."""


def figures(rows: Sequence[Row], logits: np.ndarray) -> str:
    """Accuracy of four, macro-F1 of three levels, quadratic kappa, recall and precision of contradicted, by style."""
    labels, found = np.array(labels_of(rows)), logits.argmax(1)
    wrong = LABELS.index("contradicted")
    hits = ((labels == wrong) & (found == wrong)).sum()
    out = (
        f"acc {np.mean(labels == found):.3f} f1 {f1_score(LEVEL[labels], LEVEL[found], average='macro'):.3f} "
        f"qwk {cohen_kappa_score(LEVEL[labels], LEVEL[found], weights='quadratic'):.3f} "
        f"con {hits / max(1, (labels == wrong).sum()):.2f}/{hits / max(1, (found == wrong).sum()):.2f}"
    )
    styles = np.array([row.style for row in rows for _ in row.labels])
    per = {s: np.mean((found == labels)[styles == s]) for s in sorted(set(styles)) if s}
    return f"[{out}" + "".join(f" {s[:6]} {a:.2f}" for s, a in per.items()) + "]"
