"""Labelled data as rows of one form, and who is held out.

    data/questions*.jsonl    {id, question, points or criteria: [{id, text}], hint?}
    data/answers*.jsonl      {id, question, style, answer or text, labels, contradicts?}
    data/clauses*.jsonl      {question, point, made, plain, half, near, wrong}: see GUIDE-clauses.md
    data/short*.jsonl        {id, question, reference, covered, partial, missed, contradicted}: short answers
    <pairs>/<set>.jsonl.gz   {group, question, point, answer, label, references?}

Rows are held out by group, never one by one: a group is a question, or all questions made from one hint.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coach.library import load_library

DATA = Path(__file__).parent / "data"
FOLDS = 5
"""Folds of the groups; a run may leave one out."""
LABELS = ("covered", "partial", "missed", "contradicted")
UNTOLD = len(LABELS)
"""The label of what only a teacher can say."""
FIRM = UNTOLD + 1
"""What is added to a label about which no teacher is asked."""
GRADED = {2: "covered", 1: "partial", 0: "missed"}
SHORT_ANSWERS = ("semeval2013-beetle", "semeval2013-scientsbank", "digiklausur", "saf")
ENTAILMENT = ("mnli", "snli")
COVERAGE = ("realsumm", "argkp", "evouna", "kqa", "wice")


class Row(NamedTuple):
    """An answer with the label of each of some criteria."""

    source: str
    group: str
    question: str
    criteria: tuple[str, ...]
    answer: str
    labels: tuple[int, ...]
    style: str = ""


def labels_of(rows: Iterable[Row]) -> list[int]:
    """The labels of the criteria of all rows."""
    return [label for row in rows for label in row.labels]


class Asked(NamedTuple):
    """A question with its criteria, and the group it is held out with."""

    id: str
    group: str
    text: str
    criteria: dict[str, str]


class Answered(NamedTuple):
    """An answer with the label of each criterion."""

    id: str
    question: Asked
    style: str
    text: str
    labels: dict[str, int]


class Clauses(NamedTuple):
    """What can be said about one criterion, by the label it earns."""

    question: Asked
    criterion: str
    texts: dict[str, list[str]]


def questions(folder: Path) -> dict[str, Asked]:
    """Every authored question."""
    found = {}
    for row in _lines(folder, "questions"):
        criteria = {c["id"]: c["text"] for c in row.get("criteria") or row["points"]}
        hint = row.get("hint") if row["id"][0] in "tm" else None
        found[row["id"]] = Asked(row["id"], hint or row["id"], row["question"], criteria)
    return found


def answers(folder: Path, asked: Mapping[str, Asked], kind: str = "") -> list[Answered]:
    """Every authored answer, or those of a kind: the letter their ids begin with."""
    return [
        Answered(row["id"], asked[row["question"]], row["style"], row.get("answer") or row["text"], _labels(row))
        for row in _lines(folder, "answers")
        if row["id"].startswith(kind)
    ]


def clauses(folder: Path, asked: Mapping[str, Asked]) -> list[Clauses]:
    """Every authored set of clauses; what several files have for one criterion is one set."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in _lines(folder, "clauses"):
        kept = found.setdefault((row["question"], row["point"]), {})
        for kind, texts in row.items():
            if isinstance(texts, list):
                kept.setdefault(kind, []).extend(texts)
    return [Clauses(asked[question], point, texts) for (question, point), texts in found.items()]


def authored(found: Iterable[Answered]) -> Iterator[Row]:
    """Every answer, with its labelled criteria in the question's order."""
    for answer in found:
        question = answer.question
        kept = [name for name in question.criteria if name in answer.labels]
        criteria, labels = tuple(question.criteria[name] for name in kept), tuple(answer.labels[name] for name in kept)
        yield Row("authored", question.group, question.text, criteria, answer.text, labels, answer.style)


def short_answers(folder: Path) -> Iterator[Row]:
    """A row for every authored short answer."""
    for row in _lines(folder, "short"):
        for label, name in enumerate(LABELS):
            for text in row[name]:
                yield Row("short", row["id"], row["question"], (row["reference"],), text, (label,))


def pairs(folder: Path, names: Iterable[str]) -> Iterator[Row]:
    """The rows of public sets: an answer once with all that is labelled of it where they are of coverage."""
    for name in names:
        found: dict[tuple[object, ...], Row] = {}
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            for number, line in enumerate(file):
                row = json.loads(line)
                point, label = (row["point"],), (LABELS.index(row["label"]),)
                key = (row["group"], row["answer"]) if name in COVERAGE else (number,)
                known = found.get(key, Row(name, row["group"], row["question"], (), row["answer"], ()))
                found[key] = known._replace(criteria=known.criteria + point, labels=known.labels + label)
        yield from found.values()


def references(folder: Path, name: str) -> dict[tuple[str, str], list[str]]:
    """All references of a SemEval set by (group, answer)."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return {(row["group"], row["answer"]): row["references"] for row in map(json.loads, file)}


def gold(answers_file: Path, rubrics: Path) -> list[Row]:
    """A gold set as rows; `rubrics` is the folder of its bank."""
    library, rows = load_library(rubrics), []
    for line in answers_file.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        question = library.find(answer["question"])
        labels = tuple(LABELS.index(answer["labels"][c.id]) for c in question.criteria)
        criteria = tuple(c.text for c in question.criteria)
        rows.append(Row("gold", question.id, question.question, criteria, answer["answer"], labels, answer["style"]))
    return rows


def fold(group: str, folds: int) -> int:
    """The fold a group belongs to, the same on every machine."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % folds


def _labels(row: Mapping[str, Any]) -> dict[str, int]:
    against = set(row.get("contradicts", ()))
    return {
        point: LABELS.index("contradicted" if point in against else GRADED.get(label, label))
        for point, label in row["labels"].items()
    }


def _lines(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"{kind}*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
