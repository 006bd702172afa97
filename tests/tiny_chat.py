"""A chat model with random weights, built from nothing: for tests, and in the shape of a real one for the benchmark."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MERGES = ("t h", "th e", "i n", "a n", "e r", "o n", "r e", "\u0120 t", "\u0120t he", "\u0120 a", "\u0120 s")
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


class Shape(NamedTuple):
    """The size of a llama-like model; the defaults are tiny."""

    size: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    inner: int = 128
    vocabulary: int = 512
    context: int = 4096


TINY = Shape()


def build(
    path: Path, shape: Shape = TINY, seed: int = 0, template: str | None = TEMPLATE, merges: Sequence[str] = MERGES
) -> Path:
    """Write the model; matrices at f16, a byte-level tokenizer, a ChatML template."""
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, shape)
    _tokenizer(writer, shape.vocabulary, merges)
    if template:
        writer.add_chat_template(template)
    rng = np.random.default_rng(seed)
    for name, dims in _tensors(shape).items():
        if len(dims) == 1:
            writer.add_tensor(name, np.ones(dims, np.float32))
        else:
            spread = (2.0 if name == "token_embd.weight" else 1.5) / np.sqrt(dims[1])
            writer.add_tensor(name, (rng.standard_normal(dims, np.float32) * spread).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name("tiny")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.size)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(shape.size // shape.heads)
    writer.add_vocab_size(shape.vocabulary)


def _tokenizer(writer: gguf.GGUFWriter, size: int, merges: Sequence[str]) -> None:
    """GPT-2's bytes, merges, three special tokens, and unused ones up to `size`."""
    pieces = _byte_characters()
    pieces += [merge.replace(" ", "") for merge in merges]
    unused = [f"<unused{i}>" for i in range(size - len(pieces) - len(SPECIAL))]
    kinds = [gguf.TokenType.NORMAL] * len(pieces) + [gguf.TokenType.UNUSED] * len(unused)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*pieces, *unused, *SPECIAL])
    writer.add_token_types([*kinds, *[gguf.TokenType.CONTROL] * len(SPECIAL)])
    writer.add_token_merges(list(merges))
    writer.add_bos_token_id(size - 3)
    writer.add_eos_token_id(size - 1)
    writer.add_add_bos_token(False)


def _byte_characters() -> list[str]:
    """The printable character that GPT-2 writes for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = iter(range(256, 512))
    return [chr(b) if b in kept else chr(next(moved)) for b in range(256)]


def _tensors(shape: Shape) -> dict[str, tuple[int, ...]]:
    keys = shape.size * shape.kv_heads // shape.heads
    named: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (shape.vocabulary, shape.size),
        "output_norm.weight": (shape.size,),
    }
    for i in range(shape.layers):
        named |= {
            f"blk.{i}.attn_norm.weight": (shape.size,),
            f"blk.{i}.attn_q.weight": (shape.size, shape.size),
            f"blk.{i}.attn_k.weight": (keys, shape.size),
            f"blk.{i}.attn_v.weight": (keys, shape.size),
            f"blk.{i}.attn_output.weight": (shape.size, shape.size),
            f"blk.{i}.ffn_norm.weight": (shape.size,),
            f"blk.{i}.ffn_gate.weight": (shape.inner, shape.size),
            f"blk.{i}.ffn_up.weight": (shape.inner, shape.size),
            f"blk.{i}.ffn_down.weight": (shape.size, shape.inner),
        }
    return named
