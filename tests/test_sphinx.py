"""pocketsphinx: the words and the language model that hints give it, and what it hears with them."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import fmean

import numpy as np
import pocketsphinx
import pytest
from conftest import make_question
from hypothesis import given, settings
from hypothesis import strategies as st
from platformdirs import user_cache_path

from coach.speech import Listener, hints_of
from coach.speech.ngrams import BASE, END, START, Trigrams, mix, train
from coach.speech.sphinx import SHARE
from coach.speech.trie import read_trie, write_trie
from coach.speech.vocabulary import Speaker, glossary, read_dictionary, vocabulary
from coach.terms import Criterion

KNOWN = {
    word: tuple(sounds.split())
    for word, sounds in {
        "a.": "EY", "g.": "JH IY", "p.": "P IY", "u.": "Y UW", "batch": "B AE CH", "cache": "K AE SH",
        "flash": "F L AE SH", "attention": "AH T EH N SH AH N", "prune": "P R UW N", "the": "DH AH",
        "summarize": "S AH M ER AY Z", "auto": "AO T OW", "scaling": "S K EY L IH NG", "paged": "P EY JH D",
    }.items()
}  # fmt: skip
WORDS = (START, END, "a", "b", "c", "d")
SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("cache", "K AE SH"),
        ("GPU", "JH IY P IY Y UW"),
        ("GPUs", "JH IY P IY Y UW Z"),
        ("FlashAttention", "F L AE SH AH T EH N SH AH N"),
        ("batches", "B AE CH IH Z"),
        ("caching", "K AE SH IH NG"),
        ("pruned", "P R UW N D"),
        ("summarization", "S AH M ER AH Z EY SH AH N"),
        ("autoscaling", "AO T OW S K EY L IH NG"),
        ("INT8", "IH N T EY T"),
        ("xqzt", None),
        ("XQZT", None),
    ],
)
def test_a_word_that_no_dictionary_has_is_said_by_rule(word: str, sounds: str | None) -> None:
    assert Speaker(KNOWN).say(word) == (tuple(sounds.split()) if sounds else None)


def test_a_word_that_nobody_can_say_ends_its_phrase() -> None:
    found = vocabulary(["The GPU, batches xqzt cache 70 the"], KNOWN)
    assert found.phrases == (("the", "gpu"), ("batches",), ("cache",), ("the",))
    assert set(found.sounds) == {"gpu", "batches"}
    assert found.written == {"gpu": "GPU"}


def test_hints_are_the_questions_and_the_glossary_and_never_a_criterion() -> None:
    secret = Criterion(id="c", text="Zebras are striped.", follow_up="Are zebras striped?")
    question = make_question(1).model_copy(update={"criteria": (secret,), "reference": "Zebras.", "hint": "Zebras."})
    hints = hints_of([question])
    assert hints[0] == "Why?" and set(hints[1:]) == set(glossary())
    assert not any("ebra" in hint for hint in hints)


def test_every_phrase_of_the_glossary_can_be_said() -> None:
    speaker = Speaker(read_dictionary(Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"))
    assert [word for phrase in glossary() for word in phrase.split() if not speaker.say(word)] == []


def after(model: Trigrams, *context: str) -> np.ndarray:
    """How likely each word of the model is after these."""
    ids = [model.words.index(word) for word in context]
    before = sum(each * BASE**place for place, each in enumerate(ids))
    return model.prob(np.arange(len(model.words), dtype=np.int64) * BASE ** len(ids) + before, len(ids) + 1)


@given(SENTENCES, st.lists(st.sampled_from("abcd"), max_size=2))
def test_what_may_follow_any_words_adds_up_to_one(sentences: list[list[str]], context: list[str]) -> None:
    assert after(train(sentences, WORDS), *context).sum() == pytest.approx(1)


@given(SENTENCES, SENTENCES, st.lists(st.sampled_from("abcd"), max_size=2))
def test_what_may_follow_adds_up_in_a_mixed_model_too(
    general: list[list[str]], hints: list[list[str]], context: list[str]
) -> None:
    mixed = mix(train(general, WORDS), train(hints, (*WORDS, "e")), SHARE)
    assert after(mixed, *context).sum() == pytest.approx(1)


@given(SENTENCES, SENTENCES)
def test_hints_have_their_share_of_a_mixed_model_and_no_more(general: list[list[str]], hints: list[list[str]]) -> None:
    one, other = train(general, WORDS), train(hints, (*WORDS, "e"))
    expected = SHARE * after(other)
    expected[: len(WORDS)] += (1 - SHARE) * after(one)
    assert after(mix(one, other, SHARE)) == pytest.approx(expected)
    assert SHARE <= 0.2  # above, jargon is heard that nobody said


@settings(max_examples=10)
@given(SENTENCES)
def test_a_model_is_read_as_it_was_written_and_pocketsphinx_agrees(sentences: list[list[str]]) -> None:
    model = train(sentences, WORDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trigrams.bin"
        write_trie(model, path)
        read = read_trie(path)
        theirs = pocketsphinx.NGramModel(pocketsphinx.Config(loglevel="FATAL"), pocketsphinx.LogMath(), str(path))
    assert read.words == model.words
    for ours, found in zip(model.grams, read.grams, strict=True):
        assert np.array_equal(ours.keys, found.keys)
        assert found.prob == pytest.approx(np.maximum(ours.prob, 1e-30), rel=0.01)
        assert found.backoff == pytest.approx(ours.backoff, rel=0.01)
    for sentence in sentences:
        for word in sentence[:3]:
            said = pocketsphinx.LogMath().exp(theirs.prob([word, START]))
            assert said == pytest.approx(after(model, START)[WORDS.index(word)], rel=0.01)


def test_a_file_of_another_kind_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"ARPA")
    with pytest.raises(ValueError, match="is no binary trigram model"):
        read_trie(tmp_path / "x.bin")


SAID = "The key value cache stores the tensors of previous tokens, so that they are not computed again."
HINTS = ("What does the KV cache store?", "key and value tensors")


@pytest.mark.skipif(not shutil.which("flite"), reason="flite speaks the sample: apt-get install flite")
def test_a_spoken_answer_is_heard_with_its_jargon(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    subprocess.run(["flite", "-voice", "rms", "-t", SAID, "-o", path], check=True)
    with Listener("pocketsphinx", HINTS) as listener:
        heard = listener.transcript(path)
    assert {"key", "value", "cache", "tensors", "tokens"} <= set(heard.text.split())
    assert heard.draft and heard.engine == "pocketsphinx"
    starts = [word.start for word in heard.words]
    assert starts == sorted(starts) and heard.words[-1].end <= heard.duration + 0.05
    assert fmean(word.prob for word in heard.words) > 0.5
    (model,) = (user_cache_path("coach") / "speech").iterdir()
    assert sorted(file.name for file in model.iterdir()) == ["trigrams.bin", "words.dict"]
