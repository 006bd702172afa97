"""The run over a stream of records, chunk by chunk, in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from coach.batch.readers import Record
from coach.batch.run_journal import RunJournal
from coach.batch.summary import Summary, summarize
from coach.batch.writers import grade_line
from coach.grading import grade_all
from coach.terms import Grade, Judge

CHUNK = 32
"""Records judged together; a run that goes on later keeps to the same chunks."""


Progress = Callable[[Summary], None]
Emit = Callable[[Sequence[str]], None]


def grade_records(records: Iterable[Record], judge: Judge, emit: Emit, progress: Progress) -> Summary:
    """Grade records, hand the lines of each chunk to `emit` and the summary so far to `progress`."""
    total = Summary()
    for chunk in chunked(records, CHUNK):
        grades = grade_chunk(chunk, judge)
        emit([grade_line(grade) for grade in grades])
        total = total.plus(summarize(grades))
        progress(total)
    return total


def grade_into(journal: RunJournal, records: Iterable[Record], judge: Judge, progress: Progress) -> Summary:
    """Grade records into a journal, leaving out the chunks it has, and publish its output."""
    total, n = Summary(), -1
    for n, chunk in enumerate(chunked(records, CHUNK)):
        summary = journal.summary(n, chunk)
        if summary is None:
            grades = grade_chunk(chunk, judge)
            summary = summarize(grades)
            journal.add(n, chunk, summary, [grade_line(grade) for grade in grades])
        total = total.plus(summary)
        progress(total)
    journal.end_at(n + 1)
    journal.publish()
    return total


def grade_chunk(records: Sequence[Record], judge: Judge) -> list[Grade]:
    """Grade the good records together; the bad ones keep their errors."""
    good = [(record.question, record.answer) for record in records if record.question is not None]
    grades = iter(grade_all(good, judge))
    return [next(grades) if record.question else _not_graded(record) for record in records]


def _not_graded(record: Record) -> Grade:
    answer = record.answer
    return Grade(
        id=answer.id,
        question=answer.question,
        answer=answer.text,
        score=None,
        error=record.error,
        carried=answer.carried,
    )


def chunked(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Lists of `size` records; the last may be shorter."""
    stream = iter(records)
    while chunk := list(islice(stream, size)):
        yield chunk
