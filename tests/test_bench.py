"""`coach bench`: the figures, against scikit-learn's where it has them."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Coach
from sklearn.metrics import accuracy_score, brier_score_loss, cohen_kappa_score, f1_score, precision_score, recall_score

from coach.batch import read_records
from coach.bench import METRICS, Agreement, agreement, read_gold
from coach.grading import grade_all
from coach.judges import ScriptedJudge
from coach.library import Library
from coach.terms import Case, Criterion, Judgement, Probabilities, Verdict

LABELS = ["covered", "partial", "missed", "contradicted"]
LEVEL = {"covered": 2, "partial": 1, "missed": 0, "contradicted": 0}


def gold_file(folder: Path, count: int = 60, **more: Any) -> Path:
    rng = np.random.default_rng(1)
    lines = []
    for i in range(count):
        question = ("one", "demo/both", "other/both")[i % 3]
        ids = ["first", "odd", "square"] if question == "one" else ["name"]
        labels = {name: str(rng.choice(LABELS)) for name in ids}
        style = str(rng.choice(["plain", "stuffed"]))
        lines.append(
            {"id": str(i), "question": question, "answer": f"Answer {i}.", "labels": labels, "style": style} | more
        )
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def measured(path: Path, library: Library, judge: ScriptedJudge) -> tuple[Agreement, list[str], list[str], list[float]]:
    golds = read_gold(read_records([path], library))
    grades = grade_all([(g.question, g.record.answer) for g in golds], judge)
    gold = [g.labels[c.id].value for g in golds for c in g.question.criteria]
    verdicts = [c.verdict.value for g in grades for c in g.criteria]
    covered = [c.probabilities.covered if c.probabilities else math.nan for g in grades for c in g.criteria]
    return agreement(golds, grades), gold, verdicts, covered


def random_judge() -> ScriptedJudge:
    rng = np.random.default_rng(2)

    def script(case: Case, criterion: Criterion) -> Judgement:
        return Judgement(probabilities=Probabilities(*rng.dirichlet([1, 1, 1, 1]).tolist()))

    return ScriptedJudge(script)


def test_figures_are_those_of_scikit_learn(tmp_path: Path, library: Library) -> None:
    found, gold, verdicts, covered = measured(gold_file(tmp_path), library, random_judge())
    levels, judged = [LEVEL[v] for v in gold], [LEVEL[v] for v in verdicts]
    wrong = [[v == "contradicted" for v in each] for each in (gold, verdicts)]
    expected = {
        "accuracy": accuracy_score(gold, verdicts),
        "macro_f1": f1_score(levels, judged, average="macro"),
        "kappa": cohen_kappa_score(levels, judged),
        "qwk": cohen_kappa_score(levels, judged, weights="quadratic"),
        "contradicted_recall": recall_score(*wrong),
        "contradicted_precision": precision_score(*wrong),
        "brier": brier_score_loss([v == "covered" for v in gold], covered),
        "judged": 1.0,
    }
    assert {name: found.figures[name].value for name in expected} == pytest.approx(expected)


def test_every_figure_has_an_interval_around_it(tmp_path: Path, library: Library) -> None:
    found, *_ = measured(gold_file(tmp_path), library, random_judge())
    assert found.figures.keys() == METRICS.keys()
    for name, (value, low, high) in found.figures.items():
        assert low is not None and high is not None and low <= value <= high, name


def knows_the_labels(path: Path) -> ScriptedJudge:
    """A judge that gives every label as its verdict."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    labels = {row["answer"]: row["labels"] for row in rows}
    return ScriptedJudge(
        lambda case, c: Judgement(probabilities=Probabilities.certain(Verdict(labels[case.answer][c.id])))
    )


def test_a_judge_that_is_always_right_has_the_best_of_every_figure(tmp_path: Path, library: Library) -> None:
    path = gold_file(tmp_path)
    found, *_ = measured(path, library, knows_the_labels(path))
    best = {"fooled": 0.0, "score_mae": 0.0, "ece": 0.0, "brier": 0.0}
    assert {name: e.value for name, e in found.figures.items()} == {name: best.get(name, 1.0) for name in METRICS}


def test_a_judge_that_covers_everything_is_seen_to_be_fooled(tmp_path: Path, library: Library) -> None:
    always = ScriptedJudge(lambda case, c: Judgement(probabilities=Probabilities(0.9, 0.1, 0, 0)))
    found, gold, *_ = measured(gold_file(tmp_path), library, always)
    share = np.mean([label == "covered" for label in gold])
    assert found.figures["fooled"].value == 1.0
    assert found.figures["qwk"].value == pytest.approx(0.0)
    assert found.figures["ece"].value == pytest.approx(0.9 - share)
    assert found.styles["stuffed"]["false_credit"] == 1.0


def test_unjudged_criteria_are_counted_and_left_out(tmp_path: Path, library: Library) -> None:
    def script(case: Case, criterion: Criterion) -> Judgement:
        failure = "unsure" if criterion.id == "name" else None
        return Judgement(probabilities=Probabilities(1, 0, 0, 0), failure=failure)

    found, *_ = measured(gold_file(tmp_path), library, ScriptedJudge(script))
    assert found.figures["judged"].value == pytest.approx(60 / 100)


def test_one_question_has_figures_without_an_interval(tmp_path: Path, library: Library) -> None:
    path = gold_file(tmp_path, 3, question="one", labels=dict.fromkeys(["first", "odd", "square"], "covered"))
    found, *_ = measured(path, library, random_judge())
    assert found.figures["accuracy"][1:] == (None, None)


def test_the_command_prints_a_table_and_json(run: Coach, tmp_path: Path) -> None:
    path = gold_file(tmp_path)
    table = run("bench", path, "--judge", "scripted")
    assert table.exit_code == 0
    assert "quadratic weighted kappa" in table.stdout and "stuffed" in table.stdout
    data = json.loads(run("bench", path, "--judge", "scripted", "--json").stdout)
    assert (data["answers"], data["criteria"], data["questions"]) == (60, 100, 2)
    assert data["figures"].keys() == METRICS.keys()
    assert data["figures"]["qwk"].keys() == {"value", "low", "high"}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (None, "has no 'labels'"),
        ({"first": "covered", "odd": "missed"}, "has no label for square"),
        ({"first": "covered", "odd": "missed", "square": "yes"}, "'yes' is no verdict"),
        ({"first": "covered", "odd": "missed", "square": ["missed"]}, "\"['missed']\" is no verdict"),
        ("first: covered", "has no 'labels'"),
        ({"first": "covered", "odd": "missed", "square": "missed", "x": "missed"}, "labels x, which one has not"),
    ],
)
def test_gold_that_cannot_be_used_is_refused_with_its_line(run: Coach, tmp_path: Path, labels: Any, words: str) -> None:
    result = run("bench", gold_file(tmp_path, 1, labels=labels), "--judge", "scripted")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"gold.jsonl:1: {words}" in result.stderr


@pytest.mark.parametrize("name", ["gold.csv", "gold.parquet"])
def test_labels_may_stand_in_a_table(run: Coach, tmp_path: Path, name: str) -> None:
    lines, path = gold_file(tmp_path), tmp_path / name
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    if name == "gold.parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(row | {"labels": json.dumps(row["labels"])} for row in rows)
    found, expected = (json.loads(run("bench", each, "--judge", "scripted", "--json").stdout) for each in (path, lines))
    assert found | {"seconds": 0} == expected | {"seconds": 0}
