"""What starting coach costs and what it must not touch."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BANKS, Coach

HEAVY = {
    "pyarrow",
    "torch",
    "litellm",
    "llama_cpp",
    "textual",
    "sentence_transformers",
    "sklearn",
    "scipy",
    "transformers",
    "miniaudio",
    "pocketsphinx",
    "onnx_asr",
    "faster_whisper",
}
RUN = "import sys; sys.argv = ['coach', *{args!r}]\nfrom coach.cli import main\ntry: main()\nexcept SystemExit: pass\n"


def imported(*args: str) -> set[str]:
    """The top-level modules that a command imports."""
    code = RUN.format(args=args) + "print('\\0' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.rpartition("\0")[2].split()}


@pytest.mark.parametrize(
    "args", [("--help",), ("rubrics", "check", str(BANKS)), ("grade", "--help"), ("bench", "--help")]
)
def test_commands_import_nothing_they_do_not_need(args: tuple[str, ...]) -> None:
    assert not imported(*args) & HEAVY


def test_the_version_is_told_before_anything_is_imported() -> None:
    assert not imported("--version") & (HEAVY | {"click", "pydantic", "yaml"})


def test_without_a_terminal_the_app_says_so(run: Coach) -> None:
    result = run()
    assert (result.exit_code, "no terminal" in result.stderr) == (2, True)


def test_python_dash_m_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "coach", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("coach ")


def test_an_error_message_sends_nothing_to_the_terminal_but_words(run: Coach) -> None:
    result = run("grade", "\x1b]0;owned\x07.jsonl")
    assert (result.exit_code, result.stderr) == (2, "coach: ␛]0;owned␇.jsonl: no such file or folder\n")
