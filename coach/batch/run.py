"""The run over a stream of records, window by window, on any engine.

Within a window the judge gets the answers in the order in which it is quickest, chunk by chunk, and equal answers
once. What it gets depends on the input alone, so that a run that was killed and goes on comes to the same grades.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple, TypeVar

from coach.batch.digests import Digests
from coach.batch.first_seen import FirstSeen
from coach.batch.grade_store import Entry, GradeStore
from coach.batch.readers import Record
from coach.batch.summary import Count, Summary
from coach.batch.writers import grade_line, line_for
from coach.grading import grade_all
from coach.terms import Grade, Judge

CHUNK = 32
"""Answers judged together: what a run that is killed loses at most."""
WINDOW = 8 * CHUNK
"""Records among which the judge's order is chosen."""

Progress = Callable[[Summary], None]
Emit = Callable[[Iterable[str]], None]

_T = TypeVar("_T")


class Placed(NamedTuple):
    """A record with its place in the input, its digest, and the place where its answer was met first."""

    n: int
    record: Record
    digest: bytes
    first: int

    @property
    def to_judge(self) -> bool:
        """Whether the judge has to see it."""
        return self.record.question is not None and self.first == self.n

    def entry(self, grade: Grade) -> Entry:
        """What is kept of its grade."""
        return Entry(self.n, self.digest, grade_line(grade), Count.of(grade))


class Engine(NamedTuple):
    """Where chunks of records are judged: from chunks to the entries of each, in any order; so many records at once."""

    judged: Callable[[Iterable[list[Placed]]], Iterator[list[Entry]]]
    at_once: int = WINDOW


def in_this_process(judge: Judge, at_once: int = WINDOW) -> Engine:
    """The engine that asks a judge chunk by chunk, in order."""
    return Engine(partial(map, partial(judged_chunk, judge)), at_once)


def grade_into(
    store: GradeStore,
    records: Iterable[Record],
    engine: Engine,
    progress: Progress,
    emit: Emit = lambda lines: None,
) -> Summary:
    """Grade records into a store, leaving out those it has.

    `progress` is told the summary so far after each chunk, `emit` is given the lines of what is graded at once.
    """
    total, end = Summary(), 0
    for placed in chunked(_placed(records), engine.at_once):
        for part in _grade_together(placed, engine, store):
            total = total.plus(part)
            progress(total)
        emit(store.lines(end))
        end += len(placed)
    store.end_at(end)
    return total


def chunked(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of `size` items; the last may be shorter."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _placed(records: Iterable[Record]) -> Iterator[Placed]:
    digests = Digests()
    with FirstSeen() as answers:
        for n, record in enumerate(records):
            first = n
            if record.question:
                first = answers.first(digests.answer(record.question, record.answer.text), n)
            yield Placed(n, record, digests.record(record), first)


def judged_chunk(judge: Judge, chunk: Sequence[Placed]) -> list[Entry]:
    """The entries of records that are to be judged together: the one place where a run waits for its judge."""
    pairs = [(placed.record.question, placed.record.answer) for placed in chunk if placed.record.question]
    return [placed.entry(grade) for placed, grade in zip(chunk, grade_all(pairs, judge), strict=True)]


def _grade_together(together: Sequence[Placed], engine: Engine, store: GradeStore) -> Iterator[Summary]:
    """Grade what the store has not, and say after each chunk what was added."""
    standing = store.standing({placed.n: placed.digest for placed in together})
    if standing:
        yield Summary.of(standing.values())
    left = [placed for placed in together if placed.n not in standing]
    for entries in engine.judged(_chunks(left)):
        store.add(entries)
        yield Summary.of(entry.adds for entry in entries)
    if rest := [_without_judge(placed, store) for placed in left if not placed.to_judge]:
        store.add(rest)
        yield Summary.of(entry.adds for entry in rest)


def _chunks(left: Iterable[Placed]) -> Iterator[list[Placed]]:
    """What the judge gets at once, window by window: the same for every engine, and for a run that goes on."""
    for _, window in groupby(left, key=lambda placed: placed.n // WINDOW):
        yield from chunked(sorted((placed for placed in window if placed.to_judge), key=_order), CHUNK)


def _order(placed: Placed) -> tuple[str, int]:
    """Answers to one question stand together, for judges that read it once, and those of about one length."""
    return placed.record.question.id if placed.record.question else "", len(placed.record.answer.text)


def _without_judge(placed: Placed, store: GradeStore) -> Entry:
    """The entry of a bad record, or of an answer that equals an earlier one."""
    answer = placed.record.answer
    if placed.record.question:
        line, adds = store.get(placed.first)
        return Entry(placed.n, placed.digest, line_for(answer, line), adds)
    own = {"id": answer.id, "question": answer.question, "answer": answer.text, "carried": answer.carried}
    return placed.entry(Grade.model_validate(own | {"score": None, "error": placed.record.error}))
