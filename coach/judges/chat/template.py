"""A model's own chat template, rendered around content that stays data.

The template's text is tokenized with its special tokens; what is put into it never is.
"""

from typing import Any, NamedTuple

from coach.errors import ModelError
from coach.judges.llama import LlamaModel

_PLACE = "coachputsthecontenthere"


class Frame(NamedTuple):
    """The tokens before and after the content of the one user turn."""

    before: list[int]
    after: list[int]


def chat_frame(model: LlamaModel, system: str) -> Frame:
    """The frame of a conversation with this system message; ModelError where the model is no chat model."""
    template = model.metadata("tokenizer.chat_template")
    if not template:
        raise ModelError("this model has no chat template, so it is no instruct model; pull one that is")
    text = _render(model, template, system)
    before, _, after = text.partition(_PLACE)
    tokens = model.tokenize(before, special=True)
    return Frame(_with_first(model, tokens), model.tokenize(after, special=True))


def _render(model: LlamaModel, template: str, system: str) -> str:
    """The rendered conversation; a template that takes no system message gets it in the user's turn."""
    user = {"role": "user", "content": _PLACE}
    joined = {"role": "user", "content": f"{system}\n\n{_PLACE}"}
    for messages in ([{"role": "system", "content": system}, user], [joined]):
        try:
            text = _rendered(model, template, messages)
        except Exception as error:  # a template is a program of the model's author; it may raise anything
            failure: object = error
            continue
        if text.count(_PLACE) == 1 and system[:20] in text:
            return text
        failure = "it does not show the whole conversation"
    raise ModelError(f"the chat template of this model cannot be used ({failure})")


def _rendered(model: LlamaModel, template: str, messages: list[dict[str, str]]) -> str:
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    class Timeless(Jinja2ChatFormatter):  # type: ignore[misc]  # llama_cpp ships no types
        """Templates that print today's date would make grades depend on it."""

        @staticmethod
        def strftime_now(form: str) -> str:
            return "2025-01-01"

    named = {"bos_token": _special(model, "bos"), "eos_token": _special(model, "eos")}
    formatter: Any = Timeless(template=template, **named)
    return str(formatter(messages=messages, enable_thinking=False).prompt)


def _special(model: LlamaModel, name: str) -> str:
    token = getattr(model.llama, f"llama_vocab_{name}")(model.vocabulary)
    return model.text(token).decode(errors="replace") if token >= 0 else ""


def _with_first(model: LlamaModel, tokens: list[int]) -> list[int]:
    """With the token that the model wants to begin with, once."""
    first = model.llama.llama_vocab_bos(model.vocabulary)
    wanted = model.llama.llama_vocab_get_add_bos(model.vocabulary)
    return [first, *tokens] if wanted and tokens[:1] != [first] else tokens
