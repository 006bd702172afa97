"""`coach history`."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coach.errors import JournalError
from coach.plain import plain
from coach.terms import Record

if TYPE_CHECKING:
    from rich.table import Table

    from coach.journal import Journal


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array; times are UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; times are UTC.")
@click.option("--question", help="Only this question: its id, or bank/id.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only from this day on.")
@click.pass_context
def history(ctx: click.Context, as_json: bool, as_csv: bool, question: str | None, since: datetime | None) -> None:
    """Print past attempts, the earliest first; times are local."""
    if ctx.invoked_subcommand is not None:
        return
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    with opened() as journal:
        records = journal.records(question, since.astimezone() if since else None)
    if as_json:
        click.echo(json.dumps([as_data(record) for record in records], indent=2))
    elif as_csv:
        write_csv(records)
    else:
        print_table(records)


@contextmanager
def opened() -> "Iterator[Journal]":
    """The journal; what the person should know about it goes to standard error."""
    from coach.journal import Journal

    with Journal(datetime.now(UTC)) as journal:
        if journal.notice:
            click.echo(plain(f"coach: {journal.notice}"), err=True)
        yield journal


def as_data(record: Record) -> dict[str, Any]:
    """An attempt as flat data, with the verdicts and the score that count."""
    from coach.grading import final_grade

    attempt, grade = record.attempt, final_grade(record)
    return {
        "id": attempt.id,
        "at": attempt.at.isoformat(timespec="seconds"),
        "question": attempt.question,
        "mode": attempt.mode.value,
        "seconds": round(attempt.seconds, 1),
        "spoken": attempt.spoken,
        "audio": attempt.audio,
        "delivery": attempt.delivery,
        "hints": attempt.hints,
        "self_rating": attempt.self_rating,
        "score": grade and grade.score,
        "verdicts": {each.id: each.verdict.value for each in grade.criteria} if grade else {},
        "judge": grade and grade.judge and grade.judge.name,
        "follow_up_of": attempt.follow_up and attempt.follow_up.attempt,
        "criterion": attempt.follow_up and attempt.follow_up.criterion,
        "text": attempt.text,
    }


def write_csv(records: Sequence[Record]) -> None:
    """Print a row an attempt under a header; what has parts is JSON, and no cell is a formula or drives a terminal."""
    from coach.batch.formulas import defused

    rows = [as_data(record) for record in records]
    if not rows:
        return
    safe = plain if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        cells = (json.dumps(cell) if isinstance(cell, dict) else cell for cell in row.values())
        writer.writerow(safe(defused(cell)) if isinstance(cell, str) else cell for cell in cells)


def print_table(records: Sequence[Record]) -> None:
    """Print when, what, how long, with how much help, and the score."""
    from rich.console import Console

    if not records:
        click.echo("No attempts.")
        return
    Console(highlight=False).print(_table(records))


def _table(records: Sequence[Record]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("when", "question"):
        table.add_column(name)
    for name in ("min", "hints", "expected", "score"):
        table.add_column(name, justify="right")
    for record in records:
        table.add_row(*(Text(plain(cell)) for cell in _cells(record)))
    return table


def _cells(record: Record) -> tuple[str, ...]:
    data, attempt = as_data(record), record.attempt
    followed = f"  ↳ {attempt.follow_up.criterion}" if attempt.follow_up else ""
    mock = " (mock)" if data["mode"] == "mock" else ""
    points = ("" if each is None else f"{each:.0f}" for each in (attempt.self_rating, data["score"]))
    when = f"{attempt.at.astimezone():%Y-%m-%d %H:%M}"
    return (
        when,
        followed or f"{attempt.question}{mock}",
        f"{attempt.seconds / 60:.1f}",
        str(attempt.hints or ""),
        *points,
    )


@history.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path) -> None:
    """Write all attempts with their grades and your own verdicts as JSON Lines."""
    from coach.journal import export_lines
    from coach.report.files import replacing

    with opened() as journal:
        records = journal.records()
    with replacing(file) as out:
        out.writelines(export_lines(records))
    click.echo(f"coach: attempts exported: {len(records)}, to {file}", err=True)


@history.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(file: Path) -> None:
    """Take in an exported history; what is here already stays as it is, and nothing comes twice."""
    from coach.journal import read_export

    try:
        with file.open("rb") as lines:
            records = list(read_export(lines, str(file)))
    except OSError as error:
        raise JournalError(f"{file}: cannot be read: {error.strerror}") from None
    with opened() as journal:
        new = journal.add(records)
    click.echo(f"coach: attempts imported: {new}; here already: {len(records) - new}", err=True)


@history.command("delete")
@click.option("--all", "everything", is_flag=True, help="Say it: everything.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(everything: bool, yes: bool) -> None:
    """Delete everything that practice has left on this machine: attempts, drafts, grades, cards, recordings."""
    if not everything:
        raise click.UsageError("say --all: attempts, drafts, grades, cards and recordings are deleted together")
    with opened() as journal:
        if not yes:
            click.confirm(f"Delete the whole history in {journal.path.parent}?", abort=True, err=True)
        count = journal.delete_all()
    click.echo(f"coach: attempts deleted: {count}", err=True)
