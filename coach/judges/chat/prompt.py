"""What chat judges are asked, and how their replies are read.

Both stand here side by side, so that a reply is read by the module that wrote what it answers. The
wording lives in `prompts/verdict.md`. An answer is data: it stands between two lines with a
nonce that it does not contain, and nothing in it can end a turn or begin one.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coach.errors import CoachError
from coach.library import shipped
from coach.terms import Case, Criterion, Judgement, Passage, Probabilities, Question, Verdict

LETTERS = "ABCD"
"""The one-letter verdicts, in the order of `Probabilities`."""
LABELS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Passage numbers of one character, for judges that answer with one token."""
WORDS = {
    "covered": Verdict.COVERED,
    "partial": Verdict.PARTIAL,
    "missed": Verdict.MISSED,
    "wrong": Verdict.CONTRADICTED,
}
"""The verdicts in a reply's words; no two begin with the same letter, so that one token tells them apart."""

_SECTION = re.compile(r"^# (\w+)\n", re.MULTILINE)
_HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_VARIABLE = re.compile(r"\{(question|nonce|answer|criterion|verdict|rubric|schema|problem)\}")
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_TURN = re.compile(r"\[(?=/?(?:INST|SYSTEM|AVAILABLE|TOOL|SYS)\b)", re.IGNORECASE)
_UNSAFE = str.maketrans(
    {"<": "‹", ">": "›"}
    | {chr(i): " " for i in (*range(9), 11, 12, *range(14, 32), *range(127, 160))}
    | dict.fromkeys(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)), " ")
    | dict.fromkeys(map(chr, range(0xE0000, 0xE0080)), " ")
    | dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\ufffd")
)


class Prompt(NamedTuple):
    """A prompt file: its name, its version, its sections by heading, and the hash of its text."""

    name: str
    version: int
    sections: Mapping[str, str]
    sha256: str

    def fill(self, section: str, **values: str) -> str:
        """A section with its variables replaced, all at once: a value that looks like a variable stays as it is."""
        return _VARIABLE.sub(lambda m: values[m[1]], self.sections[section])


@cache
def verdict_prompt() -> Prompt:
    """The shipped prompt for verdicts; CoachError where the file is missing or damaged."""
    path = shipped("prompts") / "verdict.md"
    try:
        text = path.read_text(encoding="utf-8")
        header = _HEADER.match(text)
        about = dict(line.split(": ", 1) for line in header[1].splitlines()) if header else {}
        parts = _SECTION.split(text)[1:]
        sections = {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
        return Prompt(about["name"], int(about["version"]), sections, hashlib.sha256(text.encode()).hexdigest())
    except (OSError, ValueError, KeyError) as error:
        raise CoachError(f"{path}: the prompt is missing or damaged ({error}); reinstall coach") from None


def nonce_for(answer: str) -> str:
    """Eight characters that the answer does not contain; the same for the same answer."""
    tried = answer
    while (nonce := hashlib.sha256(tried.encode(errors="replace")).hexdigest()[:8]) in answer:
        tried += nonce
    return nonce


def neutral(text: str) -> str:
    """The text without what a chat template or a terminal could obey; as many code points as before."""
    return _TURN.sub("(", text.translate(_UNSAFE))


def numbered(passages: Sequence[Passage], labels: Sequence[str]) -> str:
    """The passages with their labels, a line each."""
    return "\n".join(f"[{label}] {neutral(p.quote().text)}" for label, p in zip(labels, passages, strict=True))


def question_part(question: Question, nonce: str) -> str:
    """What stands before the answer."""
    return verdict_prompt().fill("question", question=neutral(question.question), nonce=nonce)


def answer_part(passages: Sequence[Passage], nonce: str, labels: Sequence[str]) -> str:
    """The answer between its marks."""
    return verdict_prompt().fill("answer", answer=numbered(passages, labels), nonce=nonce)


def criterion_part(section: Literal["criterion", "evidence"], criterion: Criterion) -> str:
    """The question about one criterion that is answered with one token."""
    return verdict_prompt().fill(section, criterion=neutral(criterion.text))


def wording_part(criterion: Criterion, verdict: Verdict) -> str:
    """The question for a reason and a follow-up in words."""
    return verdict_prompt().fill("words", criterion=neutral(criterion.text), verdict=verdict.value)


def rubric_part(criteria: Sequence[Criterion]) -> str:
    """All criteria by number, for a judge that answers in JSON."""
    rubric = "\n".join(f"{i}. {neutral(c.text)}" for i, c in enumerate(criteria, 1))
    return verdict_prompt().fill("rubric", rubric=rubric)


def messages(case: Case) -> list[dict[str, str]]:
    """The whole request of a hosted judge: what is the same for every answer first, the answer last."""
    nonce = nonce_for(case.answer)
    prompt = verdict_prompt()
    labels = [str(i) for i in range(1, len(case.passages) + 1)]
    asked = question_part(case.question, nonce)
    return [
        {"role": "system", "content": f"{prompt.sections['system']}\n\n{rubric_part(case.criteria)}"},
        {"role": "user", "content": f"{asked}\n\n{answer_part(case.passages, nonce, labels)}"},
    ]


def with_schema(asked: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The request with the reply's schema spelled out, for a provider that does not hold replies to it."""
    first, *rest = asked
    schema = verdict_prompt().fill("schema", schema=_reply_schema())
    return [first | {"content": f"{first['content']}\n\n{schema}"}, *rest]


def asked_again(asked: Sequence[dict[str, str]], problem: str) -> list[dict[str, str]]:
    """The request once more, with a note of what was wrong with the reply."""
    note = verdict_prompt().fill("again", problem=neutral(problem))
    return [*asked, {"role": "user", "content": note}]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CriterionReply(_Closed):
    """What a judge says about one criterion."""

    criterion: int
    verdict: Literal["covered", "partial", "missed", "wrong"]
    passages: list[int]
    reason: str


class Reply(_Closed):
    """What a judge says about an answer: one entry a criterion, in order."""

    criteria: list[CriterionReply]


@cache
def _reply_schema() -> str:
    return json.dumps(Reply.model_json_schema())


class Wording(_Closed):
    """A judge's words about one criterion."""

    reason: Annotated[str, Field(max_length=400)]
    follow_up: Annotated[str, Field(max_length=300)]


class UnreadableReplyError(ValueError):
    """A reply that does not fit what was asked; the message says how."""


def read_reply(text: str, case: Case) -> Reply:
    """The reply, if it is exactly what was asked for; UnreadableReplyError says what is wrong with it."""
    try:
        reply = Reply.model_validate_json(_FENCE.sub(r"\1", text))  # models fence JSON where no schema holds them
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the reply"
        raise UnreadableReplyError(f"{place}: {first['msg']}") from None
    numbers = [each.criterion for each in reply.criteria]
    if numbers != list(range(1, len(case.criteria) + 1)):
        raise UnreadableReplyError(f"it judges criteria {numbers}, asked were 1 to {len(case.criteria)}")
    return reply


def read_wording(text: bytes) -> Wording:
    """A reason and a follow-up, if the text holds just these; UnreadableReplyError where it does not."""
    try:
        return Wording.model_validate_json(text)
    except ValidationError:
        raise UnreadableReplyError("no reason and follow-up in JSON") from None


def evidence_of(reply: CriterionReply, case: Case) -> tuple[int, ...]:
    """The passages that a reply names, at most two; numbers that do not exist are left out."""
    found = [number - 1 for number in reply.passages if 0 < number <= len(case.passages)]
    return tuple(dict.fromkeys(found))[:2] if reply.verdict != "missed" else ()


def judgement_of(reply: CriterionReply, case: Case, probabilities: Probabilities) -> Judgement:
    """A judgement with the reply's evidence and reason."""
    return Judgement(probabilities=probabilities, evidence=evidence_of(reply, case), reason=reply.reason or None)
