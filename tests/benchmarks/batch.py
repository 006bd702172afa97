"""What `coach grade` costs besides judging: reading, the journal, writing, with a judge that is instant."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from clock import once, row

from coach.library import load_library, shipped

ANSWERS = 200_000
AUTHORED = Path(__file__).parents[2] / "models" / "recipe" / "data" / "answers.jsonl"


def main() -> None:
    """Answers a second and memory, for each kind of output."""
    with tempfile.TemporaryDirectory() as folder:
        answers = _written(Path(folder) / "answers.jsonl")
        for suffix in ("jsonl", "csv", "parquet"):
            _line(suffix, answers, Path(folder) / f"grades.{suffix}")


def _line(suffix: str, answers: Path, out: Path) -> None:
    found: list[str] = []
    seconds = once(lambda: found.append(_graded(answers, out)))
    row(f"{ANSWERS:,} answers to {suffix}", seconds, None, f"{ANSWERS / seconds:,.0f} answers a second, {found[0]}")


def _graded(answers: Path, out: Path) -> str:
    """Grade in a process of its own; its time on a core and its memory in words."""
    args = [sys.executable, "-c", GRADE, "grade", answers, "--judge", "scripted", "--out", out]
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout.strip()


def _written(path: Path) -> Path:
    """Authored answers (90 words on average) to the shipped questions, no two the same."""
    questions = [question.id for _, question in load_library(shipped("rubrics"))]
    texts = [json.loads(line)["answer"] for line in AUTHORED.read_text(encoding="utf-8").splitlines()]
    with path.open("w", encoding="utf-8") as file:
        for i in range(ANSWERS):
            said = f"{texts[i % len(texts)]} So I said {i}."
            file.write(json.dumps({"id": f"a{i}", "question": questions[i % len(questions)], "answer": said}) + "\n")
    return path


GRADE = """
import atexit, resource
from coach.cli import main

@atexit.register
def told():
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{used.ru_utime + used.ru_stime:.0f} s on a core, {used.ru_maxrss / 1024:.0f} MB at most")

main()
"""
