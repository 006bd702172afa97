"""`coach doctor`."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import NamedTuple

import click

from coach import __version__
from coach.cache import cache_path
from coach.errors import CoachError, SpeechError
from coach.library import load_library, shipped
from coach.plain import plain

KEYS = {
    "OPENAI_API_KEY": "openai/...",
    "ANTHROPIC_API_KEY": "anthropic/...",
    "GEMINI_API_KEY": "gemini/...",
    "MISTRAL_API_KEY": "mistral/...",
    "GROQ_API_KEY": "groq/...",
    "HF_TOKEN": "pulling models that ask for a login",
}
"""Variables that hosted judges read; their values are never shown."""


class Finding(NamedTuple):
    """Whether something works, what was found, and what to do where it does not."""

    works: bool
    what: str
    remedy: str = ""


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say what works on this machine, and what to do about what does not.

    Exit code 1 where something does not work that coach needs to grade offline.
    """
    click.echo(f"coach {__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    findings = [check() for check in CHECKS]
    for finding in findings:
        remedy = "" if finding.works else f"\n       {finding.remedy}"
        click.echo(plain(f"  {'ok ' if finding.works else 'NO '}  {finding.what}{remedy}"))
    for line in _optional():
        click.echo(plain(f"  -    {line}"))
    ctx.exit(0 if all(finding.works for finding in findings) else 1)


def _banks() -> Finding:
    try:
        library = load_library(shipped("rubrics"))
    except CoachError as error:
        return Finding(False, "the shipped banks", str(error))
    return Finding(True, f"the shipped banks: {sum(1 for _ in library)} questions")


def _mini() -> Finding:
    if find_spec("llama_cpp") is None:
        return Finding(False, "llama.cpp", "pip install llama-cpp-python (it needs a C++ compiler)")
    from coach.judges import open_judge

    try:
        judge = open_judge("mini")
    except CoachError as error:
        return Finding(False, "mini, the default judge", str(error))
    return Finding(True, f"mini, the default judge ({judge.model})")


def _cache() -> Finding:
    folder = cache_path().parent
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    works = os.access(place, os.W_OK)
    return Finding(works, f"the cache of judgements in {folder}", f"make {place} writable, or set XDG_CACHE_HOME")


CHECKS: tuple[Callable[[], Finding], ...] = (_banks, _mini, _cache)
"""What coach needs to grade offline."""


def _optional() -> Iterator[str]:
    """What else there is."""
    from coach.shelf import installed_models

    models = installed_models()
    yield f"{len(models)} chat models for gguf: judges" + ("" if models else "; 'coach models list' shows what to pull")
    yield from _speech()
    for name, use in KEYS.items():
        yield f"{name} is {'set' if os.environ.get(name) else 'not set'} ({use})"


def _speech() -> Iterator[str]:
    """What can hear a spoken answer."""
    from coach.speech import ENGINES, microphones, why_not  # numpy: 0.1 s

    for engine, what in ENGINES.items():
        reason = why_not(engine)
        yield f"speech engine {engine}" + (f" {reason}" if reason else f": {what}")
    try:
        yield f"microphone: {', '.join(microphones())}"
    except SpeechError as error:
        yield f"microphone: {error}"
