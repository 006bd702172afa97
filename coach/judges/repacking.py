"""llama.cpp's own repacking of 4-bit weights, chosen by hand where it would choose one that crashes.

Compiled for a CPU with AMX, llama.cpp lays weights out for AMX and segfaults at the first product, for compilers may
drop the stores of its tile configuration (ggml-org/llama.cpp#20824). Without any repacking it reads a quarter fewer
tokens a second than with the layout it has for other CPUs, which is asked for here by ggml's public C interface.
"""

import ctypes
import os
import sys
from itertools import count, takewhile
from pathlib import Path
from typing import Any

LAYERS = rb"blk\..*\.(attn_(q|k|v|output)|ffn_(up|down))\.weight"
Q4_0 = b"2"
"""llama.cpp's number for a file of it. Other types cannot all be repacked, and those that cannot end the process."""
CPU = 0
"""ggml's number for the CPU among kinds of devices."""


class _Override(ctypes.Structure):
    """llama_model_tensor_buft_override: tensors whose name matches go to a buffer type."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


def avoid_amx(llama: Any, parameters: Any) -> bool:
    """Turn repacking off where it would be for AMX; True where it is."""
    amx = b"AMX_INT8 = 1" in llama.llama_print_system_info()
    parameters.use_extra_bufts = not amx
    return amx


def repack_layers(llama: Any, parameters: Any, path: Path) -> Any:
    """Have the layers of a Q4_0 file repacked without AMX; what is returned must outlive the loading."""
    buffer_type = buffer_types(Path(llama.__file__).parent / "lib").get(b"CPU_REPACK")
    if buffer_type is None or _file_type(llama, path) != Q4_0:
        return None
    overrides = (_Override * 2)(_Override(LAYERS, buffer_type), _Override(None, None))
    parameters.tensor_buft_overrides = ctypes.addressof(overrides)
    return overrides


def _file_type(llama: Any, path: Path) -> bytes:
    """What most of a file's tensors are, by llama.cpp's number; nothing where it cannot be read."""
    parameters = llama.llama_model_default_params()
    parameters.vocab_only = True
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        return b""
    found = ctypes.create_string_buffer(16)
    llama.llama_model_meta_val_str(model, b"general.file_type", found, len(found))
    llama.llama_model_free(model)
    return found.value


def buffer_types(libraries: Path) -> dict[bytes, int]:
    """The CPU's further buffer types by name; none where ggml's libraries are not as expected."""
    pointer = ctypes.c_void_p
    try:
        base, ggml = _library(libraries, "ggml-base"), _library(libraries, "ggml")
        name_of = ctypes.CFUNCTYPE(ctypes.c_char_p, pointer)(("ggml_backend_buft_name", base))
        device_of = ctypes.CFUNCTYPE(pointer, ctypes.c_int)(("ggml_backend_dev_by_type", ggml))
        registry_of = ctypes.CFUNCTYPE(pointer, pointer)(("ggml_backend_dev_backend_reg", base))
        find = ctypes.CFUNCTYPE(pointer, pointer, ctypes.c_char_p)(("ggml_backend_reg_get_proc_address", base))
    except (OSError, AttributeError):
        return {}
    device = device_of(CPU)
    address = find(registry_of(device), b"ggml_backend_dev_get_extra_bufts")
    if not address:
        return {}
    listed = ctypes.CFUNCTYPE(ctypes.POINTER(pointer), pointer)(address)(device)
    return {name_of(each): each for each in takewhile(bool, (listed[i] for i in count()))}


def _library(folder: Path, name: str) -> ctypes.CDLL:
    """A library of the package by its name on this system; OSError where it is not there."""
    suffixes = {"darwin": "lib{}.dylib", "win32": "{}.dll"}
    return ctypes.CDLL(str(folder / suffixes.get(sys.platform, "lib{}.so").format(name)))
