"""One prompt in the KV cache, forked into as many continuations as there are questions about it.

What two prompts begin with alike is decoded once. All continuations are decoded together and only
the last token of each is looked at: a question costs its own few tokens and nothing else.
"""

import ctypes
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from coach.errors import JudgeError
from coach.judges.llama import LlamaModel

Logits = NDArray[np.float32]


class Forks:
    """A llama.cpp context whose sequence 0 holds a prompt; the others fork from it."""

    def __init__(self, model: LlamaModel, length: int, most: int, threads: int, batch: int = 512) -> None:
        """`length` tokens in all, `most` continuations at once, none of more than `room` = `batch` tokens."""
        self._model, self._llama = model, model.llama
        self.length, self.most, self.room = length, most, min(batch, length)
        self._context = model.context(
            n_ctx=length,
            n_batch=self.room,
            n_ubatch=self.room,
            n_seq_max=most + 1,
            n_threads=threads,
            n_threads_batch=threads,
            kv_unified=True,
            swa_full=True,
        )
        self._memory = self._llama.llama_get_memory(self._context)
        self._batch = self._llama.llama_batch_init(self.room, 0, 1)
        self._size = self._llama.llama_vocab_n_tokens(model.vocabulary)
        self._held: list[int] = []
        self.decoded = 0
        """Tokens decoded so far, for the benchmark."""

    def hold(self, tokens: Sequence[int]) -> None:
        """Let sequence 0 hold just these tokens; only what differs from before is decoded."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._held, tokens, strict=False)))
        if same < len(self._held) and not self._llama.llama_memory_seq_rm(self._memory, 0, same, -1):
            self._llama.llama_memory_clear(self._memory, True)  # some architectures cannot forget a part
            same = 0
        self._held = list(tokens[:same])
        for start in range(same, len(tokens), self.room):
            part = tokens[start : start + self.room]
            self._decode([(token, start + i, 0, False) for i, token in enumerate(part)])
            self._held += part

    def ask(self, suffixes: Sequence[Sequence[int]]) -> list[Logits]:
        """The logits (vocabulary) after each continuation; what is held stays."""
        found: list[Logits] = []
        group: list[Sequence[int]] = []
        for suffix in suffixes:
            if group and (len(group) == self.most or sum(map(len, group)) + len(suffix) > self.room):
                found += self._ask_together(group)
                group = []
            group.append(suffix)
        return found + self._ask_together(group)

    def _ask_together(self, suffixes: Sequence[Sequence[int]]) -> list[Logits]:
        start, entries, last = len(self._held), [], []
        for number, suffix in enumerate(suffixes, 1):
            self._llama.llama_memory_seq_cp(self._memory, 0, number, -1, -1)
            entries += [(token, start + i, number, i == len(suffix) - 1) for i, token in enumerate(suffix)]
            last.append(len(entries) - 1)
        if entries:
            self._decode(entries)
        found = [self._logits(place) for place in last]
        self._forget(range(1, len(suffixes) + 1))
        return found

    def write(self, suffix: Sequence[int], grammar: str, most: int, go_on: Callable[[], bool]) -> bytes:
        """Text that continues the prompt and `suffix` under a GBNF grammar, greedily.

        It ends with the grammar, after `most` tokens, or when `go_on` says no; what there is then is given.
        """
        self._llama.llama_memory_seq_cp(self._memory, 0, 1, -1, -1)
        sampler = self._sampler(grammar)
        try:
            return self._written(suffix, sampler, most, go_on)
        finally:
            self._llama.llama_sampler_free(sampler)
            self._forget([1])

    def _written(self, suffix: Sequence[int], sampler: object, most: int, go_on: Callable[[], bool]) -> bytes:
        place, fed, out = len(self._held), list(suffix), b""
        for _ in range(most):
            self._decode([(token, place + i, 1, i == len(fed) - 1) for i, token in enumerate(fed)])
            place += len(fed)
            token = self._llama.llama_sampler_sample(sampler, self._context, -1)
            if self._llama.llama_vocab_is_eog(self._model.vocabulary, token) or not go_on():
                break
            out += self._model.text(token)
            fed = [token]
        return out

    def _sampler(self, grammar: str) -> object:
        chain = self._llama.llama_sampler_chain_init(self._llama.llama_sampler_chain_default_params())
        vocabulary = self._model.vocabulary
        constrained = self._llama.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
        self._llama.llama_sampler_chain_add(chain, constrained)
        self._llama.llama_sampler_chain_add(chain, self._llama.llama_sampler_init_greedy())
        return chain

    def close(self) -> None:
        """Free the context and its batch."""
        self._llama.llama_batch_free(self._batch)
        self._llama.llama_free(self._context)

    def _decode(self, entries: Sequence[tuple[int, int, int, bool]]) -> None:
        """Decode (token, position, sequence, wanted) entries."""
        batch = self._batch
        batch.n_tokens = len(entries)
        for i, (token, position, sequence, wanted) in enumerate(entries):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position, 1
            batch.seq_id[i][0], batch.logits[i] = sequence, wanted
        if status := self._llama.llama_decode(self._context, batch):
            raise JudgeError(f"llama.cpp could not decode {len(entries)} tokens (status {status})")
        self.decoded += len(entries)

    def _logits(self, place: int) -> Logits:
        pointer = self._llama.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (self._size,)).copy()

    def _forget(self, sequences: Sequence[int]) -> None:
        for sequence in sequences:
            self._llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
