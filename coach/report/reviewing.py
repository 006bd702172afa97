"""A person's verdicts over the judge's: what to look at, the grades anew, and gold for `coach bench`."""

from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from coach.errors import CoachError
from coach.grading import follow_ups, score
from coach.library import Library
from coach.report.files import json_line, replacing
from coach.report.graded import Graded, read_graded
from coach.report.rulings import Ruling, Rulings
from coach.terms import Criterion, CriterionGrade, Grade, Question, Verdict


class Item(NamedTuple):
    """One criterion of one answer for a person to rule on."""

    question: Question
    criterion: Criterion
    grade: Grade
    judged: CriterionGrade


def reviewed_grades(path: Path, library: Library) -> Iterator[Grade]:
    """The grades of a file, with the verdicts of those who reviewed it."""
    rulings = Rulings(path)
    return (with_reviews(graded.grade, library, rulings) for graded in read_graded(path))


def reported_grades(path: Path, library: Library) -> Iterator[Grade]:
    """The reviewed grades of a file, each question by one name, however its answers call it."""
    for grade in reviewed_grades(path, library):
        yield grade.model_copy(update={"question": library.shortest(grade.question)})


def with_reviews(grade: Grade, library: Library, rulings: Rulings) -> Grade:
    """The grade with people's verdicts in place of the judge's; score and follow-ups are theirs."""
    criteria = tuple(_ruled(each, rulings.get(grade, each.id)) for each in grade.criteria)
    if criteria == grade.criteria:
        return grade
    question = question_of(grade, library)
    verdicts = [(question.criterion(each.id).weight, each.verdict) for each in criteria]
    changed = {"criteria": criteria, "score": score(verdicts), "follow_ups": follow_ups(question, criteria)}
    return grade.model_copy(update=changed)


def _ruled(judged: CriterionGrade, ruling: Ruling | None) -> CriterionGrade:
    return judged.overruled(ruling.verdict, ruling.author, ruling.at) if ruling else judged


def question_of(grade: Grade, library: Library) -> Question:
    """The question an answer was graded by; CoachError where the banks have it no more."""
    remedy = "--rubrics names the banks that it was graded by"
    try:
        question = library.find(grade.question)
    except KeyError as error:
        raise CoachError(f"answer {grade.id!r}: {error.args[0]}; {remedy}") from None
    known = {criterion.id for criterion in question.criteria}
    if gone := [each.id for each in grade.criteria if each.id not in known]:
        raise CoachError(f"answer {grade.id!r}: question {question.id!r} has no criterion {gone[0]!r}; {remedy}")
    return question


def to_check(grades: Iterable[Grade], library: Library, below: float) -> list[Item]:
    """What a person should rule on: answers with abstentions first, then those with a doubtful verdict.

    Criteria are doubtful up to the confidence `below` (1 is all of them). An answer's criteria stay together.
    """
    answers = [items for grade in grades if (items := list(_doubtful(grade, library, below)))]
    return [item for items in sorted(answers, key=_without_abstention) for item in items]


def _doubtful(grade: Grade, library: Library, below: float) -> Iterator[Item]:
    doubtful = [each for each in grade.criteria if each.review is None and is_doubtful(each, below)]
    if doubtful:
        question = question_of(grade, library)
        yield from (Item(question, question.criterion(each.id), grade, each) for each in doubtful)


def is_doubtful(judged: CriterionGrade, below: float) -> bool:
    """Whether the judge abstained, or was at most so sure."""
    unsure = judged.confidence is None or judged.confidence <= below
    return judged.verdict is Verdict.UNJUDGED or unsure


def _without_abstention(items: list[Item]) -> bool:
    return all(item.judged.verdict is not Verdict.UNJUDGED for item in items)


def apply_reviews(path: Path, library: Library, out: Path) -> int:
    """Write the grades with people's verdicts in them, whatever else a line holds untouched; how many there are."""
    rulings, reviewed = Rulings(path), 0
    with replacing(out) as file:
        for graded in read_graded(path):
            grade = with_reviews(graded.grade, library, rulings)
            reviewed += sum(each.review is not None for each in grade.criteria)
            file.write(json_line(graded.row if grade is graded.grade else _row(graded, grade)))
    return reviewed


def _row(graded: Graded, grade: Grade) -> dict[str, Any]:
    pairs = zip(graded.row["criteria"], grade.criteria, strict=True)
    criteria = [old | _verdict(new) for old, new in pairs]
    return graded.row | {"score": grade.score, "criteria": criteria, "follow_ups": list(grade.follow_ups)}


def _verdict(judged: CriterionGrade) -> dict[str, Any]:
    review = {"review": judged.review.model_dump(mode="json")} if judged.review else {}
    return {"verdict": judged.verdict.value} | review


def write_gold(path: Path, library: Library, out: Path) -> tuple[int, int]:
    """Write the answers whose every criterion a person has ruled on, as gold; how many, and how many are begun.

    A verdict of the judge is never a label: it would be measured against itself. CoachError where there is no gold.
    """
    grades = [grade for grade in reviewed_grades(path, library) if any(each.review for each in grade.criteria)]
    whole = [grade for grade in grades if all(each.review for each in grade.criteria)]
    if not whole:
        remedy = f"'coach review {path} --below 1' asks for every criterion"
        raise CoachError(f"{path}: no answer yet with a person's verdict on each of its criteria; {remedy}")
    names = _unique(grade.id for grade in whole)
    with replacing(out) as file:
        file.writelines(json_line(_gold(grade, name)) for grade, name in zip(whole, names, strict=True))
    return len(whole), len(grades) - len(whole)


def _unique(ids: Iterable[str]) -> Iterator[str]:
    """The ids; one that is taken, as the grades of several files may have it, with a number behind it."""
    taken: set[str] = set()
    for each in ids:
        free = next(name for name in chain([each], (f"{each}:{n}" for n in count(2))) if name not in taken)
        taken.add(free)
        yield free


def _gold(grade: Grade, name: str) -> dict[str, Any]:
    labels = {each.id: each.verdict.value for each in grade.criteria}
    authors = sorted({each.review.author for each in grade.criteria if each.review})
    own = {"id": name, "question": grade.question, "answer": grade.answer}
    return own | grade.carried | {"labels": labels, "reviewers": authors}
