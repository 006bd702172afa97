"""The command line: thin, and importing nothing heavy until a command needs it."""

import sys


def main() -> None:
    """Run coach with the process's arguments."""
    if sys.argv[1:] == ["--version"]:  # answered before click is imported
        from coach import __version__

        print(f"coach {__version__}")
        return
    from coach.cli.commands import coach

    coach()
