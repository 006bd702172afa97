"""Removing what coach has pulled, and nothing else."""

import glob
from pathlib import Path

from coach.errors import ModelError
from coach.plain import plain
from coach.shelf.catalogue import hub_file
from coach.shelf.found import find_model, models_folder, place_of
from coach.shelf.gguf import is_file, parts_of

_OWNERS = {
    "Hugging Face cache": "the cache of huggingface_hub",
    "LM Studio": "LM Studio",
    "Ollama": "Ollama",
    "file": "whoever put it there",
}


def partials_of(place: Path) -> list[Path]:
    """What interrupted pulls have left of a model."""
    return sorted(place.parent.glob(f"{glob.escape(place.name)}.*.part"))


def remove_model(name: str) -> list[Path]:
    """Delete a model of coach's own and what interrupted pulls have left of it; returns the files deleted.

    ModelError where there is no such model, or where it is another program's: whose, and where it is.
    """
    files = _left_over(name) or _own(name)
    for path in files:
        _delete(path)
    return files


def _left_over(name: str) -> list[Path]:
    """The partial files of a model that was never pulled to its end."""
    file = hub_file(name)
    return partials_of(place_of(file)) if file and not is_file(place_of(file)) else []


def _own(name: str) -> list[Path]:
    model = find_model(name)
    if model.source != "coach":
        owner, path = _OWNERS[model.source], plain(str(model.path))
        raise ModelError(f"{plain(model.name)} belongs to {owner}, and coach removes only its own: it is {path}")
    return [*parts_of(model.path), *partials_of(model.path)]


def _delete(path: Path) -> None:
    try:
        path.unlink()
        folder = path.parent
        while folder != models_folder() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
    except OSError as error:
        raise ModelError(f"{plain(str(path))}: cannot be removed: {error.strerror}") from None
