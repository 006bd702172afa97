"""Short names of records, by all that decides how they are graded."""

import hashlib

from coach.batch.compact_json import compact_json
from coach.batch.readers import Record
from coach.terms import Question


class Digests:
    """Digests of 16 bytes; those of questions are kept, for many answers have the same."""

    def __init__(self) -> None:
        self._questions: dict[int, tuple[Question, bytes]] = {}

    def record(self, record: Record) -> bytes:
        """A record with all that is carried; two of the same digest have the same line in the output."""
        answer = record.answer
        error = record.error.model_dump() if record.error else None
        whole = compact_json([answer.id, answer.question, answer.text, answer.carried, error])
        return _digest((self._question(record.question) if record.question else b"") + whole)

    def answer(self, question: Question, text: str) -> bytes:
        """An answer to a question; two of the same digest are judged alike."""
        return _digest(self._question(question) + text.encode())

    def _question(self, question: Question) -> bytes:
        kept = self._questions.get(id(question))
        if kept is None:
            kept = self._questions[id(question)] = (question, _digest(question.model_dump_json().encode()))
        return kept[1]


def _digest(whole: bytes) -> bytes:
    return hashlib.blake2b(whole, digest_size=16).digest()
