"""`coach models`."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from coach.cli.commands import INTERRUPTED
from coach.plain import plain
from coach.shelf import (
    Entry,
    InstalledModel,
    Memory,
    Progress,
    find_model,
    installed_models,
    load_catalogue,
    memory,
    memory_needed,
    models_folder,
    pull_model,
    readable,
    remove_model,
)

FITS = {"yes": "fits", "not now": "not now", "no": "too big", "unknown": "?"}


@click.group()
def models() -> None:
    """GGUF models on this machine and in the catalogue.

    NAME is a name of the catalogue, hf:<owner>/<repo>/<file>, or as 'coach models list' has it.
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the lists as JSON.")
def list_(as_json: bool) -> None:
    """List what is installed, by coach and by other programs, and what can be pulled."""
    installed, here = installed_models(), memory()
    click.echo(as_data(installed, here) if as_json else as_table(installed, here))


def as_data(installed: Sequence[InstalledModel], here: Memory) -> str:
    """The lists as JSON; sizes and memory in bytes."""
    names = {model.name for model in installed}
    return json.dumps(
        {
            "folder": str(models_folder()),
            "memory": here._asdict(),
            "installed": [_installed_object(model, here) for model in installed],
            "catalogue": [_entry_object(entry, here, entry.name in names) for entry in load_catalogue().values()],
        }
    )


def _installed_object(model: InstalledModel, here: Memory) -> dict[str, Any]:
    needed = memory_needed(model.name, model.size)
    return model._asdict() | {"path": str(model.path), "memory": needed, "fits": here.fit(needed)}


def _entry_object(entry: Entry, here: Memory, installed: bool) -> dict[str, Any]:
    return entry._asdict() | {"fits": here.fit(entry.memory), "installed": installed}


def as_table(installed: Sequence[InstalledModel], here: Memory) -> str:
    """The lists for a person."""
    names = {model.name for model in installed}
    offered = [entry for entry in load_catalogue().values() if entry.name not in names]
    has = [(plain(m.name), readable(m.size), _fit(here, memory_needed(m.name, m.size)), m.source) for m in installed]
    offers = [(e.name, _size(e), _fit(here, e.memory), f"{e.licence:20}  {e.about}") for e in offered]
    width = max(len(row[0]) for row in [*has, *offers, ("",)])
    lines = ["installed", *(_line(row, width) for row in has)] if has else ["no model is installed"]
    lines += ["", "to pull, with 'coach models pull NAME'", *(_line(row, width) for row in offers)] if offers else []
    return "\n".join([*lines, "", _memory_line(here)])


def _line(row: tuple[str, str, str, str], width: int) -> str:
    name, size, fit, rest = row
    return f"  {name:{width}}  {size:>7}  {fit:7}  {rest}".rstrip()


def _size(entry: Entry) -> str:
    return readable(entry.size) if entry.size else "?"


def _fit(here: Memory, needed: int) -> str:
    return FITS[here.fit(needed)]


def _memory_line(here: Memory) -> str:
    if here.total is None:
        return "memory: this system does not say"
    free = f", {readable(here.free)} of them free" if here.free is not None else ""
    return f"memory: {readable(here.total)}{free}"


@models.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Pull what has too little memory here, or differs from the catalogue.")
@click.pass_context
def pull(ctx: click.Context, name: str, force: bool) -> None:
    """Download a model; an interrupted download is gone on from. Nothing else of coach downloads models.

    HF_ENDPOINT names another hub, HF_TOKEN is sent to it, and XDG_DATA_HOME moves coach's folder.
    """
    try:
        with progress_on_stderr() as progress:
            model = pull_model(name, force, progress, lambda message: click.echo(f"coach: {plain(message)}", err=True))
    except KeyboardInterrupt:
        click.echo("\ncoach: interrupted; the same command goes on from there", err=True)
        ctx.exit(INTERRUPTED)
    print_path(model)


@contextmanager
def progress_on_stderr() -> Iterator[Progress]:
    """A bar on a terminal, else a line every tenth."""
    if not sys.stderr.isatty():
        yield tenths()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", visible=False)
        yield lambda have, size: bar.update(task, completed=have, total=size, visible=True)


def tenths() -> Progress:
    """A line on standard error whenever another tenth is there."""
    told = 0

    def tell(have: int, size: int) -> None:
        nonlocal told
        tenth = have * 10 // size if size else 10
        if tenth > told:
            told = tenth
            click.echo(f"{tenth * 10:3} %  {readable(have)} of {readable(size)}", err=True)

    return tell


@models.command()
@click.argument("name")
def path(name: str) -> None:
    """Print the path of a model's file."""
    print_path(find_model(name))


def print_path(model: InstalledModel) -> None:
    """The path as it is, for programs to read; on a terminal without its control characters."""
    click.echo(plain(str(model.path)) if sys.stdout.isatty() else os.fsencode(model.path))


@models.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete a model that coach has pulled; those of other programs stay."""
    for file in remove_model(name):
        click.echo(f"removed: {plain(str(file))}")
