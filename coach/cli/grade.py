"""`coach grade`."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import chain
from pathlib import Path

import click

from coach.batch import (
    CHUNK,
    Columns,
    GradeStore,
    Progress,
    Record,
    RunJournal,
    Summary,
    count_records,
    grade_into,
    read_records,
)
from coach.batch.readers import STDIN, is_stream
from coach.batch.run import WINDOW, Engine, chunked
from coach.batch.stores import AnyFile, send, staged
from coach.batch.writers import as_json_lines, check_out
from coach.cli.canary import refuse_unless_fit
from coach.cli.commands import INTERRUPTED
from coach.cli.engine import EngineChoice, engine_options
from coach.cli.options import (
    JudgeChoice,
    NumberRange,
    column_options,
    judge_options,
    library_of,
    path_or_url,
    rubrics_option,
)
from coach.cli.progress import progress_on_stderr
from coach.cli.report import Reports, report_options
from coach.errors import AnswerFileError, OutputError
from coach.grading import case_of
from coach.judges import Spending, hosted_judges
from coach.placing import is_one_file
from coach.speech import DoubtingJudge, Recordings, hints_of
from coach.terms import Judge, Receipt

Report = Callable[[Summary, GradeStore], None]
"""Says what a run came to and writes the reports that were asked for, once the grades are where they belong."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=path_or_url)
@rubrics_option
@judge_options
@engine_options
@column_options
@click.option(
    "--out", type=path_or_url, metavar="PATH", help="Write .jsonl, .csv or .parquet; else to standard output."
)
@report_options
@click.option("--resume/--no-resume", default=True, help="Go on with an interrupted run of the same command.")
@click.option("--fail-under", type=NumberRange(0, 100), help="Exit 3 when the mean score is below this.")
@click.option("--force", is_flag=True, help="Let a chat judge grade that fails its canaries ('coach canary').")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.pass_context
def grade(
    ctx: click.Context,
    paths: tuple[AnyFile, ...],
    rubrics: Path | None,
    choice: JudgeChoice,
    engine_choice: EngineChoice,
    columns: Columns,
    out: AnyFile | None,
    reports: Reports,
    resume: bool,
    fail_under: float | None,
    force: bool,
    quiet: bool,
) -> None:
    """Grade answers, many files as one batch.

    PATH is a .jsonl, .csv or .parquet file, a folder of <question-id>.md, .txt, .wav or .flac, or '-' for
    JSON Lines from standard input; or the URL of a .jsonl or .parquet file in a store (s3://, gs://), to which --out
    may go as well. Recordings are transcribed on this machine, not with --engine ray.

    Exit codes: 0 all graded; 1 some answers have an error (they are in the output); 2 nothing graded;
    3 --fail-under not met; 130 interrupted (the same command goes on from there).
    """
    engine_choice.check(choice)
    library = library_of(rubrics)
    recordings = ctx.with_resource(Recordings(hints_of(question for _, question in library)))
    read = partial(read_records, paths, library, columns, recordings.transcribe if engine_choice.hears else None)
    records = read()
    check_output(out, paths)
    reports.check([path for path in paths if isinstance(path, Path)], out if isinstance(out, Path) else None)
    total = cache(lambda: count_records(paths, columns))

    def report(summary: Summary, store: GradeStore) -> None:
        click.echo(in_words(summary, out) + (f"; {choice.spending}" if choice.spending else ""), err=True)
        if reports.paths:
            with as_json_lines(out, store.lines) as grades:
                reports.write(grades, library, fail_under)

    alone = out is not None or not sys.stdout.isatty()
    with choice.opened() as opened, progress_on_stderr(quiet, alone, total, lambda: choice.spending) as progress:
        records = at_least_one(records, paths)
        judge = DoubtingJudge(opened, recordings.shares)
        if choice.chats and not force:
            refuse_unless_fit(judge)
        if hosted_judges(judge) and not any(map(is_stream, paths)):
            click.echo(f"coach: at most about {estimate(judge, read())}", err=True)
        with engine_choice.opened(judge, choice, WINDOW if out else CHUNK) as engine, collecting_less():
            if out:
                summary = _to_file(out, records, judge, engine, resume, progress, report)
            else:
                summary = _to_stdout(records, engine, progress, report)
    if recordings.draft_engine:
        drafts = f"what {recordings.draft_engine} hears is a draft"
        click.echo(f"coach: {drafts}; read the answers that were recordings before you rely on their grades", err=True)
    if short := shortfall(summary, fail_under):
        click.echo(f"coach: {short}", err=True)
    ctx.exit(3 if short else 1 if summary.errors else 0)


def at_least_one(records: Iterator[Record], paths: Sequence[AnyFile]) -> Iterator[Record]:
    """The records; AnswerFileError where there is none."""
    first = next(records, None)
    if first is None:
        raise AnswerFileError(f"{', '.join(map(str, paths))}: no answer in it; write one record an answer")
    return chain([first], records)


@contextmanager
def collecting_less() -> Iterator[None]:
    """Let Python look for cycles less often: what is loaded stays, and what a run makes has few."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def estimate(judge: Judge, records: Iterable[Record]) -> str:
    """What the hosted judges may take for all records that can be graded."""
    total = Spending()
    for chunk in chunked(records, CHUNK):
        cases = [case_of(record.question, record.answer.text) for record in chunk if record.question]
        for each in hosted_judges(judge):
            total = total.plus(each.estimate(cases))
    return total.in_words()


def check_output(out: AnyFile | None, paths: Sequence[AnyFile]) -> None:
    """Raise OutputError where the grades would be written over the answers, or not at all."""
    if out is None:
        return
    if out in paths or (isinstance(out, Path) and any(_same(out, path) for path in paths)):
        raise OutputError(f"{out}: holds the answers; name another --out")
    check_out(out)


def _same(out: Path, path: AnyFile) -> bool:
    return isinstance(path, Path) and path != STDIN and is_one_file(out, path)


def _to_stdout(records: Iterator[Record], engine: Engine, progress: Progress, report: Report) -> Summary:
    with GradeStore() as store:
        try:
            summary = grade_into(store, records, engine, progress, _print)
            report(summary, store)
        except KeyboardInterrupt:
            click.echo("\ncoach: interrupted; the grades printed so far stand", err=True)
            sys.exit(INTERRUPTED)
        return summary


def _print(lines: Iterable[str]) -> None:
    try:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has enough, which click ends quietly
        raise
    except OSError as error:
        with suppress(OSError):
            sys.stdout.close()  # what it still holds has no room either, and Python would try again at the end
        raise OutputError(f"standard output: cannot be written: {error.strerror}; make room or name --out") from None


def _to_file(
    out: AnyFile,
    records: Iterator[Record],
    judge: Judge,
    engine: Engine,
    resume: bool,
    progress: Progress,
    report: Report,
) -> Summary:
    receipt = Receipt(name=judge.name, model=judge.model, prompt=judge.prompt)
    with RunJournal(staged(out), receipt, resume) as journal:
        if journal.restarted:
            click.echo(f"coach: {journal.path} is of another judge; starting over", err=True)
        try:
            summary = grade_into(journal, records, engine, progress)
            journal.write()
            send(journal.out, out)
            report(summary, journal)
            journal.drop()
        except KeyboardInterrupt:
            click.echo(f"\ncoach: interrupted; the same command goes on from {journal.path}", err=True)
            sys.exit(INTERRUPTED)
        if journal.input_changed:
            click.echo("coach: the input has changed since the interrupted run; what changed was graded anew", err=True)
        return summary


def in_words(summary: Summary, out: AnyFile | None) -> str:
    """A run in a line."""
    graded = summary.answers - summary.errors
    parts = [f"{graded} graded"]
    parts += [f"{summary.errors} with an error"] if summary.errors else []
    parts += [f"{summary.unjudged} criteria left to check"] if summary.unjudged else []
    parts += [f"mean score {summary.mean:.1f}"] if summary.mean is not None else []
    return "coach: " + ", ".join(parts) + (f"; written to {out}" if out else "")


def shortfall(summary: Summary, fail_under: float | None) -> str:
    """Why --fail-under is not met; empty where it is, or was not given."""
    if fail_under is None or (summary.mean is not None and summary.mean >= fail_under):
        return ""
    mean = "no score at all" if summary.mean is None else f"mean score {round(summary.mean, 4)}"
    return f"{mean} is under --fail-under {fail_under:g}"
