"""`coach verify`."""

from pathlib import Path

import click

from coach.cli.options import JudgeChoice, judge_options, library_of, rubrics_option
from coach.errors import AnswerFileError
from coach.plain import plain

SHOWN = 20


@click.command()
@click.argument("grades", type=click.Path(path_type=Path))
@click.option("--sample", type=click.IntRange(1), help="Grade only so many answers again, drawn at random.")
@rubrics_option
@judge_options
@click.pass_context
def verify(ctx: click.Context, grades: Path, sample: int | None, rubrics: Path | None, choice: JudgeChoice) -> None:
    """Grade the answers of a grades file again, afresh, and report flipped and stale verdicts.

    A verdict is stale when its criterion, its question, the model or the prompt has changed since. Exit code 1 when a
    verdict flipped or is stale.
    """
    from coach.bench.verifying import read_grades
    from coach.bench.verifying import verify as verified
    from coach.report import read_graded

    rows = [each.row for each in read_graded(grades)]
    graded, gone = read_grades(rows, library_of(rubrics))
    if not graded:
        raise AnswerFileError(f"{grades}: no grade in it belongs to a question of the banks")
    with choice._replace(fresh=True).opened() as judge:
        for name in sorted({row["judge"]["name"] for row in rows if row.get("judge")} - {judge.name}):
            click.echo(plain(f"coach: graded by {name}; use {judge_options_of(name)}"), err=True)
        found = verified(graded, gone, judge, sample)
    click.echo(
        f"flip rate {found.flip_rate:.1%} ({len(found.flipped)} of {found.compared} verdicts), "
        f"{len(found.stale)} stale, {len(found.gone)} answers whose question is gone"
    )
    for heading, names in (("flipped", found.flipped), ("stale", found.stale), ("gone", found.gone)):
        for name in names[:SHOWN]:
            click.echo(plain(f"  {heading}  {name}"))
        if len(names) > SHOWN:
            click.echo(f"  {heading}  and {len(names) - SHOWN} more")
    ctx.exit(1 if found.flipped or found.stale or found.gone else 0)


def judge_options_of(name: str) -> str:
    """The options that open the judge which a receipt names."""
    return "--judge " + name.replace(", then ", " --escalate ")
