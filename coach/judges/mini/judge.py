"""The judge itself: every criterion is read by itself, and with its question too where that leaves it unsure.

The mean of both readings is then the verdict. They err differently: the question sets the scene, and it lures
into calling an answer right that only stays on its topic.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.judges.llama import LlamaModel, digest_of, llama
from coach.judges.mini.encoder import Encoder, States
from coach.judges.mini.head import Array, Settings, log_softmax
from coach.judges.mini.sequences import LONGEST, LONGEST_CRITERION, Tokens, Window, windows
from coach.library import shipped
from coach.terms import Case, Criterion, Judgement, Probabilities, Verdict

SURE = 0.7
"""The probability of a verdict from which on the first reading stands alone."""
MISSED = Probabilities._fields.index("missed")
ENOUGH = 0.5
"""A second passage is quoted when it counted at least this share of what the first did."""


_Place = tuple[int, int]
"""A case's number, and a criterion's."""


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
        with ThreadPoolExecutor(1) as beside:
            checked = beside.submit(_checked, path)
            llama()  # takes longer than hashing the file
            receipt = checked.result()
        model = LlamaModel(path)
        try:
            settings = Settings.read(model.size, model.metadata)
        except ModelError as error:
            model.close()
            raise ModelError(f"{path}: {error}") from None
        return cls(Encoder(model, LONGEST, workers), settings, receipt, decided)

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Read every criterion of every case."""
        found = self._findings(cases)
        return [
            tuple(self._judgement(criterion, found.get((i, k))) for k, criterion in enumerate(case.criteria))
            for i, case in enumerate(cases)
        ]

    def logits(self, cases: Sequence[Case]) -> Array:
        """What the classifier says of each criterion (criteria of all cases, 4), before calibration."""
        return np.array([finding.logits for finding in self._findings(cases).values()], np.float32)

    def close(self) -> None:
        """Free the model."""
        self._encoder.close()

    def _findings(self, cases: Sequence[Case]) -> dict[_Place, "_Finding"]:
        """What was found of each criterion of each case, in order."""
        texts = [self._text(case) for case in cases]
        first = self._reading(texts, [(i, k) for i, text in enumerate(texts) for k in text.readable], asked=False)
        unsure = [place for place, finding in first.items() if np.exp(finding.logits.max()) < SURE]
        second = self._reading(texts, unsure, asked=True)
        return first | {place: _Finding.mean([first[place], finding]) for place, finding in second.items()}

    def _text(self, case: Case) -> "_Text":
        criteria = [self._known(criterion.text) for criterion in case.criteria]
        passages = [self._encoder.model.tokenize(passage.text) for passage in case.passages]
        return _Text(self._known(case.question.question), criteria, passages)

    def _reading(self, texts: Sequence["_Text"], places: Sequence[_Place], asked: bool) -> dict[_Place, "_Finding"]:
        """One reading of each place, with the question or without: its most telling window, the least `missed`."""
        jobs = [(place, window) for place in places for window in texts[place[0]].windows(place[1], asked)]
        sequences = [window.tokens for _, window in jobs]
        read = self._encoder.map(sequences, lambda i, states: self._read(jobs[i][1], states))
        told: dict[_Place, _Finding] = {}
        for (place, _), finding in zip(jobs, read, strict=True):
            if place not in told or finding.logits[MISSED] < told[place].logits[MISSED]:
                told[place] = finding
        return told

    def _read(self, window: Window, states: States) -> "_Finding":
        owners = np.asarray(window.passages)
        reading = self._head.read(states, owners >= 0)
        counted = np.bincount(owners[owners >= 0], weights=reading.attention[owners >= 0])
        return _Finding(log_softmax(reading.logits), counted.astype(np.float64))

    def _judgement(self, criterion: Criterion, finding: "_Finding | None") -> Judgement:
        if finding is None:
            return self._without_reading(criterion)
        probabilities = self._calibration.probabilities(finding.logits)
        failure = None
        if not self._decided and self._calibration.abstains(probabilities):
            failure = f"mini is not sure ({probabilities.likeliest} seems likeliest); check this yourself"
        evidence = () if probabilities.likeliest is Verdict.MISSED else _strongest(finding.counted)
        return Judgement(probabilities=_rounded(probabilities), evidence=evidence, failure=failure)

    def _without_reading(self, criterion: Criterion) -> Judgement:
        if len(self._known(criterion.text)) > LONGEST_CRITERION:
            failure = f"the criterion is longer than the {LONGEST_CRITERION} tokens that mini reads; split it"
            return Judgement(probabilities=None, failure=failure)
        return Judgement(probabilities=Probabilities.certain(Verdict.MISSED))

    def _known(self, text: str) -> list[int]:
        """Tokens of a question or criterion, kept: they come again with every answer."""
        if text not in self._tokens:
            self._tokens[text] = self._encoder.model.tokenize(text)
        return self._tokens[text]


class _Text(NamedTuple):
    """The tokens of a case."""

    question: Tokens
    criteria: list[Tokens]
    passages: list[Tokens]

    @property
    def readable(self) -> list[int]:
        """The criteria that can be read; none where the answer has no words."""
        return [k for k, c in enumerate(self.criteria) if len(c) <= LONGEST_CRITERION] if any(self.passages) else []

    def windows(self, criterion: int, asked: bool) -> list[Window]:
        """What is read of a criterion, with the question or without."""
        return windows(self.question if asked else [], self.criteria[criterion], self.passages)


class _Finding(NamedTuple):
    """What was read: the verdicts' log-probabilities (4), and how much each passage counted."""

    logits: Array
    counted: NDArray[np.float64]

    @classmethod
    def mean(cls, found: Sequence[Self]) -> Self:
        """The mean of several; passages beyond a finding's last count nothing in it."""
        longest = max(len(each.counted) for each in found)
        counted = [np.pad(each.counted, (0, longest - len(each.counted))) for each in found]
        return cls(np.mean([each.logits for each in found], axis=0), np.mean(counted, axis=0))


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
