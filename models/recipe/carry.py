"""From a mini file back to a checkpoint to train on: its weights as its 4 bits hold them.

python models/recipe/carry.py models/mini-0.9.1-q4.gguf --out runs/carried/last.pt
"""

import argparse
from itertools import chain
from pathlib import Path

import gguf
import numpy as np
import torch
from export import linears, tensors
from network import Network

from coach.judges.mini.head import Head


def carried(path: Path) -> Network:
    """A network with the weights of a mini file."""
    reader = gguf.GGUFReader(path)
    network = Network.pretrained()
    head = Head.load(network.bert.config.hidden_size, lambda key: reader.fields[key].contents())
    found = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in reader.tensors} | head._asdict()
    with torch.no_grad():
        for name, parameter in chain(tensors(network), linears(network)):
            parameter.copy_(torch.from_numpy(np.array(found[name])))
    return network


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": carried(options.model).state_dict()}, options.out)


if __name__ == "__main__":
    main()
