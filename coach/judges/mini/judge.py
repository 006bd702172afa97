"""The judge itself: what it is unsure of at its first reading it reads again.

A file of format 2 reads all criteria of an answer at once, with the question, and the unsure ones again without; one of
format 1 reads each criterion by itself, and with the question where that leaves it unsure.

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
from coach.judges.mini.head import Array, Reading, Settings, log_softmax
from coach.judges.mini.sequences import LONGEST, LONGEST_CRITERION, Tokens, Window, groups, scene, windows
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
    """Judges (question, criterion, answer) by a classifier in llama.cpp, together where the file `reads_together`.

    With `decided` it never abstains.
    """

    prompt: str | None = None

    def __init__(self, encoder: Encoder, settings: Settings, model: str | None = None, decided: bool = False) -> None:
        self.name = "mini:decided" if decided else "mini"
        self.model = model
        self._encoder, self._head, self._calibration = encoder, settings.head, settings.calibration
        self.reads_together = settings.together
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
        model = LlamaModel(path, repack=True)
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
        first = self._reading(texts, [text.readable for text in texts], asked=self.reads_together)
        unsure = [[k for k in text.readable if first[i, k].unsure] for i, text in enumerate(texts)]
        second = self._reading(texts, unsure, asked=not self.reads_together)
        found = first | {place: _Finding.mean([first[place], finding]) for place, finding in second.items()}
        return dict(sorted(found.items()))

    def _text(self, case: Case) -> "_Text":
        criteria = [self._known(criterion.text) for criterion in case.criteria]
        passages = [self._encoder.model.tokenize(passage.text) for passage in case.passages]
        return _Text(self._known(case.question.question), criteria, passages, self.reads_together)

    def _reading(
        self, texts: Sequence["_Text"], wanted: Sequence[Sequence[int]], asked: bool
    ) -> dict[_Place, "_Finding"]:
        """One reading of the wanted criteria of each text: of each its most telling window, the least `missed`."""
        jobs = [
            _Job(i, group, window)
            for i, text in enumerate(texts)
            for group in text.groups(wanted[i])
            for window in text.windows(group, asked)
        ]
        sequences = [job.window.sequence.tokens for job in jobs]
        read = self._encoder.map(sequences, lambda i, states: self._read(jobs[i].window, states))
        told: dict[_Place, _Finding] = {}
        for job, findings in zip(jobs, read, strict=True):
            for k, finding in zip(job.criteria, findings, strict=True):
                place = job.case, k
                if place not in told or finding.logits[MISSED] < told[place].logits[MISSED]:
                    told[place] = finding
        return told

    def _read(self, window: Window, states: States) -> list["_Finding"]:
        """What a window says of each of its criteria."""
        _, spans, begin = window.sequence
        return [self._finding(window, self._head.read(states, slice(*span), slice(begin, -1))) for span in spans]

    def _finding(self, window: Window, reading: Reading) -> "_Finding":
        counted = np.bincount(window.passages, weights=reading.attention)
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
    """The tokens of a case, and whether its criteria are read together."""

    question: Tokens
    criteria: list[Tokens]
    passages: list[Tokens]
    together: bool

    @property
    def readable(self) -> list[int]:
        """The criteria that can be read; none where the answer has no words."""
        return [k for k, c in enumerate(self.criteria) if len(c) <= LONGEST_CRITERION] if any(self.passages) else []

    def groups(self, wanted: Sequence[int]) -> list[list[int]]:
        """Of the wanted criteria those that are read at once, in an order that the rubric's does not change."""
        if not self.together:
            return [[k] for k in wanted]
        ordered = sorted(wanted, key=self.criteria.__getitem__)
        return [[ordered[k] for k in group] for group in groups([self.criteria[k] for k in ordered])]

    def windows(self, group: Sequence[int], asked: bool) -> list[Window]:
        """What is read of a group of criteria, with the question or without."""
        criteria = [self.criteria[k] for k in group]
        if asked and not self.together:  # the question then stands between the token before the criterion and itself
            return windows([], [[*scene(self.question), *criterion] for criterion in criteria], self.passages)
        return windows(self.question if asked else [], criteria, self.passages)


class _Job(NamedTuple):
    """A window to read, the case and the criteria it is of."""

    case: int
    criteria: list[int]
    window: Window


class _Finding(NamedTuple):
    """What was read: the verdicts' log-probabilities (4), and how much each passage counted."""

    logits: Array
    counted: NDArray[np.float64]

    @property
    def unsure(self) -> bool:
        """Whether it does not stand alone."""
        return bool(np.exp(self.logits.max()) < SURE)

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
