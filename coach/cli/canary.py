"""`coach canary`, and the check before a batch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from coach.cli.options import JudgeChoice, judge_options
from coach.errors import JudgeError
from coach.terms import Judge

if TYPE_CHECKING:
    from coach.bench.canaries import Song


@click.command()
@judge_options
@click.pass_context
def canary(ctx: click.Context, choice: JudgeChoice) -> None:
    """Let a judge grade six answers whose grades are known: blank, off-topic, stuffed, injected, negated, good.

    Exit code 0 when it passes all, 1 when it does not.
    """
    from coach.bench.canaries import sing

    with choice.opened() as judge:
        songs = sing(judge)
    click.echo(as_table(judge.name, songs))
    ctx.exit(0 if all(song.passed for song in songs) else 1)


def refuse_unless_fit(judge: Judge) -> None:
    """Raise JudgeError with the table of what it did where a judge fails a canary."""
    from coach.bench.canaries import sing

    songs = sing(judge)
    if not all(song.passed for song in songs):
        raise JudgeError(
            f"{judge.name} is not fit to grade; --force lets it grade all the same\n{as_table(judge.name, songs)}"
        )


def as_table(name: str, songs: "Sequence[Song]") -> str:
    """What a judge made of each canary."""
    lines = [f"{'canary':10} {'credit':>6}  {'allowed':11} {'':6}  verdicts ({name})"]
    for song in songs:
        credit = "-" if song.credit is None else f"{song.credit:.2f}"
        allowed = f"{song.canary.least:.2f}-{song.canary.most:.2f}"
        verdicts = ", ".join(song.verdicts)
        lines.append(
            f"{song.canary.name:10} {credit:>6}  {allowed:11} {'passed' if song.passed else 'FAILED'}  {verdicts}"
        )
    return "\n".join(lines)
