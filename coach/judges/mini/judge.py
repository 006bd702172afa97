"""The judge itself: it reads the question, all its criteria and an answer at once."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.judges.llama import LlamaModel, digest_of, llama
from coach.judges.mini.answers import plain, repeated
from coach.judges.mini.claims import claim, sentences
from coach.judges.mini.encoder import Encoder, States
from coach.judges.mini.head import Array, Settings, as_one, softmax
from coach.judges.mini.sequences import LONGEST, LONGEST_CRITERION, Tokens, Window, groups, windows
from coach.library import shipped
from coach.terms import Case, Criterion, Judgement, Probabilities, Verdict

MISSED = Probabilities._fields.index("missed")
ENOUGH = 0.5
"""A second passage is quoted when it counted at least this share of what the first did."""


SHORT = 40
"""Words of a short answer, at most: those that were graded against one reference are hardly ever longer."""

_Place = tuple[int, str]
"""A case's number, and what a criterion claims."""


class MiniJudge:
    """Judges the criteria of a question by a classifier in llama.cpp; with `decided` it never abstains."""

    prompt: str | None = None
    reads_together = True

    def __init__(self, encoder: Encoder, settings: Settings, model: str | None = None, decided: bool = False) -> None:
        self.name = "mini:decided" if decided else "mini"
        self.model = model
        self._encoder, self._head, self._calibration = encoder, settings.head, settings.calibration
        self._decided = decided
        self._tokens: dict[str, list[int]] = {}

    @classmethod
    def load(cls, path: Path | None = None, decided: bool = False, workers: int | None = None) -> Self:
        """The shipped model, checked against its manifest, or the one at `path`; ModelError says what is wrong."""
        own = path is not None
        path = path or shipped_model()
        with ThreadPoolExecutor(1) as beside:
            checked = beside.submit(_digest if own else _checked, path)
            llama()  # takes longer than hashing the file
            receipt = f"sha256:{checked.result()}"
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
            tuple(
                self._judgement(case, criterion, found.get((i, claim(criterion.text)))) for criterion in case.criteria
            )
            for i, case in enumerate(cases)
        ]

    def findings(self, cases: Sequence[Case]) -> list["Finding"]:
        """What is found of each criterion of all cases, in order, before calibration.

        KeyError where one cannot be read: the answer has no words, or the criterion is too long.
        """
        found = self._findings(cases)
        return [found[i, claim(criterion.text)] for i, case in enumerate(cases) for criterion in case.criteria]

    def close(self) -> None:
        """Free the model."""
        self._encoder.close()

    def _findings(self, cases: Sequence[Case]) -> dict[_Place, "Finding"]:
        """What was found of each criterion that can be read; of one with several sentences, as a whole and apart."""
        wholes = [_unlike(claim(criterion.text) for criterion in case.criteria) for case in cases]
        aparts = [_unlike(part for whole in each for part in sentences(whole)) for each in wholes]
        again = [i for i, apart in enumerate(aparts) if apart != wholes[i]]
        texts = [self._text(*each) for each in zip(cases, wholes, strict=True)]
        told = self._told(texts + [texts[i].asked(aparts[i], self._known) for i in again])
        for number, i in enumerate(again, len(cases)):
            for whole in wholes[i]:
                parts = sentences(whole)
                if len(parts) > 1 and (i, whole) in told:
                    told[i, whole] = told[i, whole].with_parts([told[number, part] for part in parts])
        return told

    def _told(self, texts: Sequence["_Text"]) -> dict[_Place, "Finding"]:
        """What was read of each claim of some texts; a place has a text's number."""
        jobs = [
            _Job([(i, text.claims[k]) for k in group], window)
            for i, text in enumerate(texts)
            for group in text.groups()
            for window in text.windows(group)
        ]
        sequences = [job.window.sequence.tokens for job in jobs]
        read = self._encoder.map(sequences, lambda i, states: self._read(jobs[i].window, states))
        told: dict[_Place, list[Finding]] = defaultdict(list)
        for job, findings in zip(jobs, read, strict=True):
            for place, finding in zip(job.places, findings, strict=True):
                told[place].append(finding)
        return {place: _together(findings) for place, findings in told.items()}

    def _text(self, case: Case, claims: Sequence[str]) -> "_Text":
        passages = [tuple(self._encoder.model.tokenize(plain(passage.text))) for passage in case.passages]
        said = [[] if again else [*passage] for passage, again in zip(passages, repeated(passages), strict=True)]
        return _Text(self._known(case.question.question), [], [], said).asked(claims, self._known)

    def _read(self, window: Window, states: States) -> list["Finding"]:
        """What a window says of each of its criteria."""
        _, spans, begin = window.sequence
        readings = [self._head.read(states, slice(*span), slice(begin, -1)) for span in spans]
        counted = [np.bincount(window.passages, weights=reading.attention) for reading in readings]
        return [Finding(r.logits, c.astype(np.float64)) for r, c in zip(readings, counted, strict=True)]

    def _judgement(self, case: Case, criterion: Criterion, finding: "Finding | None") -> Judgement:
        if finding is None:
            return self._without_reading(criterion)
        if not np.isfinite(finding.logits).all():
            return Judgement(probabilities=None, failure="mini's weights give no number; reinstall coach")
        probabilities = self._calibration.probabilities(finding.logits, is_short(case))
        failure = None
        if not self._decided and self._calibration.abstains(probabilities, finding.windows):
            failure = f"mini is not sure ({probabilities.likeliest} seems likeliest); check this yourself"
        evidence = () if probabilities.likeliest is Verdict.MISSED else _strongest(finding.counted)
        return Judgement(probabilities=_rounded(probabilities), evidence=evidence, failure=failure)

    def _without_reading(self, criterion: Criterion) -> Judgement:
        if len(self._known(claim(criterion.text))) > LONGEST_CRITERION:
            failure = f"the criterion is longer than the {LONGEST_CRITERION} tokens that mini reads; split it"
            return Judgement(probabilities=None, failure=failure)
        return Judgement(probabilities=Probabilities.certain(Verdict.MISSED))

    def _known(self, text: str) -> list[int]:
        """Tokens of a question or criterion, kept: they come again with every answer."""
        if text not in self._tokens:
            self._tokens[text] = self._encoder.model.tokenize(text)
        return self._tokens[text]


class _Text(NamedTuple):
    """The claims that an answer is read for, and the tokens of all of it."""

    question: Tokens
    claims: Sequence[str]
    criteria: list[Tokens]
    passages: list[Tokens]

    def asked(self, claims: Sequence[str], tokens: Callable[[str], Tokens]) -> "_Text":
        """The same answer, read for these claims."""
        return self._replace(claims=claims, criteria=[tokens(each) for each in claims])

    def groups(self) -> list[list[int]]:
        """The criteria that are read at once, in an order that the rubric's does not change.

        Empty where the answer has no words.
        """
        if not any(self.passages):
            return []
        ordered = sorted(range(len(self.criteria)), key=self.criteria.__getitem__)
        return [[ordered[k] for k in group] for group in groups([self.criteria[k] for k in ordered])]

    def windows(self, group: Sequence[int]) -> list[Window]:
        """What is read of a group of criteria."""
        return windows(self.question, [self.criteria[k] for k in group], self.passages)


class _Job(NamedTuple):
    """A window to read, and the places of the criteria it is of."""

    places: list[_Place]
    window: Window


class Finding(NamedTuple):
    """What was read of a criterion: the verdicts' logits (4), how much each passage counted, in how many windows."""

    logits: Array
    counted: NDArray[np.float64]
    windows: int = 1

    def with_parts(self, parts: Sequence["Finding"]) -> "Finding":
        """With what was found of the criterion's claims apart."""
        return self._replace(logits=as_one(self.logits, [part.logits for part in parts]))


def _unlike(texts: Iterable[str]) -> list[str]:
    """Each text once, in order."""
    return list(dict.fromkeys(texts))


def _together(findings: Sequence[Finding]) -> Finding:
    """What all windows of an answer say: their odds against `missed` averaged.

    That is Bayes' rule where a point is made in one of the windows, in each as likely: more windows give a point more
    places to be made, and no more chances to be found where it is not. Evidence is that of the most telling one.
    """
    if len(findings) == 1:
        return findings[0]
    against = np.array([finding.logits - finding.logits[MISSED] for finding in findings])
    most = against.max(0)
    logits = most + np.log(np.exp(against - most).mean(0))
    telling = int(np.argmin([softmax(finding.logits)[MISSED] for finding in findings]))
    return Finding(logits, findings[telling].counted, len(findings))


def is_short(case: Case) -> bool:
    """Whether it is a short answer to one criterion."""
    return len(case.criteria) == 1 and len(case.answer.split()) <= SHORT


def shipped_model() -> Path:
    """Where the shipped model is, by the manifest."""
    return shipped("models") / _manifest().file


class _Shipped(NamedTuple):
    """What the manifest says of the model."""

    file: str
    sha256: str


def _manifest() -> _Shipped:
    path = shipped("models") / "manifest.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["mini"]
        return _Shipped(*(told[name] + "" for name in _Shipped._fields))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: the manifest of the shipped models is missing or damaged ({error}); reinstall coach"
        ) from None


def _checked(path: Path) -> str:
    """The shipped model's hash, which must be the one of the manifest."""
    found, expected = _digest(path, "reinstall coach"), _manifest().sha256
    if found != expected:
        raise ModelError(
            f"{path}: the file is damaged or incomplete: its sha256 is {found[:12]}…, "
            f"the manifest says {expected[:12]}…; reinstall coach, or restore the file with git"
        )
    return found


def _digest(path: Path, remedy: str = "name another file") -> str:
    """A model's hash; `remedy` is what to do where it cannot be read."""
    try:
        return digest_of(path)
    except OSError as error:
        raise ModelError(f"{path}: the mini model cannot be read ({error.strerror}); {remedy}") from None


def _strongest(counted: NDArray[np.float64]) -> tuple[int, ...]:
    """The passage that counted most, and the next if it counted nearly as much."""
    order = np.argsort(-counted, kind="stable")[:2]
    return tuple(int(i) for i in order if counted[i] >= ENOUGH * counted[order[0]])


def _rounded(probabilities: Probabilities) -> Probabilities:
    return Probabilities(*(round(p, 6) for p in probabilities))
