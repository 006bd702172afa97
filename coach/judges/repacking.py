"""llama.cpp's own repacking of 4-bit weights, chosen by hand where it would choose one that crashes.

Compiled for a CPU with AMX, llama.cpp lays weights out for AMX and segfaults at the first product, for compilers may
drop the stores of its tile configuration (ggml-org/llama.cpp#20824). Without any repacking it reads a quarter fewer
tokens a second than with the layout it has for other CPUs, which is asked for here by ggml's public C interface.
"""

import ctypes
import os
from itertools import count, takewhile
from pathlib import Path
from typing import Any

LAYERS = rb"blk\..*\.(attn_(q|k|v|output)|ffn_(up|down))\.weight"
Q4_0 = 2
"""llama.cpp's number for a file of it. Other types cannot all be repacked, and those that cannot end the process."""
CPU = 0
"""ggml's number for the CPU among kinds of devices."""
POINTER, TEXT = ctypes.c_void_p, ctypes.c_char_p


class _Override(ctypes.Structure):
    """llama_model_tensor_buft_override: tensors whose name matches go to a buffer type."""

    _fields_ = (("pattern", TEXT), ("buffer_type", POINTER))


class _HeaderOnly(ctypes.Structure):
    """gguf_init_params: of a file only its header is read."""

    _fields_ = (("no_alloc", ctypes.c_bool), ("context", POINTER))


def avoid_amx(llama: Any, parameters: Any) -> bool:
    """Turn repacking off where it would be for AMX; True where it is."""
    amx = b"AMX_INT8 = 1" in llama.llama_print_system_info()
    parameters.use_extra_bufts = not amx
    return amx


def repack_layers(llama: Any, parameters: Any, path: Path) -> Any:
    """Have the layers of a Q4_0 file repacked without AMX; what is returned must outlive the loading."""
    libraries = Path(llama.__file__).parent / "lib"
    buffer_type = buffer_types(libraries).get(b"CPU_REPACK")
    if buffer_type is None or _file_type(libraries, path) != Q4_0:
        return None
    overrides = (_Override * 2)(_Override(LAYERS, buffer_type), _Override(None, None))
    parameters.tensor_buft_overrides = ctypes.addressof(overrides)
    return overrides


def buffer_types(libraries: Path) -> dict[bytes, int]:
    """The CPU's further buffer types by name; none where llama.cpp's library is not as expected."""
    try:
        llama = _library(libraries)
        name_of = ctypes.CFUNCTYPE(TEXT, POINTER)(("ggml_backend_buft_name", llama))
        device_of = ctypes.CFUNCTYPE(POINTER, ctypes.c_int)(("ggml_backend_dev_by_type", llama))
        registry_of = ctypes.CFUNCTYPE(POINTER, POINTER)(("ggml_backend_dev_backend_reg", llama))
        find = ctypes.CFUNCTYPE(POINTER, POINTER, TEXT)(("ggml_backend_reg_get_proc_address", llama))
    except (OSError, AttributeError):
        return {}
    device = device_of(CPU)
    address = find(registry_of(device), b"ggml_backend_dev_get_extra_bufts")
    if not address:
        return {}
    listed = ctypes.CFUNCTYPE(ctypes.POINTER(POINTER), POINTER)(address)(device)
    return {name_of(each): each for each in takewhile(bool, (listed[i] for i in count()))}


def _file_type(libraries: Path, path: Path) -> int | None:
    """What most of a file's tensors are, by llama.cpp's number; None where its header does not say."""
    llama = _library(libraries)
    read = ctypes.CFUNCTYPE(POINTER, TEXT, _HeaderOnly)(("gguf_init_from_file", llama))
    find = ctypes.CFUNCTYPE(ctypes.c_int64, POINTER, TEXT)(("gguf_find_key", llama))
    value = ctypes.CFUNCTYPE(ctypes.c_uint32, POINTER, ctypes.c_int64)(("gguf_get_val_u32", llama))
    free = ctypes.CFUNCTYPE(None, POINTER)(("gguf_free", llama))
    header = read(os.fsencode(path), _HeaderOnly(True, None))
    if not header:
        return None
    try:
        key = find(header, b"general.file_type")
        return None if key < 0 else value(header, key)
    finally:
        free(header)


def _library(libraries: Path) -> ctypes.CDLL:
    """The library that the package has loaded already, and with it ggml's that it needs; OSError where it is not there.

    The package has copies of ggml's libraries under several names: opened by another, they would be loaded again.
    """
    return ctypes.CDLL(str(libraries / "libllama.so"))
