"""What turns the encoder's states into four logits a criterion, and logits into calibrated probabilities.

Each criterion is read twice: at its own tokens, and at the answer's tokens, weighted by an attention whose query
comes from the criterion's and whose weights also say which words the verdict stands on. The logits of the two
readings are averaged. All of it lives in the GGUF's metadata, since llama.cpp rejects tensors that its architecture
does not know.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from coach.errors import ModelError
from coach.terms import Probabilities

Array = NDArray[np.float32]

FORMAT = 8
"""Of the metadata, and of the sequences that the weights were trained to read."""
PREFIX = "coach.mini."
LEAST = 1e-4
"""The least probability that counts where probabilities are multiplied."""


class Reading(NamedTuple):
    """The logits of a criterion (4), and how much each token of the answer counted."""

    logits: Array
    attention: Array


class Head(NamedTuple):
    """The classifier on top of the encoder; arrays in row-major order, `size` is the encoder's."""

    cls_dense: Array  # size x size
    cls_dense_bias: Array  # size
    cls_out: Array  # 4 x size
    cls_out_bias: Array  # 4
    query: Array  # size
    span: Array  # size x size
    seek: Array  # size x size
    mark: Array  # size x size
    dense: Array  # size x size
    dense_bias: Array  # size
    out: Array  # 4 x size
    out_bias: Array  # 4

    @classmethod
    def load(cls, size: int, metadata: Callable[[str], str | None]) -> Self:
        """From metadata strings, base64 of little-endian f32; ValueError where an array lacks or has another size."""
        found = cls(**{name: _array(metadata(PREFIX + name), shape) for name, shape in shapes_of(size).items()})
        if not all(np.isfinite(array).all() for array in found):
            raise ValueError("the head: it has something in it that is no number")
        return found

    def read(self, states: Array, criterion: slice, answer: slice) -> Reading:
        """Read one criterion in a sequence's states (tokens, size): its tokens with the one before, and the answer's.

        One at a time: for products of two matrices numpy's BLAS wakes threads that take the cores from llama.cpp.
        """
        said = states[answer]
        own = states[criterion.start] + self.span @ states[criterion].mean(0)
        attention = softmax(said @ (self.query + self.seek @ own))
        first = self.cls_out @ np.tanh(self.cls_dense @ own + self.cls_dense_bias) + self.cls_out_bias
        pooled = self.dense @ (attention @ said) + self.mark @ own + self.dense_bias
        second = self.out @ np.tanh(pooled) + self.out_bias
        return Reading((first + second) / 2, attention)


def as_one(whole: Array, claims: Sequence[Array]) -> Array:
    """The logits (4) of a criterion that makes several claims, by its own and theirs.

    Covered is what makes all its claims, contradicted what makes none and turns one. An author may also have meant
    the first claim and explained it by the others; what is read of the criterion as a whole knows of that, and the
    mean of both log-probabilities is taken.
    """
    covered, _, missed, contradicted = np.array([softmax(logits) for logits in claims]).T
    none = np.prod(missed + contradicted)
    silent = np.prod(missed)
    together = [np.prod(covered), 1 - np.prod(covered) - none, silent, none - silent]
    return (np.log(softmax(whole).clip(LEAST)) + np.log(np.clip(together, LEAST, 1))) / 2  # type: ignore[no-any-return]


class Calibration(NamedTuple):
    """From logits to probabilities, and to the confidence in covered-or-not, below whose threshold mini abstains.

    Fitted on answers that the training never saw. The confidence is the chance of being right, by a logistic
    regression on `features`: of verdicts that look equally sure "partial" is right more often than "contradicted".
    The biases are those of whole answers; a short answer to one criterion has none, and `short` for a temperature.
    An answer that does not fit in one window must reach `windowed` in the threshold's place.
    """

    temperature: float = 1.0
    bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    weights: tuple[float, float, float, float, float] = (1.0, 0.0, 0.0, 0.0, 0.0)
    threshold: float = 0.0
    short: float = 1.0
    windowed: float = 0.0

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> Self:
        """From what is said of it among other things; KeyError where it lacks something, ValueError if it is no use."""
        told = {name: about[name] for name in cls._fields}
        found = cls(**{**told, "bias": tuple(told["bias"]), "weights": tuple(told["weights"])})
        temperatures = (found.temperature, found.short)
        thresholds = (found.threshold, found.windowed)
        numbers = np.array([*temperatures, *found.bias, *found.weights, *thresholds], np.float64)
        if (len(found.bias), len(found.weights)) != (4, 5) or not np.isfinite(numbers).all() or min(temperatures) <= 0:
            raise ValueError("the calibration")
        return found

    def probabilities(self, logits: Array, short: bool = False) -> Probabilities:
        """The four probabilities of a criterion's logits; `short` where it is alone and the answer short."""
        scaled = logits / self.short if short else logits / self.temperature + np.asarray(self.bias)
        return Probabilities(*map(float, softmax(scaled)))

    def abstains(self, probabilities: Probabilities, windows: int = 1) -> bool:
        """Whether covered-or-not is too uncertain to say of an answer that was read in so many windows."""
        odds = features(np.array(probabilities)) @ self.weights
        return float(1 / (1 + np.exp(-odds))) < (self.threshold if windows == 1 else self.windowed)


def features(probabilities: NDArray[Any]) -> NDArray[Any]:
    """What the confidence rests on (..., 5): |log-odds of covered|, the other verdicts, and 1."""
    covered = probabilities[..., 0].clip(1e-6, 1 - 1e-6)
    odds = np.abs(np.log(covered / (1 - covered)))
    others = np.moveaxis(probabilities[..., 1:], -1, 0)
    return np.stack([odds, *others, np.ones_like(odds)], axis=-1)


class Settings(NamedTuple):
    """All that the metadata of a mini GGUF holds."""

    version: str
    head: Head
    calibration: Calibration

    @classmethod
    def read(cls, size: int, metadata: Callable[[str], str | None]) -> Self:
        """From metadata strings; ModelError where the file is no mini model of a format that this coach knows."""
        try:
            about = json.loads(metadata(PREFIX + "about") or "{}")
            if about["format"] != FORMAT:
                advice = "upgrade coach" if about["format"] > FORMAT else "get a newer file"
                raise ModelError(f"its format is {about['format']}, this coach reads {FORMAT}; {advice}")
            calibration = Calibration.of(about)
            return cls(about["version"], Head.load(size, metadata), calibration)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"no mini model: its metadata lacks or garbles {error}") from None

    def write(self) -> dict[str, str]:
        """As metadata strings."""
        about: dict[str, Any] = {"format": FORMAT, "version": self.version, **self.calibration._asdict()}
        arrays = {
            name: base64.b64encode(array.astype("<f4").tobytes()).decode()
            for name, array in self.head._asdict().items()
        }
        return {PREFIX + name: value for name, value in {"about": json.dumps(about), **arrays}.items()}


def shapes_of(size: int) -> dict[str, tuple[int, ...]]:
    """The shape of each array of a head."""
    square, row, labels, four = (size, size), (size,), (4, size), (4,)
    query = (row, square, square, square)
    return dict(zip(Head._fields, (square, row, labels, four, *query, square, row, labels, four), strict=True))


def _array(text: str | None, shape: tuple[int, ...]) -> Array:
    return np.frombuffer(base64.b64decode(text or ""), "<f4").reshape(shape)


def softmax(x: NDArray[Any]) -> NDArray[Any]:
    """The probabilities of some logits."""
    e = np.exp(x - x.max())
    return e / e.sum()  # type: ignore[no-any-return]
