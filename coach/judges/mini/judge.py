"""The judge itself: windows, one reading each, the most telling window's verdict with its evidence."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.judges.llama import LlamaModel, digest_of
from coach.judges.mini.encoder import Encoder, States
from coach.judges.mini.head import Array, Reading, Settings
from coach.judges.mini.sequences import LONGEST, LONGEST_CRITERION, Window, windows
from coach.library import shipped
from coach.terms import Case, Criterion, Judgement, Probabilities, Verdict

ENOUGH = 0.5
"""A second passage is quoted when it counted at least this share of what the first did."""


class MiniJudge:
    """Judges each (question, criterion, answer) by a classifier in llama.cpp.

    With `decided` it never abstains.
    """

    prompt: str | None = None

    def __init__(self, encoder: Encoder, settings: Settings, model: str | None = None, decided: bool = False) -> None:
        self.name = "mini:decided" if decided else "mini"
        self.model = model
        self._encoder, self._head, self._calibration = encoder, settings.head, settings.calibration
        self._decided = decided
        self._tokens: dict[str, list[int]] = {}

    @classmethod
    def load(cls, path: Path | None = None, decided: bool = False, workers: int | None = None) -> Self:
        """The shipped model, checked against its manifest, or the one at `path`; ModelError says what is wrong."""
        path = path or shipped_model()
        receipt = _checked(path)
        model = LlamaModel(path)
        try:
            settings = Settings.read(model.size, model.metadata)
        except ModelError as error:
            model.close()
            raise ModelError(f"{path}: {error}") from None
        return cls(Encoder(model, LONGEST, workers), settings, receipt, decided)

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Read every window of every criterion of every case, then let the most telling window speak."""
        jobs, readings = self._readings(cases)
        found: dict[tuple[int, int], list[_Finding]] = defaultdict(list)
        for job, reading in zip(jobs, readings, strict=True):
            found[job.case, job.criterion].append(self._finding(job.window, reading))
        return [
            tuple(self._judgement(case, criterion, found[i, k]) for k, criterion in enumerate(case.criteria))
            for i, case in enumerate(cases)
        ]

    def logits(self, cases: Sequence[Case]) -> list[Array]:
        """What the classifier says to each window (4), before calibration: for the recipe and for tests."""
        return [reading.logits for reading in self._readings(cases)[1]]

    def close(self) -> None:
        """Free the model."""
        self._encoder.close()

    def _readings(self, cases: Sequence[Case]) -> tuple[list["_Job"], list[Reading]]:
        jobs = [job for number, case in enumerate(cases) for job in self._jobs(number, case)]
        sequences = [job.window.tokens for job in jobs]
        return jobs, self._encoder.map(sequences, lambda i, states: self._read(jobs[i], states))

    def _jobs(self, number: int, case: Case) -> list["_Job"]:
        question = self._known(case.question.question)
        passages = [self._encoder.model.tokenize(passage.text) for passage in case.passages]
        if not any(passages):
            return []
        criteria = [(k, self._known(criterion.text)) for k, criterion in enumerate(case.criteria)]
        return [
            _Job(number, k, window)
            for k, criterion in criteria
            if len(criterion) <= LONGEST_CRITERION
            for window in windows(question, criterion, passages)
        ]

    def _read(self, job: "_Job", states: States) -> Reading:
        return self._head.read(states, np.asarray(job.window.passages) >= 0)

    def _finding(self, window: Window, reading: Reading) -> "_Finding":
        owners = np.asarray(window.passages)
        counted = np.bincount(owners[owners >= 0], reading.attention[owners >= 0]).astype(np.float64)
        return _Finding(self._calibration.probabilities(reading.logits), counted)

    def _judgement(self, case: Case, criterion: Criterion, found: Sequence["_Finding"]) -> Judgement:
        if not found:
            return self._without_reading(case, criterion)
        told = min(found, key=lambda finding: finding.probabilities.missed)
        failure = None
        if not self._decided and self._calibration.abstains(told.probabilities):
            failure = f"mini is not sure ({told.probabilities.likeliest} seems likeliest); check this yourself"
        silent = told.probabilities.likeliest is Verdict.MISSED
        evidence = () if silent else _strongest(told.counted)
        return Judgement(probabilities=_rounded(told.probabilities), evidence=evidence, failure=failure)

    def _without_reading(self, case: Case, criterion: Criterion) -> Judgement:
        if len(self._known(criterion.text)) > LONGEST_CRITERION:
            failure = f"the criterion is longer than the {LONGEST_CRITERION} tokens that mini reads; split it"
            return Judgement(probabilities=None, failure=failure)
        return Judgement(probabilities=Probabilities.certain(Verdict.MISSED))

    def _known(self, text: str) -> list[int]:
        """Tokens of a question or criterion, kept: they come again with every answer."""
        if text not in self._tokens:
            self._tokens[text] = self._encoder.model.tokenize(text)
        return self._tokens[text]


class _Job(NamedTuple):
    case: int
    criterion: int
    window: Window


class _Finding(NamedTuple):
    """What one window says, and how much each passage counted for it."""

    probabilities: Probabilities
    counted: NDArray[np.float64]


def shipped_model() -> Path:
    """Where the shipped model is, by the manifest."""
    return shipped("models") / str(_manifest()["file"])


def _manifest() -> dict[str, object]:
    path = shipped("models") / "manifest.json"
    try:
        return dict(json.loads(path.read_text())["mini"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path}: the manifest of the shipped models is missing or damaged ({error}); reinstall coach"
        ) from None


def _checked(path: Path) -> str:
    """The model's hash; a shipped model must have the one of the manifest."""
    try:
        found = digest_of(path)
    except OSError as error:
        raise ModelError(f"{path}: the mini model cannot be read ({error.strerror}); reinstall coach") from None
    if path.parent == shipped("models") and found != _manifest()["sha256"]:
        raise ModelError(
            f"{path}: the file is damaged or incomplete: its sha256 is {found[:12]}…, "
            f"the manifest says {str(_manifest()['sha256'])[:12]}…; reinstall coach, or restore the file with git"
        )
    return f"sha256:{found}"


def _strongest(counted: NDArray[np.float64]) -> tuple[int, ...]:
    """The passage that counted most, and the next if it counted nearly as much."""
    order = np.argsort(-counted, kind="stable")[:2]
    return tuple(int(i) for i in order if counted[i] >= ENOUGH * counted[order[0]])


def _rounded(probabilities: Probabilities) -> Probabilities:
    return Probabilities(*(round(p, 6) for p in probabilities))
