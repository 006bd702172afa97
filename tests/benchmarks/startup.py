"""What it costs to start coach."""

import subprocess
import sys

from clock import PEAK, apart, best, row


def main() -> None:
    """`python -c pass` against commands."""
    bare = best(lambda: _run("-c", "pass"), 10)
    row("python -c pass", bare, bare)
    row("coach --version", best(lambda: _run("-m", "coach", "--version"), 10), bare)
    row("coach --help", best(lambda: _run("-m", "coach", "--help"), 5), bare)
    row("coach rubrics check", best(lambda: _run("-m", "coach", "rubrics", "check"), 3), bare)
    llama = best(lambda: _run("-c", "import llama_cpp"), 5)
    row("import llama_cpp", llama, bare)
    first = best(lambda: _run("-c", FIRST), 5)
    row("the first grade by mini, in a new process", first, llama, f"{first - llama:.2f} s besides that import")
    print(f"  resident after 50 grades by mini: {apart(MEMORY)}")


def _run(*args: str) -> None:
    subprocess.run([sys.executable, *args], check=True, capture_output=True)


FIRST = """
import coach
library = coach.load_library(coach.shipped("rubrics"))
judge = coach.open_judge("mini")
question = library.find("kv-cache")
coach.grade(question, question.reference, judge)
"""

MEMORY = (
    PEAK
    + FIRST
    + """
import sys
for _, question in library:
    coach.grade(question, question.reference, judge)
print(f"{peak():.0f} MB at most, torch {'imported' if 'torch' in sys.modules else 'not imported'}")
"""
)
