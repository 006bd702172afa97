"""`coach rubrics`."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from coach.cli.options import library_of, rubrics_option
from coach.errors import CoachError
from coach.library import check_banks, draft_bank, dump_bank, new_bank, shipped
from coach.plain import plain
from coach.terms import Question

WIDTH = 88


@click.group()
def rubrics() -> None:
    """List, show, check, import and begin question banks."""


@rubrics.command("list")
@rubrics_option
def list_(rubrics: Path | None) -> None:
    """List the questions of every bank."""
    for bank in library_of(rubrics).banks.values():
        click.echo(plain(f"{bank.bank}: {bank.title}{' (draft)' if bank.draft else ''}"))
        for question in bank.questions:
            click.echo(plain(f"  {question.level:13} {question.id:32} {textwrap.shorten(question.question, 90)}"))


@rubrics.command()
@click.argument("question")
@rubrics_option
def show(question: str, rubrics: Path | None) -> None:
    """Print a question with its criteria, follow-ups and model answer."""
    try:
        found = library_of(rubrics).find(question)
    except KeyError as error:
        raise CoachError(str(error.args[0])) from None
    click.echo(plain("\n".join(readable(found))))


def readable(question: Question) -> Iterator[str]:
    """A question as a person would want to read it."""
    yield f"{question.question}\n"
    yield f"{question.id} · {question.level}" + "".join(f" · {tag}" for tag in question.tags)
    yield "\nThe hint"
    yield _indented(question.hint)
    yield "\nA strong answer"
    for criterion in question.criteria:
        weight = f"{criterion.weight:g}"
        yield textwrap.fill(criterion.text, WIDTH, initial_indent=f"  {weight:>3} × ", subsequent_indent=" " * 8)
        if criterion.follow_up:
            yield textwrap.fill(criterion.follow_up, WIDTH, initial_indent=" " * 8 + "→ ", subsequent_indent=" " * 10)
    if question.reference:
        yield "\nA model answer"
        yield _indented(question.reference)


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


@rubrics.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@rubrics_option
@click.pass_context
def check(ctx: click.Context, folder: Path | None, rubrics: Path | None) -> None:
    """Check every bank of a folder (or one bank file) and report all problems at once."""
    where = folder or rubrics or shipped("rubrics")
    library, problems = check_banks(where)
    for problem in problems:
        click.echo(plain(str(problem)))
    if problems:
        click.echo(f"coach: {len(problems)} problems in {where}", err=True)
        ctx.exit(2)
    count = sum(1 for _ in library)
    criteria = sum(len(question.criteria) for _, question in library)
    click.echo(f"{where}: {len(library.banks)} banks, {count} questions, {criteria} criteria: no problem found")


@rubrics.command("import")
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--bank", required=True, help="The new bank's id: lower case letters, digits, hyphens.")
@click.option("--title", help="The new bank's title.")
@click.option("--into", type=click.Path(path_type=Path), default=Path("rubrics"), show_default=True, help="The folder.")
def import_(source: Path, bank: str, title: str | None, into: Path) -> None:
    """Turn a list of hints into a draft bank, one criterion a clause.

    SOURCE is Markdown or plain text: headings are levels, numbered or bulleted items are hints.
    """
    check_id(bank)
    comment = "A draft by 'coach rubrics import'. Write the questions, weigh the criteria, then remove 'draft'."
    write_bank(into / bank / "draft.yaml", dump_bank(draft_bank(_text_of(source), bank, title), comment))


@rubrics.command()
@click.argument("bank")
@click.option("--into", type=click.Path(path_type=Path), default=Path("rubrics"), show_default=True, help="The folder.")
def new(bank: str, into: Path) -> None:
    """Begin a bank with one question to write over."""
    check_id(bank)
    comment = "Write over what is here, add questions, then: coach rubrics check " + str(into)
    write_bank(into / bank / "questions.yaml", dump_bank(new_bank(bank), comment))


def check_id(bank: str) -> None:
    """Refuse an id that the bank format does not take."""
    import re

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", bank):
        raise CoachError(f"{bank!r} is not an id; use lower case letters, digits and hyphens")


def write_bank(path: Path, text: str) -> None:
    """Write a new bank file; never over one that is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CoachError(f"{path}: is there already; move it away or take another --bank") from None
    except OSError as error:
        raise CoachError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"written: {path}")


def _text_of(source: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    except OSError as error:
        raise CoachError(f"{source}: cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CoachError(f"{source}:{line}: is not UTF-8; save it as UTF-8") from None
