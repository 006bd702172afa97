"""`coach bench`."""

import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coach.batch import read_records
from coach.cli.options import JudgeChoice, judge_options, library_of, paths_argument, rubrics_option
from coach.plain import plain

if TYPE_CHECKING:
    from coach.bench import Agreement, Estimate

BATCH = 32
MEANINGS = {
    "accuracy": "same verdict of four",
    "macro_f1": "covered / partial / not",
    "kappa": "Cohen's, three levels",
    "qwk": "quadratic weighted kappa, three levels",
    "contradicted_recall": "",
    "contradicted_precision": "",
    "fooled": "not covered, called covered: stuffed, injection, offtopic, parrot",
    "score_mae": "points of 100",
    "ece": "covered or not",
    "brier": "covered or not",
    "judged": "share not left unjudged",
}


@click.command()
@paths_argument
@rubrics_option
@judge_options
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(paths: tuple[Path, ...], rubrics: Path | None, choice: JudgeChoice, as_json: bool) -> None:
    """Grade answers that carry `labels` ({criterion id: verdict}) and print how far the judge agrees.

    Each figure comes with a bootstrap 95 % interval over questions.
    """
    from coach.bench.agreement import agreement
    from coach.bench.gold import read_gold
    from coach.grading import grade_all

    golds = read_gold(read_records(paths, library_of(rubrics)))
    pairs = [(gold.question, gold.record.answer) for gold in golds]
    with choice._replace(fresh=True).opened() as judge:
        started = time.perf_counter()
        grades = [g for i in range(0, len(pairs), BATCH) for g in grade_all(pairs[i : i + BATCH], judge)]
        seconds = time.perf_counter() - started
    found = agreement(golds, grades)
    receipt = {"name": judge.name, "model": judge.model, "prompt": judge.prompt}
    click.echo(as_data(found, receipt, seconds) if as_json else as_table(found, receipt, seconds))


def as_data(found: "Agreement", receipt: dict[str, Any], seconds: float) -> str:
    """The figures as JSON; what could not be measured is null."""
    figures = {name: {k: _number(v) for k, v in e._asdict().items()} for name, e in found.figures.items()}
    styles = {style: {k: _number(v) for k, v in row.items()} for style, row in found.styles.items()}
    counts = {"answers": found.answers, "criteria": found.criteria, "questions": found.questions}
    return json.dumps({"judge": receipt, **counts, "seconds": round(seconds, 3), "figures": figures, "styles": styles})


def _number(value: float | int | None) -> float | int | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return round(value, 4)


def as_table(found: "Agreement", receipt: dict[str, Any], seconds: float) -> str:
    """The figures as a table for a person."""
    name = f"{receipt['name']} ({receipt['model'] or 'no model'})"
    head = [
        f"judge      {name}",
        f"answers    {found.answers}, with {found.criteria} criteria of {found.questions} questions",
        f"time       {seconds:.1f} s, {found.answers / seconds:.1f} answers a second",
        "",
    ]
    lines = [f"{name:23}{_figure(e):24}{MEANINGS[name]}" for name, e in found.figures.items()]
    width = max([5, *(len(style) for style in found.styles)]) + 2
    row = f"{{:{width}}}{{criteria:8d}}  {{accuracy:8.3f}}  {{qwk:6.3f}}  {{false_credit:12.3f}}"
    styles = [row.format(plain(style), **figures) for style, figures in found.styles.items()]
    heading = ["", f"{'style':{width}}{'criteria':>8}  {'accuracy':>8}  {'qwk':>6}  {'false credit':>12}"]
    return "\n".join(head + lines + (heading + styles if styles else []))


def _figure(estimate: "Estimate") -> str:
    if math.isnan(estimate.value):
        return "-"
    interval = "" if estimate.low is None else f"  [{estimate.low:.3f}, {estimate.high:.3f}]"
    return f"{estimate.value:6.3f}{interval}"
