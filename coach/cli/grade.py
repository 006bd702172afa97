"""`coach grade`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from coach.batch import Progress, Record, RunJournal, Summary, grade_into, grade_records, read_records
from coach.batch.readers import STDIN
from coach.cli.canary import refuse_unless_fit
from coach.cli.options import JudgeChoice, judge_options, library_of, paths_argument, rubrics_option
from coach.errors import AnswerFileError
from coach.grading import case_of
from coach.judges import Spending, hosted_judges
from coach.terms import Judge, Receipt

INTERRUPTED = 130


@click.command()
@paths_argument
@rubrics_option
@judge_options
@click.option("--out", type=click.Path(path_type=Path), help="Write the grades to this file; else to standard output.")
@click.option("--resume/--no-resume", default=True, help="Go on with an interrupted run of the same command.")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Exit 3 when the mean score is below this.")
@click.option("--force", is_flag=True, help="Let a chat judge grade that fails its canaries ('coach canary').")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.pass_context
def grade(
    ctx: click.Context,
    paths: tuple[Path, ...],
    rubrics: Path | None,
    choice: JudgeChoice,
    out: Path | None,
    resume: bool,
    fail_under: float | None,
    force: bool,
    quiet: bool,
) -> None:
    """Grade files of answers: JSON Lines, one {"id", "question", "answer"} a line; '-' is standard input.

    Exit codes: 0 all graded; 1 some answers have an error (they are in the output); 2 nothing graded;
    3 --fail-under not met; 130 interrupted (the same command goes on from there).
    """
    check_readable(paths)
    library = library_of(rubrics)
    records = read_records(paths, library)
    with choice.opened() as judge, progress_on_stderr(quiet, choice) as progress:
        if choice.chats and not force:
            refuse_unless_fit(judge)
        if hosted_judges(judge) and STDIN not in paths:
            click.echo(f"coach: at most about {estimate(judge, read_records(paths, library))}", err=True)
        summary = _to_file(out, records, judge, resume, progress) if out else _to_stdout(records, judge, progress)
    click.echo(in_words(summary, out) + (f"; {choice.spending}" if choice.spending else ""), err=True)
    ctx.exit(exit_code(summary, fail_under))


def estimate(judge: Judge, records: Iterable[Record]) -> str:
    """What the hosted judges may take for all records that can be graded."""
    cases = [case_of(record.question, record.answer.text) for record in records if record.question]
    total = Spending()
    for each in hosted_judges(judge):
        total = total.plus(each.estimate(cases))
    return total.in_words()


def check_readable(paths: Sequence[Path]) -> None:
    """Find out before a model is loaded that a file is not there."""
    for path in paths:
        if path != STDIN and not path.is_file():
            what = "is a folder; name its files" if path.is_dir() else "no such file"
            raise AnswerFileError(f"{path}: {what}")


def _to_stdout(records: Iterator[Record], judge: Judge, progress: Progress) -> Summary:
    def emit(lines: Sequence[str]) -> None:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    try:
        return grade_records(records, judge, emit, progress)
    except KeyboardInterrupt:
        click.echo("\ncoach: interrupted; the grades printed so far stand", err=True)
        sys.exit(INTERRUPTED)


def _to_file(out: Path, records: Iterator[Record], judge: Judge, resume: bool, progress: Progress) -> Summary:
    receipt = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
    with RunJournal(out, receipt, resume) as journal:
        if journal.restarted:
            click.echo(f"coach: {journal.path} is of another judge; starting over", err=True)
        try:
            summary = grade_into(journal, records, judge, progress)
        except KeyboardInterrupt:
            click.echo(f"\ncoach: interrupted; the same command goes on from {journal.path}", err=True)
            sys.exit(INTERRUPTED)
        if journal.input_changed:
            click.echo("coach: the input has changed since the interrupted run; what changed was graded anew", err=True)
        return summary


@contextmanager
def progress_on_stderr(quiet: bool, choice: JudgeChoice) -> Iterator[Progress]:
    """A progress line on a terminal; nothing where standard error is none."""
    if quiet or not sys.stderr.isatty():
        yield lambda summary: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} answers"), TextColumn("{task.description}"))
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def update(summary: Summary) -> None:
            told = [f"{summary.errors} errors"] if summary.errors else []
            told += [choice.spending] if choice.spending else []
            bar.update(task, completed=summary.answers, description=", ".join(told))

        yield update


def in_words(summary: Summary, out: Path | None) -> str:
    """A run in a line."""
    graded = summary.answers - summary.errors
    parts = [f"{graded} graded"]
    parts += [f"{summary.errors} with an error"] if summary.errors else []
    parts += [f"{summary.unjudged} criteria left to check"] if summary.unjudged else []
    parts += [f"mean score {summary.mean:.1f}"] if summary.mean is not None else []
    return "coach: " + ", ".join(parts) + (f"; written to {out}" if out else "")


def exit_code(summary: Summary, fail_under: float | None) -> int:
    """The exit code of a finished run."""
    if fail_under is not None and (summary.mean is None or summary.mean < fail_under):
        return 3
    return 1 if summary.errors else 0
