"""The name of a judgement: a hash of all that decides it."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from coach.terms import Case, Receipt


def criterion_keys(
    case: Case, judge: Receipt, served: Sequence[str | None] = (), together: bool = False
) -> tuple[str, ...]:
    """A key of 32 hexadecimal digits for each criterion of a case.

    It names answer, passages, question, criterion, judge with its settings, model and prompt, and where the judge reads
    criteria `together` the others too; `served` has the versions of a hosted model, known only when it has judged.
    """
    ends = [passage.end for passage in case.passages]
    shared = [case.answer, ends, case.question.question, judge.name, judge.model, judge.prompt]
    shared += sorted(criterion.text for criterion in case.criteria) if together else []
    begun = hashlib.sha256(json.dumps(shared).encode())
    versions = served or [None] * len(case.criteria)
    return tuple(_key(begun.copy(), c.text, version) for c, version in zip(case.criteria, versions, strict=True))


def _key(begun: "hashlib._Hash", criterion: str, served: str | None) -> str:
    begun.update(_end(criterion, served))
    return begun.hexdigest()[:32]


@lru_cache(maxsize=4096)
def _end(criterion: str, served: str | None) -> bytes:
    """What a key's hash ends with; it comes again with every answer to the question."""
    return json.dumps([criterion, served] if served else [criterion]).encode()
