"""What Ollama has pulled, read from its own folder.

<store>/manifests/<host>/<namespace>/<model>/<tag>      JSON; the layer of weights names a blob
<store>/manifests-v2/...                                newer: may list several manifests, whole or by digest
<store>/blobs/sha256-<digest>                           the weights, or such a listed manifest

A digest is checked before it becomes a path.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from coach.shelf.gguf import files_under, is_gguf, text_of

LINUX_SERVICE = Path("/usr/share/ollama/.ollama/models")
HOSTS = ("registry.ollama.ai", "ollama.com")
WEIGHTS = "application/vnd.ollama.image.model"

_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


class OllamaModel(NamedTuple):
    """A name as Ollama writes it (`qwen3:0.6b`) and the blob with its weights."""

    name: str
    blob: Path


def ollama_models() -> Iterator[OllamaModel]:
    """Every model of Ollama's whose weights are a GGUF file."""
    for store in stores():
        for manifests in (store / "manifests-v2", store / "manifests"):
            for tag in files_under(manifests):
                name = _name(*tag.relative_to(manifests).parts)
                blobs = _weights(store, _json(tag))
                yield from (OllamaModel(name, blob) for blob in blobs if is_gguf(blob))


def stores() -> tuple[Path, ...]:
    """Where Ollama keeps models: where it was told to, else at home and where its Linux service does."""
    named = os.environ.get("OLLAMA_MODELS")
    return (Path(named).expanduser(),) if named else (Path.home() / ".ollama" / "models", LINUX_SERVICE)


def _name(*place: str) -> str:
    *where, tag = place
    if where and where[0] in HOSTS:
        where = where[2:] if where[1:2] == ["library"] else where[1:]
    return f"{'/'.join(where)}:{tag}"


def _weights(store: Path, manifest: Any) -> Iterator[Path]:
    for each in (manifest, *(_listed(store, child) for child in _dicts(manifest, "manifests"))):
        for layer in _dicts(each, "layers"):
            if layer.get("mediaType") == WEIGHTS:
                yield from _blob(store, layer)


def _listed(store: Path, child: dict[str, Any]) -> Any:
    """A listed manifest: here already, or in the blob that its digest names."""
    return child if "layers" in child else next((_json(blob) for blob in _blob(store, child)), None)


def _blob(store: Path, layer: dict[str, Any]) -> Iterator[Path]:
    if digest := _DIGEST.fullmatch(str(layer.get("digest"))):
        yield store / "blobs" / f"sha256-{digest[1]}"


def _dicts(data: Any, key: str) -> list[dict[str, Any]]:
    items = data.get(key) if isinstance(data, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _json(path: Path) -> Any:
    try:
        return json.loads(text_of(path))
    except (ValueError, RecursionError):
        return None
