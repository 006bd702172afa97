"""coach beside AutoRubric, DeepEval and a CrossEncoder: the same answers in one run.

With an instant judge the time is what each costs besides judging. coach reads a file, keeps its journal and writes JSON
Lines; the others are driven by `rivals_side.py`, write nothing, and live in an environment of their own, for they bring
a hundred packages. Of the models' rows, which take far longer, every fifth of the answers is judged.
"""

import json
import os
import subprocess
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from clock import best, row
from mini import authored, cross_encoder, described

from coach.batch import RunJournal, grade_into, in_this_process, read_records
from coach.judges import JudgeSettings, ScriptedJudge, open_judge
from coach.library import Library
from coach.terms import Bank, Case, Judge, Receipt

ANSWERS = 300
EVERY = 5
HOME = Path(__file__).parents[2] / ".venv-rivals"
PINNED = ("autorubric==1.6.1", "deepeval==4.3.1", "litellm==1.110.2")
OFFLINE = {
    "DEEPEVAL_NO_INSPECT_PROMPT": "1",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
WAYS = {
    "autorubric-criterion": "AutoRubric, a call a criterion (its default)",
    "autorubric-answer": "AutoRubric, a call an answer",
    "deepeval-geval": "DeepEval, GEval, a call a criterion",
    "deepeval-expectations": "DeepEval, Expectations, two calls an answer",
}


def main() -> None:
    """Answers a second, and how many times coach's time an answer takes."""
    cases = authored(ANSWERS)
    print(f"  {described(cases)}; ratios to coach's time an answer")
    _overheads(cases)
    _models(cases[::EVERY])


def _overheads(cases: Sequence[Case]) -> None:
    ours = _coach(cases, ScriptedJudge())
    _line("coach, scripted judge, journal and JSON Lines", ours, ours)
    if python := _environment():
        for way, what in WAYS.items():
            if seconds := _side(python, way, cases):
                _line(what, seconds, ours)


def _models(cases: Sequence[Case]) -> None:
    ours = {workers: _coach(cases, open_judge("mini", JudgeSettings(workers=workers)), 2) for workers in (2, 1)}
    _line("coach, mini, 4 bits, 2 workers", ours[2], ours[2])
    _line("coach, mini, 4 bits, 1 worker", ours[1], ours[2])
    size, seconds = cross_encoder(cases)
    _line(f"CrossEncoder, f32, batches of {size}", seconds / len(cases), ours[2])


def _coach(cases: Sequence[Case], judge: Judge, times: int = 3) -> float:
    """Seconds an answer, from the file of answers to the file of grades."""
    questions = tuple({case.question.id: case.question for case in cases}.values())
    library = Library({"authored": Bank(bank="authored", title="Authored", questions=questions)})
    receipt = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
    judge.judge(cases[:4])
    with tempfile.TemporaryDirectory() as folder:
        answers = _written(Path(folder) / "answers.jsonl", cases)

        def run() -> None:
            with RunJournal(Path(folder) / "grades.jsonl", receipt, resume=False) as journal:
                records = read_records([answers], library)
                summary = grade_into(journal, records, in_this_process(judge), lambda summary: None)
                if (summary.answers, summary.errors) != (len(cases), 0):
                    raise RuntimeError(f"not all {len(cases)} answers were graded: {summary}")
                journal.write()
                journal.drop()

        return best(run, times) / len(cases)


def _written(path: Path, cases: Sequence[Case]) -> Path:
    records = ({"id": str(i), "question": case.question.id, "answer": case.answer} for i, case in enumerate(cases))
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def _environment() -> Path | None:
    """The Python that has AutoRubric and DeepEval; None, and a line that says why, where they cannot be installed."""
    python, installed = HOME / "bin" / "python", HOME / "installed"
    if installed.is_file() and installed.read_text() == str(PINNED):
        return python
    print(f"  installing {', '.join(PINNED)} into {HOME.name}, once ...", flush=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED]
    try:
        venv.create(HOME, clear=True, with_pip=True)
        subprocess.run(pip, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"  AutoRubric and DeepEval are left out, they cannot be installed: {_why(error)}", flush=True)
        return None
    installed.write_text(str(PINNED))
    return python


def _side(python: Path, way: str, cases: Sequence[Case]) -> float | None:
    """Seconds an answer of one way to drive a rival; None, and a line that says why, where it fails.

    It runs in an empty folder and knows nothing of this one's environment, keys for hosted models least of all.
    """
    told = [
        {"question": c.question.question, "answer": c.answer, "criteria": [k.text for k in c.criteria]} for c in cases
    ]
    args = [python, Path(__file__).with_name("rivals_side.py"), way]
    with tempfile.TemporaryDirectory() as folder:
        env = OFFLINE | {"PATH": os.environ["PATH"], "HOME": folder}
        try:
            done = subprocess.run(
                args, input=json.dumps(told), env=env, cwd=folder, check=True, capture_output=True, text=True
            )
        except subprocess.CalledProcessError as error:
            print(f"  {WAYS[way]}: left out: {_why(error)}", flush=True)
            return None
    return float(done.stdout) / len(cases)


def _why(error: OSError | subprocess.CalledProcessError) -> str:
    """The last line that a failed command wrote."""
    written = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    return str(written).strip().splitlines()[-1]


def _line(what: str, seconds: float, against: float) -> None:
    row(what, seconds, against, f"{1 / seconds:8.1f} answers a second")
