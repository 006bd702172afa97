"""`coach grade` in processes of its own: what it costs besides judging, and mini with one worker and with two.

Besides judging there are reading, the journal and writing; their judge is the scripted one, which is instant.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clock import PEAK, apart, once, row
from mini import authored
from rows import DATA

from coach.library import load_library, shipped
from coach.terms import Bank, Case

ANSWERS = {"jsonl": 200_000, "csv": 50_000, "parquet": 50_000}
JUDGED = 2000
GRADE = (
    PEAK
    + """
import atexit, time
from coach.cli import main

atexit.register(lambda: print(f"{time.process_time():.0f} s on cores, {peak():.0f} MB at most"))
main()
"""
)


def main() -> None:
    """Answers a second, time on cores and memory."""
    with tempfile.TemporaryDirectory() as folder:
        _overhead(Path(folder))
        _mini(Path(folder))


def _overhead(folder: Path) -> None:
    """The shipped bank's questions, once for each kind of output."""
    for suffix, count in ANSWERS.items():
        answers, out = many(folder / "many.jsonl", count), folder / f"grades.{suffix}"
        graded(f"{count:,} answers to {suffix}", count, [answers, "--judge", "scripted", "--out", out])


def _mini(folder: Path) -> None:
    """Authored answers to their own questions; the ratio is to one worker's time."""
    cases = authored(JUDGED)
    answers, bank = file_of(folder / "real.jsonl", cases), bank_of(folder / "authored.yaml", cases)
    judge = [answers, "--rubrics", bank, "--judge", "mini", "--fresh"]
    alone = None
    for workers in (1, 2):
        args = [*judge, "--workers", workers, "--out", folder / f"{workers}.jsonl"]
        seconds = graded(f"{len(cases):,} answers by mini, --workers {workers}", len(cases), args, alone)
        alone = alone or seconds


def graded(what: str, answers: int, args: Sequence[object], against: float | None = None) -> float:
    """Print the line of a run, and give its seconds."""
    told: list[str] = []
    seconds = once(lambda: told.append(apart(GRADE, "grade", *args)))
    row(what, seconds, against, f"{answers / seconds:,.1f} answers a second, {told[0]}")
    return seconds


def many(path: Path, count: int) -> Path:
    """Authored answers (90 words on average) to the shipped questions, no two the same."""
    questions = [question.id for _, question in load_library(shipped("rubrics"))]
    texts = [json.loads(line)["answer"] for line in (DATA / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    with path.open("w", encoding="utf-8") as file:
        for i in range(count):
            said = f"{texts[i % len(texts)]} So I said {i}."
            file.write(json.dumps({"id": f"a{i}", "question": questions[i % len(questions)], "answer": said}) + "\n")
    return path


def file_of(path: Path, cases: Sequence[Case]) -> Path:
    """The answers of some cases as JSON Lines."""
    records = [{"id": f"a{i}", "question": case.question.id, "answer": case.answer} for i, case in enumerate(cases)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def bank_of(path: Path, cases: Sequence[Case]) -> Path:
    """The questions of some cases as a bank; JSON is YAML."""
    questions = {case.question.id: case.question for case in cases}
    bank = Bank(bank="authored", title="Authored", questions=tuple(questions.values()))
    path.write_text(bank.model_dump_json(exclude_defaults=True), encoding="utf-8")
    return path
