"""GGUF models on this machine: coach's own, and those of other programs, found in place.

<data>/coach/models/<owner>/<repo>/<file>                         coach
<hub cache>/models--<owner>--<repo>/snapshots/<revision>/<file>   huggingface_hub
<home>/.lmstudio/models/<owner>/<repo>/<file>                     LM Studio
and Ollama's, see `ollama.py`

Names that stand there were given by others: they are escaped where they are shown.
"""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple

from platformdirs import user_data_path

from coach.errors import ModelError
from coach.plain import plain
from coach.shelf.catalogue import HubFile, hub_file, load_catalogue, name_of
from coach.shelf.gguf import children, is_file, is_gguf, models_under, size_of, text_of
from coach.shelf.ollama import ollama_models

Source = Literal["coach", "Hugging Face cache", "LM Studio", "Ollama", "file"]


class InstalledModel(NamedTuple):
    """A GGUF model on this machine; `size` in bytes, of all parts where it is split."""

    name: str
    path: Path
    source: Source
    size: int


def models_folder() -> Path:
    """Where coach keeps the models that it has pulled."""
    return user_data_path("coach") / "models"


def place_of(file: HubFile) -> Path:
    """Where coach keeps a hub's file."""
    return models_folder() / file.repository / file.file


def installed_models() -> list[InstalledModel]:
    """Every GGUF model on this machine, coach's own first; one of a name and a source."""
    first: dict[tuple[str, Source], InstalledModel] = {}
    for model in (*_own(), *_hub_cache(), *_lm_studio(), *_ollama()):
        first.setdefault((model.name, model.source), model)
    return list(first.values())


def find_model(name: str) -> InstalledModel:
    """The model of this name on this machine.

    A catalogue name, `hf:<owner>/<repo>/<file>`, `ollama:<model>:<tag>`, a file's name with or without
    `.gguf`, or the path of a GGUF file. ModelError says what is installed and how to pull.
    """
    models = installed_models()
    if path := _named_file(name):
        return next((model for model in models if model.path == path), _by_path(path))
    exact = [model for model in models if model.name == _full_name(name)]
    found = exact or [model for model in models if name in (model.path.name, model.path.stem)]
    if len({model.name for model in found}) == 1:
        return found[0]
    raise ModelError(_several(name, found) if found else _none(name, models))


def _named_file(name: str) -> Path | None:
    path = (Path(name).expanduser() if name.startswith("~/") else Path(name)).absolute()
    is_a_path = name.endswith(".gguf") or path.name != name
    return path if is_a_path and is_file(path) else None


def _by_path(path: Path) -> InstalledModel:
    if not is_gguf(path):
        raise ModelError(f"{plain(str(path))}: is no GGUF file")
    return InstalledModel(str(path), path, "file", size_of(path))


def _full_name(name: str) -> str:
    """The name as `installed_models` has it: catalogue names before `hf:` names, Ollama's with their tag."""
    if name.startswith("ollama:"):
        return name if ":" in name.removeprefix("ollama:") else f"{name}:latest"
    file = hub_file(name)
    return name_of(file) if file else name


def _several(name: str, models: list[InstalledModel]) -> str:
    return f"several models are called {name!r}; write one of " + ", ".join(plain(model.name) for model in models)


def _none(name: str, models: list[InstalledModel]) -> str:
    if hub_file(name):
        return f"{name} is not on this machine; get it with: coach models pull {name}\n{_installed(models)}"
    near = get_close_matches(name, [*(model.name for model in models), *load_catalogue()], n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"no model is called {name!r}{meant}\n{_installed(models)}; 'coach models list' shows what can be pulled"


def _installed(models: list[InstalledModel]) -> str:
    names = dict.fromkeys(plain(model.name) for model in models)
    return f"installed: {', '.join(names)}" if names else "no model is installed"


def _own() -> Iterator[InstalledModel]:
    return _in_folders_of_owners(models_folder(), "coach")


def _lm_studio() -> Iterator[InstalledModel]:
    for folder in (Path.home() / ".lmstudio" / "models", Path.home() / ".cache" / "lm-studio" / "models"):
        yield from _in_folders_of_owners(folder, "LM Studio")


def _in_folders_of_owners(folder: Path, source: Source) -> Iterator[InstalledModel]:
    for path in models_under(folder):
        yield InstalledModel(_name_by_place(path.relative_to(folder)), path, source, size_of(path))


def _hub_cache() -> Iterator[InstalledModel]:
    for repository in children(hub_cache()):
        kind, *owner_and_name = repository.name.split("--")
        for snapshot in _snapshots(repository) if kind == "models" else ():
            for path in models_under(snapshot):
                name = _name_by_place(Path(*owner_and_name, path.relative_to(snapshot)))
                yield InstalledModel(name, path, "Hugging Face cache", size_of(path))


def hub_cache() -> Path:
    """The cache of huggingface_hub, which is not imported for this."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(named or Path(os.environ.get("HF_HOME") or home) / "hub").expanduser()


def _snapshots(repository: Path) -> list[Path]:
    """The revisions of a repository, the one that `main` stands for first."""
    main = text_of(repository / "refs" / "main")
    return sorted(children(repository / "snapshots"), key=lambda snapshot: (snapshot.name != main, snapshot.name))


def _name_by_place(place: Path) -> str:
    """The name of <owner>/<repo>/<file>; of a file that lies elsewhere its stem."""
    match place.parts:
        case (owner, repo, *file) if file:
            return name_of(HubFile(f"{owner}/{repo}", "/".join(file)))
        case _:
            return place.stem


def _ollama() -> Iterator[InstalledModel]:
    for model in ollama_models():
        yield InstalledModel(f"ollama:{model.name}", model.blob, "Ollama", size_of(model.blob))
