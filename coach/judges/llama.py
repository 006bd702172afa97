"""A GGUF model in llama.cpp: what the judges that run in this process share."""

import ctypes
import gc
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self

from coach.errors import ModelError
from coach.judges.repacking import avoid_amx, repack_layers


class LlamaModel:
    """The weights, vocabulary and metadata of one file; contexts are made from it."""

    def __init__(self, path: Path, gpu_layers: int = 0, repack: bool = False) -> None:
        """Map the file into memory, `repack` one of BERT by hand where needed; ModelError where it cannot be read."""
        self.llama: Any = llama()
        _silence(self.llama)
        parameters = self.llama.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        amx = avoid_amx(self.llama, parameters)
        kept = repack_layers(self.llama, parameters, path) if amx and repack else None
        self.handle = self.llama.llama_model_load_from_file(os.fsencode(path), parameters)
        del kept
        if not self.handle:
            raise ModelError(f"{path}: llama.cpp cannot read this model; it is damaged or no GGUF")
        self.size: int = self.llama.llama_model_n_embd(self.handle)
        self.vocabulary = self.llama.llama_model_get_vocab(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def metadata(self, key: str) -> str | None:
        """A string of the file's metadata."""
        length = self.llama.llama_model_meta_val_str(self.handle, key.encode(), None, 0)
        if length < 0:
            return None
        buffer = ctypes.create_string_buffer(length + 1)
        self.llama.llama_model_meta_val_str(self.handle, key.encode(), buffer, length + 1)
        return buffer.value.decode()

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        """The text's tokens; nothing in it is read as a special token unless `special` says so."""
        data = text.encode(errors="replace").replace(b"\0", b" ")
        most = len(data) + 8
        tokens = (self.llama.llama_token * most)()
        count = self.llama.llama_tokenize(self.vocabulary, data, len(data), tokens, most, False, special)
        return list(tokens[: max(0, count)])

    def text(self, token: int) -> bytes:
        """The bytes that a token stands for; special tokens are shown by their names."""
        buffer = ctypes.create_string_buffer(256)
        length = self.llama.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, True)
        return buffer.raw[: max(0, length)]

    def context(self, **settings: Any) -> Any:
        """A llama.cpp context with these of its parameters set; ModelError where there is no room for it."""
        parameters = self.llama.llama_context_default_params()
        for name, value in settings.items():
            setattr(parameters, name, value)
        context = self.llama.llama_init_from_model(self.handle, parameters)
        if not context:
            raise ModelError("llama.cpp cannot open a context for this model; is there enough memory?")
        return context

    def close(self) -> None:
        """Free the model; its contexts must be free already."""
        if self.handle:
            self.llama.llama_model_free(self.handle)
            self.handle = None


def as_tokens(llama: Any, tokens: Sequence[int]) -> Any:
    """Token ids as llama.cpp takes them."""
    return (llama.llama_token * len(tokens))(*tokens)


def llama() -> Any:
    """The module llama_cpp; importing it takes 0.1 s, and a fifth more if Python looks for cycles meanwhile."""
    with _importing:
        looked = gc.isenabled() and "llama_cpp" not in sys.modules
        if looked:
            gc.disable()
        try:
            import llama_cpp
        finally:
            if looked:
                gc.enable()
    return llama_cpp


_importing = Lock()


def digest_of(path: Path) -> str:
    """The sha256 of a file; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def usable_cores() -> int:
    """The cores that this process may run on, at least one."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux has it
        return os.cpu_count() or 1


def idle_cores() -> int:
    """Physical cores that nothing else keeps busy, at least one: ggml's threads wait for their slowest."""
    siblings = {path.read_text() for path in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/core_cpus_list")}
    busy = round(os.getloadavg()[0]) if hasattr(os, "getloadavg") else 0
    return max(1, min(len(siblings) or usable_cores(), usable_cores()) - busy)


def _silence(module: Any) -> None:
    """Keep llama.cpp's log off the terminal; the callback must outlive the process's use of it."""
    global _log
    _log = _log or module.llama_log_callback(lambda *_: None)
    module.llama_log_set(_log, ctypes.c_void_p(0))


_log: Any = None
