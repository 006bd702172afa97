"""A BERT encoder in llama.cpp: token ids in, the last layer's states out.

ggml waits at a barrier after every operation, so that a second thread costs more than it gives as
soon as another process wants its core. Each context therefore has one thread, and the sequences are
spread over several contexts that share the weights. A sequence is one call: what it gives
cannot depend on what it was batched with, and attention never pays for its neighbours. The longest
go first: the contexts end together, and llama.cpp makes room for an output only once.
"""

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.judges.llama import LlamaModel, as_tokens, usable_cores

States = NDArray[np.float32]
T = TypeVar("T")

MOST_WORKERS = 8


class Encoder:
    """An encoder with one context per usable core; safe to use from several threads."""

    def __init__(self, model: LlamaModel, longest: int, workers: int | None = None) -> None:
        """`longest` is the most tokens in a sequence."""
        self.model = model
        self._longest = longest
        self._workers = workers or min(MOST_WORKERS, usable_cores())
        self._idle: SimpleQueue[_Context] = SimpleQueue()
        self._pool = ThreadPoolExecutor(self._workers, "mini")
        self._made = 0
        self._making = Lock()

    def map(self, sequences: Sequence[list[int]], use: Callable[[int, States], T]) -> list[T]:
        """Encode each sequence and hand its number and states (tokens, size) to `use`; results in order."""
        alone = len(sequences) < 2 or self._workers == 1
        spread = map if alone else self._pool.map
        longest_first = sorted(range(len(sequences)), key=lambda i: -len(sequences[i]))
        used = spread(lambda i: self._encode(i, sequences[i], use), longest_first)
        found = dict(zip(longest_first, used, strict=True))
        return [found[i] for i in range(len(sequences))]

    def close(self) -> None:
        """Free the contexts and the model."""
        self._pool.shutdown()
        while not self._idle.empty():
            self._idle.get().close()
        self.model.close()

    def _encode(self, number: int, tokens: list[int], use: Callable[[int, States], T]) -> T:
        context = self._borrow()
        try:
            return use(number, context.encode(tokens))
        finally:
            self._idle.put(context)

    def _borrow(self) -> "_Context":
        with self._making:
            if self._idle.empty() and self._made < self._workers:
                context = _Context(self.model, self._longest)
                self._made += 1
                return context
        return self._idle.get()


class _Context:
    """One llama.cpp context with one thread, and its batch."""

    def __init__(self, model: LlamaModel, longest: int) -> None:
        self._llama, self._size = model.llama, model.size
        self._context = model.context(
            n_ctx=longest,
            n_batch=longest,
            n_ubatch=longest,
            n_seq_max=1,
            n_threads=1,
            n_threads_batch=1,
            embeddings=True,
            pooling_type=model.llama.LLAMA_POOLING_TYPE_NONE,
        )
        self._batch = self._llama.llama_batch_init(longest, 0, 1)
        for i in range(longest):
            self._batch.pos[i], self._batch.n_seq_id[i], self._batch.seq_id[i][0], self._batch.logits[i] = i, 1, 0, 1

    def encode(self, tokens: list[int]) -> States:
        """The states of a sequence; valid until the next call."""
        self._batch.n_tokens = len(tokens)
        ctypes.memmove(self._batch.token, as_tokens(self._llama, tokens), 4 * len(tokens))
        if status := self._llama.llama_encode(self._context, self._batch):
            raise ModelError(f"llama.cpp could not encode {len(tokens)} tokens (status {status})")
        states = self._llama.llama_get_embeddings(self._context)
        return np.ctypeslib.as_array(states, shape=(len(tokens), self._size))

    def close(self) -> None:
        """Free the context and its batch."""
        self._llama.llama_batch_free(self._batch)
        self._llama.llama_free(self._context)
