"""What a person has chosen in the app, remembered between starts.

A value of `COACH_JUDGE`, `COACH_THEME` or `COACH_SPEECH` goes before what is remembered, and never gets into the file.
"""

import os
from pathlib import Path

from platformdirs import user_config_path
from pydantic import ValidationError

from coach.errors import first_problem
from coach.placing import in_place_of
from coach.terms.model import Noun


class Chosen(Noun, extra="ignore"):
    """The judge, the theme and the speech engine by name; None where nothing was chosen.

    What a newer coach remembers besides is passed over.
    """

    judge: str | None = None
    theme: str | None = None
    speech: str | None = None


class Preferences:
    """What was chosen, in a file; `notice` is what the person should know about the file, if anything."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or preferences_path()
        self.notice: str | None = None
        self.chosen = self._read().model_copy(update=of_environment())

    def keep(self, **chosen: str) -> None:
        """Remember a choice beside the others, those of another coach too; OSError where it cannot be written."""
        kept = self._read().model_copy(update=chosen)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with in_place_of(self.path) as part:
            part.write_text(kept.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
        self.chosen = self.chosen.model_copy(update=chosen)

    def _read(self) -> Chosen:
        """What the file has; a damaged one is set aside."""
        try:
            return Chosen.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return Chosen()
        except OSError as error:
            self.notice = f"{self.path}: cannot be read: {error.strerror}; nothing is remembered"
        except ValidationError as error:
            self.notice = self._set_aside(first_problem(error))
        return Chosen()

    def _set_aside(self, problem: str) -> str:
        aside = self.path.with_suffix(".damaged")
        try:
            self.path.replace(aside)
        except OSError as error:
            return f"{self.path}: is damaged ({problem}) and cannot be set aside: {error.strerror}"
        return f"{self.path}: is damaged ({problem}) and is kept as {aside}; choose again what was chosen (s)"


def preferences_path() -> Path:
    """Where choices are remembered by default."""
    return user_config_path("coach") / "preferences.json"


def of_environment() -> dict[str, str]:
    """What variables of the environment choose; an empty one chooses nothing."""
    found = {name: os.environ.get(f"COACH_{name.upper()}") for name in Chosen.model_fields}
    return {name: value for name, value in found.items() if value}
