"""`coach review`: a person rules on what the judge was not sure of."""

import getpass
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coach.cli.options import NumberRange, library_of, rubrics_option
from coach.errors import CoachError
from coach.grading.feedback import KEYS
from coach.plain import plain
from coach.terms import CriterionGrade, Span, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from coach.report import Item, Rulings

SKIP, BACK, QUIT = "s", "b", "q"
PROMPT = "c covered · p partial · m missed · x contradicted · s skip · b back · q quit"


@click.command()
@click.argument("grades", type=click.Path(path_type=Path))
@click.option("--author", help="Whose verdicts these are  [default: your login name].")
@click.option(
    "--below",
    type=NumberRange(0, 1),
    default=0.7,
    show_default=True,
    help="Also ask where the judge is at most this sure; 1 asks for every criterion.",
)
@click.option("--apply", "applied", type=click.Path(path_type=Path), help="Write the grades with the verdicts in them.")
@click.option("--gold", type=click.Path(path_type=Path), help="Write fully reviewed answers as gold for 'coach bench'.")
@rubrics_option
def review(
    grades: Path, author: str | None, below: float, applied: Path | None, gold: Path | None, rubrics: Path | None
) -> None:
    """Go through the criteria of a grades file on which the judge abstained or was not sure.

    Each verdict is kept at once in GRADES.reviews.jsonl; the same command goes on from there. With --apply or --gold
    nothing is asked.
    """
    from coach.report import Rulings, apply_reviews, keep_apart, reviewed_grades, to_check, write_gold

    library = library_of(rubrics)
    kept = Rulings(grades)
    for out, other in ((applied, None), (gold, applied)):
        if out:
            keep_apart(out, grades, other)
    if applied:
        count = apply_reviews(grades, library, applied)
        click.echo(f"coach: reviewed criteria: {count}; written to {applied}", err=True)
    if gold:
        whole, begun = write_gold(grades, library, gold)
        left = f"; answers with criteria left to rule on: {begun}" if begun else ""
        click.echo(f"coach: answers of gold: {whole}; written to {gold}{left}", err=True)
    if not applied and not gold:
        items = to_check(reviewed_grades(grades, library), library, below)
        go_through(items, kept, author or login_name())


def login_name() -> str:
    """The name of the person at the keyboard; CoachError where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise CoachError("who are you? name yourself with --author") from None


def go_through(items: Sequence["Item"], rulings: "Rulings", author: str) -> None:
    """Ask for a verdict on each item, keep it, and say in the end what was kept."""
    from rich.console import Console

    console = Console(highlight=False)
    at = kept = 0
    while at < len(items):
        show(console, items[at], f"{at + 1} of {len(items)}", rulings)
        key = ask()
        if key == QUIT:
            break
        if key in KEYS:
            keep(rulings, items[at], KEYS[key], author)
            kept += 1
        at = max(0, at - 1) if key == BACK else at + 1
    left = sum(rulings.get(item.grade, item.judged.id) is None for item in items)
    click.echo(f"coach: verdicts kept: {kept}, in {rulings.path}; criteria left: {left}", err=True)


def keep(rulings: "Rulings", item: "Item", verdict: Verdict, author: str) -> None:
    """Keep a verdict with its author and the time."""
    from coach.report import Ruling

    rulings.add(Ruling.on(item.grade, item.criterion.id, verdict, author, datetime.now(UTC)))


def ask() -> str:
    """The key that was typed; the end of the input quits."""
    choice = click.Choice([*KEYS, SKIP, BACK, QUIT], case_sensitive=False)
    try:
        key: str = click.prompt(PROMPT, type=choice, show_choices=False, prompt_suffix=" > ")
    except click.Abort:
        click.echo()
        return QUIT
    return key


def show(console: "Console", item: "Item", place: str, rulings: "Rulings") -> None:
    """Print the question, the answer with its evidence marked, the criterion and what the judge made of it."""
    from rich.padding import Padding
    from rich.text import Text

    console.rule(Text(f"{place} · answer {plain(item.grade.id)}"), align="left")
    console.print(Text(plain(item.question.question), style="bold"))
    console.print(Padding(marked(item.grade.answer, item.judged), (1, 2)))
    console.print(Text.assemble(("Criterion  ", "dim"), (plain(item.criterion.text), "bold")))
    for line in judged_lines(item.judged):
        console.print(Text(line))
    if earlier := rulings.get(item.grade, item.judged.id):
        console.print(Text(f"Kept so far: {earlier.verdict} ({plain(earlier.author)})"))


def marked(answer: str, judged: CriterionGrade) -> "Text":
    """The answer with the words that a criterion rests on between » and «."""
    from rich.text import Text

    text, last = Text(), 0
    for start, end in merged(judged):
        text.append(plain(answer[last:start]))
        text.append(f"»{plain(answer[start:end])}«", style="reverse")
        last = end
    return text.append(plain(answer[last:]))


def merged(judged: CriterionGrade) -> list[Span]:
    """The spans of the evidence in the answer's order, those that overlap as one."""
    spans: list[Span] = []
    for quote in sorted(judged.evidence):
        if spans and quote.start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(spans[-1].end, quote.end))
        else:
            spans.append(Span(quote.start, quote.end))
    return spans


def judged_lines(judged: CriterionGrade) -> Iterator[str]:
    """The judge's verdict, its reason and its probabilities."""
    yield f"Judge      {judged.verdict}" + (f": {plain(judged.reason)}" if judged.reason else "")
    if judged.probabilities:
        pairs = judged.probabilities._asdict().items()
        yield "           " + "   ".join(f"{name} {p:.0%}" for name, p in pairs)
