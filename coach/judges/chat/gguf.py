"""An instruct model in this process: verdicts read from logits, evidence as a one-token choice.

For each answer the prompt up to its end is decoded once (for the answers to one question only what differs)
and forked into two continuations a criterion: the verdict's letter and the label of the passage it stands on.
All of them go through the model together, and the probabilities are read off; nothing is generated and
nothing is parsed. From the letters' logits those are taken away that the model gives when the answer is
withheld: what it would have said anyway is no evidence.
"""

import json
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.judges.chat.forks import Forks, Logits
from coach.judges.chat.prompt import (
    LABELS,
    LETTERS,
    UnreadableReplyError,
    Wording,
    answer_part,
    criterion_part,
    neutral,
    nonce_for,
    question_part,
    read_wording,
    verdict_prompt,
    wording_part,
)
from coach.judges.chat.template import chat_frame
from coach.judges.llama import LlamaModel, digest_of, idle_cores
from coach.judges.settings import JudgeSettings
from coach.shelf import find_model
from coach.terms import Case, Criterion, Judgement, Passage, Probabilities, Question, Verdict

LONGEST = 4096
"""Tokens of context; longer answers are judged in windows."""
MOST_FORKS = 25
"""Continuations decoded together: two a criterion of the largest rubric, and one to spare."""
ENOUGH = 0.5
"""A second passage is quoted when it is at least this share as likely as the first."""
WORDING_TOKENS, WORDING_SECONDS = 160, 20.0
"""What a reason and a follow-up may cost."""


class Window(NamedTuple):
    """A run of an answer's passages that fits the context, and the number of its first."""

    first: int
    passages: tuple[Passage, ...]


class _Reading(NamedTuple):
    """What one window says about one criterion; `labels` are the probabilities of its passages."""

    window: Window
    probabilities: Probabilities
    labels: NDArray[np.float64]


class GgufJudge:
    """Judges by an instruct model's logits in llama.cpp."""

    reads_together = False

    def __init__(
        self,
        name: str,
        model: LlamaModel,
        receipt: str | None = None,
        settings: JudgeSettings = JudgeSettings(),
        length: int = LONGEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.model = f"gguf:{name}", receipt
        self.prompt: str | None = f"sha256:{verdict_prompt().sha256}"
        self._weights, self._clock, self._explain = model, clock, settings.explain
        self._frame = chat_frame(model, verdict_prompt().sections["system"])
        longest = min(length, model.llama.llama_model_n_ctx_train(model.handle))
        self._forks = Forks(model, longest, MOST_FORKS, settings.workers or idle_cores())
        self._letters = [self._spellings(letter) for letter in LETTERS]
        self._labels = [label for label in LABELS if self._spellings(label)]
        if not all(self._letters) or not self._labels:
            raise ModelError(f"{name}: its tokenizer has no single tokens for letters; coach cannot read its verdicts")
        self._priors: dict[tuple[str, str], NDArray[np.float64]] = {}

    @classmethod
    def load(cls, name: str, settings: JudgeSettings = JudgeSettings()) -> Self:
        """An installed model by name, or a file by path; ModelError says what is missing and how to get it."""
        path = find_model(name).path
        layers = -1 if _offloads() else 0
        return cls(name, LlamaModel(path, layers), f"sha256:{digest_of(path)}", settings)

    def judge(self, cases: Sequence[Case]) -> list[tuple[Judgement, ...]]:
        """Judge the answers to one question one after another; results in the order given."""
        found: dict[int, tuple[Judgement, ...]] = {}
        for i in sorted(range(len(cases)), key=lambda i: cases[i].question.question):
            found[i] = self._judge_case(cases[i])
        return [found[i] for i in range(len(cases))]

    def rendered(self, case: Case) -> list[str]:
        """What the model is sent for an answer, token by token: each window's prompt, and the first criterion's two."""
        windows = self._windows(case, case.criteria) or []
        nonce = nonce_for(case.answer)
        prompts = [self._prompt(case.question, nonce, window.passages) for window in windows]
        asked = [self._continuation(section, case.criteria[0]) for section in ("criterion", "evidence")]
        return [b"".join(map(self._weights.text, tokens)).decode(errors="replace") for tokens in (*prompts, *asked)]

    @property
    def decoded(self) -> int:
        """Tokens decoded so far."""
        return self._forks.decoded

    def close(self) -> None:
        """Free the model."""
        self._forks.close()
        self._weights.close()

    def _judge_case(self, case: Case) -> tuple[Judgement, ...]:
        if not any(passage.text.strip() for passage in case.passages):
            return tuple(Judgement(probabilities=Probabilities.certain(Verdict.MISSED)) for _ in case.criteria)
        readable = [c for c in case.criteria if self._fits(c)]
        self._learn_priors(case.question, readable)
        windows = self._windows(case, readable)
        readings: dict[str, list[_Reading]] = {c.id: [] for c in readable}
        for window in windows or ():
            for criterion, reading in zip(readable, self._read(case, window, readable), strict=True):
                readings[criterion.id].append(reading)
        return tuple(self._judgement(case, criterion, readings.get(criterion.id)) for criterion in case.criteria)

    def _judgement(self, case: Case, criterion: Criterion, readings: list[_Reading] | None) -> Judgement:
        if not readings:
            what = "criterion" if readings is None else "answer, or a sentence of it,"
            return Judgement(probabilities=None, failure=f"the {what} is too long for this model's context")
        told = min(readings, key=lambda reading: reading.probabilities.missed)
        verdict = told.probabilities.likeliest
        evidence = () if verdict is Verdict.MISSED else _strongest(told)
        wording = self._wording(case, told.window, criterion, verdict) if self._explain else None
        return Judgement(
            probabilities=told.probabilities,
            evidence=evidence,
            reason=wording.reason if wording else None,
            follow_up=wording.follow_up if wording else None,
        )

    def _read(self, case: Case, window: Window, criteria: Sequence[Criterion]) -> list[_Reading]:
        """One pass over a window: its prompt, then two continuations a criterion."""
        self._forks.hold(self._prompt(case.question, nonce_for(case.answer), window.passages))
        asked = [self._continuation("criterion", c) for c in criteria]
        asked += [self._continuation("evidence", c) for c in criteria]
        found = self._forks.ask(asked)
        count = len(criteria)
        return [
            _Reading(
                window,
                self._probabilities(case.question, criterion, found[i]),
                _softmax(self._scores(found[count + i], self._labels[: len(window.passages)])),
            )
            for i, criterion in enumerate(criteria)
        ]

    def _probabilities(self, question: Question, criterion: Criterion, logits: Logits) -> Probabilities:
        scores = self._scores(logits, LETTERS) - self._priors[question.question, criterion.text]
        return Probabilities(*(round(float(p), 6) for p in _softmax(scores)))

    def _learn_priors(self, question: Question, criteria: Sequence[Criterion]) -> None:
        """What the model says to each criterion when it cannot see the answer."""
        new = [c for c in criteria if (question.question, c.text) not in self._priors]
        if not new:
            return
        self._forks.hold(self._prompt(question, nonce_for(""), None))
        for criterion, logits in zip(
            new, self._forks.ask([self._continuation("criterion", c) for c in new]), strict=True
        ):
            self._priors[question.question, criterion.text] = self._scores(logits, LETTERS)

    def _prompt(self, question: Question, nonce: str, passages: Sequence[Passage] | None) -> list[int]:
        """The tokens up to the end of the answer, or of the words that stand in its place."""
        asked = self._data(question_part(question, nonce))
        if passages is None:
            return [*self._frame.before, *asked, *self._data(verdict_prompt().sections["withheld"])]
        answer = self._data(answer_part(passages, nonce, self._labels[: len(passages)]))
        return [*self._frame.before, *asked, *answer]

    def _continuation(self, section: Literal["criterion", "evidence"], criterion: Criterion) -> list[int]:
        return [*self._data(criterion_part(section, criterion)), *self._frame.after]

    def _data(self, text: str) -> list[int]:
        """Tokens of text in which nothing is special."""
        return self._weights.tokenize(f"{text}\n\n")

    def _fits(self, criterion: Criterion) -> bool:
        return len(self._continuation("criterion", criterion)) <= self._forks.room

    def _windows(self, case: Case, criteria: Sequence[Criterion]) -> list[Window] | None:
        """Runs of passages that fit beside the question; None where one passage alone does not."""
        longest = max((len(self._continuation("criterion", c)) for c in criteria), default=0)
        empty = len(self._prompt(case.question, nonce_for(case.answer), ()))
        space = self._forks.length - empty - max(self._forks.room, 2 * longest)
        lengths = [len(self._data(f"[A] {neutral(p.text)}")) for p in case.passages]
        if max(lengths) > space:
            return None
        runs: list[list[int]] = [[]]
        for i, length in enumerate(lengths):
            if sum(lengths[k] for k in runs[-1]) + length > space or len(runs[-1]) == len(self._labels):
                runs.append([])
            runs[-1].append(i)
        return [Window(run[0], case.passages[run[0] : run[-1] + 1]) for run in runs]

    def _scores(self, logits: Logits, labels: Sequence[str]) -> NDArray[np.float64]:
        """The logit of each label, over the ways to spell it."""
        return np.array([np.logaddexp.reduce(logits[self._spellings(label)].astype(float)) for label in labels])

    def _spellings(self, label: str) -> list[int]:
        """The single tokens that stand for a label, alone or after a space."""
        spelt = [self._weights.tokenize(text) for text in (label, f" {label}")]
        exact = [tokens[0] for tokens in spelt if len(tokens) == 1]
        return sorted({t for t in exact if self._weights.text(t).decode(errors="replace").strip(" ▁") == label})

    def _wording(self, case: Case, window: Window, criterion: Criterion, verdict: Verdict) -> Wording | None:
        """A reason and a follow-up that fit this answer; None, so that the bank's stand, when that fails."""
        from llama_cpp.llama_grammar import json_schema_to_gbnf

        self._forks.hold(self._prompt(case.question, nonce_for(case.answer), window.passages))
        grammar = json_schema_to_gbnf(json.dumps(Wording.model_json_schema()))
        end = self._clock() + WORDING_SECONDS
        suffix = [*self._data(wording_part(criterion, verdict)), *self._frame.after]
        text = self._forks.write(suffix, grammar, WORDING_TOKENS, lambda: self._clock() < end)
        try:
            return read_wording(text)
        except UnreadableReplyError:
            return None


def _strongest(reading: _Reading) -> tuple[int, ...]:
    """The likeliest passage, and the next if it is nearly as likely."""
    order = np.argsort(-reading.labels, kind="stable")[:2]
    return tuple(reading.window.first + int(i) for i in order if reading.labels[i] >= ENOUGH * reading.labels[order[0]])


def _softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(x - x.max())
    found: NDArray[np.float64] = e / e.sum()
    return found


def _offloads() -> bool:
    import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())
