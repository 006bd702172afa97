"""The name of a judgement: a hash of all that decides it."""

import hashlib
import json

from coach.terms import Case, Criterion, Receipt


def criterion_key(case: Case, criterion: Criterion, judge: Receipt, served: str | None = None) -> str:
    """Answer, passages, question, criterion, judge with its settings, model and prompt in 32 hexadecimal digits.

    `served` is the version of a hosted model, known only when it has judged.
    """
    whole = [
        case.answer,
        [passage.end for passage in case.passages],
        case.question.question,
        criterion.text,
        judge.name,
        judge.model,
        judge.prompt,
        *([served] if served else []),
    ]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]
