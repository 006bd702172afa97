"""`coach grade --engine ray` on a cluster of its own on this machine against the local engine.

With the scripted judge, which is instant, the difference is what Ray costs; with mini it is what is left of that.
"""

import tempfile
from importlib.util import find_spec
from pathlib import Path

from batch import bank_of, file_of, graded, many
from mini import authored

MANY = 20_000
JUDGED = 400


def main() -> None:
    """Answers a second; ratios to the local engine's time."""
    if find_spec("ray") is None:
        print("  left out: Ray is not installed (pip install 'coach[ray]')")
        return
    with tempfile.TemporaryDirectory() as folder:
        _few(Path(folder))
        _compare(many(Path(folder) / "many.jsonl", MANY), MANY, Path(folder), "scripted")
        cases = authored(JUDGED)
        answers, bank = file_of(Path(folder) / "real.jsonl", cases), bank_of(Path(folder) / "bank.yaml", cases)
        _compare(answers, JUDGED, Path(folder), "mini", "--rubrics", bank)


def _few(folder: Path) -> None:
    """What it takes to start, for nothing much."""
    answers = many(folder / "few.jsonl", 10)
    graded(
        "10 answers, scripted, ray",
        10,
        [answers, "--judge", "scripted", "--engine", "ray", "--out", folder / "few.out.jsonl"],
    )


def _compare(answers: Path, count: int, folder: Path, judge: str, *rest: object) -> None:
    alone = None
    for engine in ("local", "ray"):
        args = [answers, "--judge", judge, *rest, "--fresh", "--engine", engine, "--workers", 2]
        out = folder / f"{judge}-{engine}.jsonl"
        seconds = graded(f"{count:,} answers, {judge}, {engine}, 2 workers", count, [*args, "--out", out], alone)
        alone = alone or seconds
    same = (folder / f"{judge}-local.jsonl").read_bytes() == (folder / f"{judge}-ray.jsonl").read_bytes()
    print(f"  the two outputs are {'equal to the byte' if same else 'NOT EQUAL'}")
