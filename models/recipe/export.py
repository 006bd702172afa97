"""From a checkpoint to GGUF: the encoder as llama.cpp's `bert`, the head in the metadata, quantized to 4 bits."""

import argparse
import ctypes
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import torch
from network import BASE, Network, mean_of

from coach.judges.mini.head import Calibration, Head, Settings

MODELS = Path(__file__).parent.parent
SPECIAL = {"bos": "[CLS]", "eos": "[SEP]", "unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]"}
LAYER = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}
"""llama.cpp's names of a layer's tensors, and transformers'."""


def export(
    network: Network, path: Path, version: str, calibration: Calibration, half: bool = False, head: bool = True
) -> None:
    """Write the network at f32, or with its matrices at f16; without its head it is a plain BERT."""
    writer = gguf.GGUFWriter(path, "bert")
    _describe(writer, network)
    _vocabulary(writer)
    for key, value in Settings(version, head_of(network), calibration).write().items() if head else ():
        writer.add_string(key, value)
    for name, tensor in tensors(network):
        array = _array(tensor)
        matrix = array.ndim == 2 and name not in ("position_embd.weight", "token_types.weight")
        writer.add_tensor(name, array.astype(np.float16) if half and matrix else array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantize(source: Path, target: Path, embeddings: int = llama_cpp.GGML_TYPE_Q5_0) -> None:
    """Q4_0 for the layers and `embeddings` (a ggml type) for the token embeddings."""
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0
    parameters.token_embedding_type = embeddings
    status = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))
    if status:
        raise RuntimeError(f"llama.cpp could not quantize {source} (status {status})")


def export_4_bit(network: Network, path: Path, version: str, calibration: Calibration) -> None:
    """Write the file that is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        export(network, Path(folder) / "f32.gguf", version, calibration)
        quantize(Path(folder) / "f32.gguf", path)


def head_of(network: Network) -> Head:
    """The head's arrays."""
    return Head(**{name: _array(parameter) for name, parameter in linears(network)})


def linears(network: Network) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights of the head by the names of its fields."""
    yield "query", network.query.weight[0]
    for name in ("span", "seek", "mark"):
        yield name, getattr(network, name).weight
    for name in ("cls_dense", "cls_out", "dense", "out"):
        yield name, getattr(network, name).weight
        yield f"{name}_bias", getattr(network, name).bias


def _describe(writer: gguf.GGUFWriter, network: Network) -> None:
    config = network.bert.config
    writer.add_name("coach mini")
    writer.add_license("Apache-2.0 (base weights), MIT (training)")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.NONE)


def _vocabulary(writer: gguf.GGUFWriter) -> None:
    """WordPiece as llama.cpp has it: pieces lose `##`, and others begin with U+2581."""
    vocabulary = json.loads((BASE / "tokenizer.json").read_text())["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    special = set(SPECIAL.values())
    writer.add_tokenizer_model("bert")
    writer.add_token_list([p if p in special else p[2:] if p.startswith("##") else "\u2581" + p for p in pieces])
    types = [gguf.TokenType.CONTROL if p in special else gguf.TokenType.NORMAL for p in pieces]
    writer.add_token_types(types)
    writer.add_token_type_count(2)
    for name, piece in SPECIAL.items():
        getattr(writer, f"add_{name}_token_id")(vocabulary[piece])


def tensors(network: Network) -> Iterator[tuple[str, torch.Tensor]]:
    """The encoder's weights by llama.cpp's names."""
    embeddings = network.bert.embeddings
    yield "token_embd.weight", embeddings.word_embeddings.weight
    yield "position_embd.weight", embeddings.position_embeddings.weight
    yield "token_types.weight", embeddings.token_type_embeddings.weight
    for kind in ("weight", "bias"):
        yield f"token_embd_norm.{kind}", getattr(embeddings.LayerNorm, kind)
        for i, layer in enumerate(network.bert.encoder.layer):
            for theirs, ours in LAYER.items():
                yield f"blk.{i}.{theirs}.{kind}", getattr(layer.get_submodule(ours), kind)


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().numpy()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="+", help="of several the mean of their weights is taken")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path)
    where.add_argument("--ship", action="store_true", help="write models/mini-<version>-q4.gguf and the manifest")
    parser.add_argument("--version", default="next")
    parser.add_argument("--calibration", type=Path, help="what calibrate.py wrote; without it probabilities are raw")
    parser.add_argument("--type", choices=("q4", "f16", "f32"), default="q4")
    options = parser.parse_args()
    network = Network.pretrained()
    network.load_state_dict(mean_of(options.checkpoint))
    calibration = Calibration.of(json.loads(options.calibration.read_text())) if options.calibration else Calibration()
    out = options.out or MODELS / f"mini-{options.version}-q4.gguf"
    if options.type == "q4":
        export_4_bit(network, out, options.version, calibration)
    else:
        export(network, out, options.version, calibration, half=options.type == "f16")
    if options.ship:
        write_manifest(out)


def write_manifest(model: Path) -> None:
    """Name the shipped model with its hash, for the judge to check."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    manifest = {"mini": {"file": model.name, "sha256": digest, "bytes": model.stat().st_size}}
    (MODELS / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
