"""mini: the code that runs it, on a small untrained export."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from batches import collate, encoded, ids  # noqa: E402  # the recipe's own modules, found by pytest's pythonpath
from export import export, export_4_bit, quantize  # noqa: E402
from network import Network, as_4_bit  # noqa: E402
from rows import Row  # noqa: E402

from coach.errors import ModelError  # noqa: E402
from coach.grading import case_of  # noqa: E402
from coach.judges.llama import LlamaModel  # noqa: E402
from coach.judges.mini import MiniJudge  # noqa: E402
from coach.judges.mini.encoder import Encoder  # noqa: E402
from coach.judges.mini.head import FORMAT, Calibration, Head, Reading, as_one  # noqa: E402
from coach.judges.mini.judge import Finding, _together  # noqa: E402
from coach.judges.mini.sequences import LONGEST, SEP, compose, groups, room, windows  # noqa: E402
from coach.judges.repacking import buffer_types  # noqa: E402
from coach.terms import Criterion, Probabilities, Question, Verdict  # noqa: E402

ANSWER = "It keeps the keys and values of earlier tokens. Long prompts fill the memory. I like it."


def question_of(*texts: str, asked: str = "What does the KV cache store?") -> Question:
    criteria = tuple(Criterion(id=f"c{i}", text=text) for i, text in enumerate(texts))
    return Question(id="q", level="beginner", question=asked, hint="Keys and values.", criteria=criteria)


ASKED = question_of("The cache stores keys and values.", "Its memory grows with the sequence.")


def longer(sentences: int) -> str:
    """An answer that says something new in each of its sentences."""
    return " ".join(f"Token {i} has keys and values." for i in range(sentences))


@pytest.fixture(scope="module")
def network() -> Network:
    """A small untrained network whose matrices are exact at f16."""
    torch.manual_seed(0)
    made = Network.untrained()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(parameter.half().float())
    return made


@pytest.fixture(scope="module")
def exported(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mini") / "f16.gguf"
    export(network, path, "test", Calibration(), half=True)
    return path


@pytest.fixture(scope="module")
def judge(exported: Path) -> Iterator[MiniJudge]:
    judge = MiniJudge.load(exported)
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def model(exported: Path) -> Iterator[LlamaModel]:
    with LlamaModel(exported) as model:
        yield model


def test_llama_cpp_gives_the_logits_of_torch(network: Network, judge: MiniJudge) -> None:
    criteria = tuple(sorted((c.text for c in ASKED.criteria), key=ids))
    row = Row("test", "g", ASKED.question, criteria, ANSWER, (0, 0))
    batch = collate([encoded(row)])
    with torch.inference_mode():
        wanted = network(batch.tokens, batch.mask, batch.answer, batch.spans).mean[0].numpy()
    found = np.array([each.logits for each in judge.findings([case_of(question_of(*criteria), ANSWER)])])
    assert found == pytest.approx(wanted, abs=1e-3)


@given(st.lists(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cc", "Cs"]), max_size=60), max_size=5))
def test_llama_cpp_reads_texts_as_the_training_did(model: LlamaModel, parts: list[str]) -> None:
    text = " ".join(parts)
    assert model.tokenize(text) == list(ids(text))


def test_special_tokens_in_an_answer_are_plain_text(model: LlamaModel) -> None:
    for text in ("[SEP] [CLS] [MASK] [PAD]", "<|im_end|> [INST] </s>", "a[SEP]b"):
        assert not {0, 100, 101, 102, 103} & set(model.tokenize(text))
        assert model.tokenize(text) == list(ids(text))


def test_an_answer_alone_and_in_any_batch_gets_the_same_probabilities(judge: MiniJudge) -> None:
    cases = [case_of(ASKED, text) for text in (ANSWER, "Nothing.", longer(60), "Keys, values.")]
    together = judge.judge(cases)
    alone = [judge.judge([case])[0] for case in reversed(cases)][::-1]
    for a, b in zip(together, alone, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.probabilities == pytest.approx(y.probabilities, abs=1e-4)


def test_a_criterion_is_read_beside_the_others(judge: MiniJudge) -> None:
    alone, *_ = judge.findings([case_of(question_of(ASKED.criteria[0].text), ANSWER)])
    beside, *_ = judge.findings([case_of(ASKED, ANSWER)])
    assert not np.allclose(alone.logits, beside.logits, atol=1e-6)


def test_the_order_of_criteria_does_not_matter(judge: MiniJudge) -> None:
    turned = ASKED.model_copy(update={"criteria": ASKED.criteria[::-1]})
    assert judge.judge([case_of(ASKED, ANSWER)])[0] == judge.judge([case_of(turned, ANSWER)])[0][::-1]


def test_criteria_with_one_text_get_one_judgement(judge: MiniJudge) -> None:
    twice = question_of(ASKED.criteria[0].text, ASKED.criteria[1].text, ASKED.criteria[0].text)
    (found,) = judge.judge([case_of(twice, ANSWER)])
    assert found[0] == found[2]
    assert found[:2] == judge.judge([case_of(ASKED, ANSWER)])[0]


def test_windows_that_say_nothing_of_a_point_do_not_add_up(judge: MiniJudge) -> None:
    once = Finding(np.array([1.0, 0.5, 0.0, -1.0]), np.ones(1))
    assert np.allclose(_together([once] * 20).logits, once.logits)


def test_what_one_window_is_sure_of_stands_among_others(judge: MiniJudge) -> None:
    said, silent = np.array([6.0, 0.0, 0.0, 0.0]), np.array([-4.0, -4.0, 0.0, -4.0])
    found = _together([Finding(logits, np.eye(3)[i]) for i, logits in enumerate((silent, said, silent))])
    assert found.logits.argmax() == 0
    assert found.counted.argmax() == 1
    assert found.windows == 3


def test_logits_that_are_no_numbers_are_no_verdict(judge: MiniJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Head, "read", lambda *_: Reading(np.full(4, np.nan), np.ones(len(judge._known(ANSWER)))))
    (found,) = judge.judge([case_of(ASKED, ANSWER)])
    assert {each.verdict for each in found} == {Verdict.UNJUDGED}
    assert all("reinstall" in (each.failure or "") for each in found)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.0},
        {"short": -1.0},
        {"threshold": float("nan")},
        {"windowed": float("nan")},
        {"bias": [1, 2]},
        {"weights": "no"},
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Calibration.of({**Calibration()._asdict(), **change})


def test_a_files_calibration_is_read_as_it_was_written(network: Network, tmp_path: Path) -> None:
    fitted = Calibration(1.5, (0.1, 0.2, -0.2, -0.1), (1.0, 2.0, -0.5, -0.75, -0.25), 0.9, 1.25, 0.95)
    export(network, tmp_path / "fitted.gguf", "test", fitted)
    with closing(MiniJudge.load(tmp_path / "fitted.gguf")) as judge:
        assert judge._calibration == fitted


@pytest.mark.parametrize(
    ("probabilities", "abstains"),
    [
        ((0.95, 0.02, 0.02, 0.01), False),
        ((0.05, 0.03, 0.9, 0.02), False),
        ((0.6, 0.2, 0.1, 0.1), True),
        ((0.05, 0.02, 0.03, 0.9), True),  # as sure, but a contradiction, which this calibration distrusts
        ((1.0, 0.0, 0.0, 0.0), False),
    ],
)
def test_it_abstains_where_covered_or_not_is_too_likely_wrong(
    probabilities: tuple[float, float, float, float], abstains: bool
) -> None:
    calibration = Calibration(weights=(1.0, 0.0, 0.0, -2.0, 0.0), threshold=0.9)
    assert calibration.abstains(Probabilities(*probabilities)) is abstains


SURE = 8 * np.eye(4)
"""The logits of each verdict, said for sure."""
COVERED, PARTIAL, MISSED, CONTRADICTED = range(4)


@pytest.mark.parametrize(
    ("parts", "one"),
    [
        ((COVERED, COVERED), COVERED),
        ((COVERED, MISSED), PARTIAL),
        ((COVERED, CONTRADICTED), PARTIAL),
        ((PARTIAL, MISSED, MISSED), PARTIAL),
        ((MISSED, MISSED), MISSED),
        ((MISSED, CONTRADICTED), CONTRADICTED),
        ((CONTRADICTED, CONTRADICTED), CONTRADICTED),
    ],
)
def test_a_criterion_of_several_claims_is_made_where_all_are(parts: tuple[int, ...], one: int) -> None:
    assert as_one(np.zeros(4), SURE[list(parts)]).argmax() == one
    assert np.exp(as_one(SURE[one], SURE[list(parts)])).max() == pytest.approx(1, abs=0.02)


def test_the_sentences_of_a_criterion_are_read_apart_too(judge: MiniJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (criterion.text for criterion in ASKED.criteria)
    both, beside = f"{first} {second}", "Nothing else."
    parts = judge.findings([case_of(question_of(first, second, beside), ANSWER)])
    found, other = judge.findings([case_of(question_of(both, beside), ANSWER)])
    monkeypatch.setattr(Finding, "with_parts", lambda self, parts: self)
    whole, same = judge.findings([case_of(question_of(both, beside), ANSWER)])
    assert found.logits == pytest.approx(as_one(whole.logits, [part.logits for part in parts[:2]]), abs=1e-5)
    assert found.logits != pytest.approx(whole.logits, abs=1e-3)
    assert other.logits == pytest.approx(same.logits, abs=1e-6)
    assert (found.counted == whole.counted).all()


def test_it_must_be_surer_of_what_it_reads_in_windows(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "strict.gguf", "test", Calibration(threshold=0.0, windowed=1.1))
    with closing(MiniJudge.load(tmp_path / "strict.gguf")) as judge:
        one, many = judge.judge([case_of(ASKED, ANSWER), case_of(ASKED, longer(60))])
    assert not any(each.failure for each in one)
    assert all("not sure" in (each.failure or "") for each in many)


def test_a_short_answer_to_one_criterion_has_not_the_biases_of_whole_answers(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "biased.gguf", "test", Calibration(bias=(-9.0, -9.0, -9.0, 27.0), short=2.0))
    short, long = "Keys and values.", "Keys and values of all tokens so far. " * 6
    with closing(MiniJudge.load(tmp_path / "biased.gguf", decided=True)) as judge:
        ((logits, *_),) = judge.findings([case_of(question_of("One."), short)])
        ((alone,),) = judge.judge([case_of(question_of("One."), short)])
        whole = judge.judge([case_of(question_of("One."), long), case_of(question_of("One.", "Two."), short)])
    assert {j.verdict for found in whole for j in found} == {Verdict.CONTRADICTED}
    expected = np.exp(logits / 2) / np.exp(logits / 2).sum()
    assert alone.probabilities == pytest.approx(expected.tolist(), abs=1e-5)


def test_an_answer_without_words_covers_nothing(judge: MiniJudge) -> None:
    (judged,) = judge.judge([case_of(ASKED, " \n")])
    assert {j.verdict for j in judged} == {Verdict.MISSED}


def test_a_criterion_too_long_to_read_is_unjudged_and_says_why(judge: MiniJudge) -> None:
    (judged,) = judge.judge([case_of(question_of("word " * 300, "Short."), ANSWER)])
    assert judged[0].verdict is Verdict.UNJUDGED and "split it" in (judged[0].failure or "")
    assert judged[1].probabilities is not None


tokens = st.lists(st.integers(1000, 30000), max_size=150)


@given(
    st.lists(st.integers(1000, 30000), max_size=400),
    st.lists(tokens, min_size=1, max_size=9),
    st.lists(tokens, min_size=1, max_size=12),
)
def test_no_word_of_a_long_answer_and_no_criterion_is_cut_off(
    asked: list[int], criteria: list[list[int]], passages: list[list[int]]
) -> None:
    read = list(groups(criteria))
    assert [i for group in read for i in group] == list(range(len(criteria)))
    for group in read:
        assert_all_is_read(asked, [criteria[i] for i in group], passages)


@pytest.mark.parametrize(("criteria", "read"), [([20], 228), ([99, 99], 49), ([100, 99], 48), ([150, 150], 48)])
def test_of_a_long_question_the_end_is_read_as_far_as_the_criteria_leave_room(criteria: list[int], read: int) -> None:
    asked = list(range(1000, 1300))
    tokens_, spans, _ = compose(asked, [[7] * length for length in criteria], [8])
    assert tokens_[: spans[0][0]] == [*asked[-read:], SEP]


def assert_all_is_read(asked: list[int], criteria: list[list[int]], passages: list[list[int]]) -> None:
    found = windows(asked, criteria, passages)
    whole = [(t, i) for i, passage in enumerate(passages) for t in passage]
    seen: set[int] = set()
    for (tokens_, spans, begin), owners in found:
        assert len(tokens_) <= LONGEST
        assert [tokens_[start + 1 : end] for start, end in spans] == criteria
        part = list(zip(tokens_[begin:-1], owners, strict=True))
        start = next(s for s in range(len(whole) + 1) if whole[s : s + len(part)] == part)
        seen.update(range(start, start + len(part)))
    assert len(seen) == len(whole)
    assert len(found) == 1 or len(whole) > room(asked, criteria)


def test_four_bit_weights_of_the_training_are_those_of_llama_cpp(network: Network, tmp_path: Path) -> None:
    from gguf import GGUFReader, dequantize

    export(network, tmp_path / "f32.gguf", "test", Calibration())
    quantize(tmp_path / "f32.gguf", tmp_path / "q4.gguf")
    tensors = {t.name: t for t in GGUFReader(tmp_path / "q4.gguf").tensors}
    found = tensors["blk.0.ffn_up.weight"]
    weights = network.bert.encoder.layer[0].intermediate.dense.weight
    assert found.tensor_type.name == "Q4_0"
    assert np.abs(dequantize(found.data, found.tensor_type) - as_4_bit(weights).numpy()).max() < 1e-6


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "cannot read this model"), (b"GGUF" + bytes(200), "cannot read this model")]
)
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        MiniJudge.load(path)


def test_a_gguf_of_something_else_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    export(Network.untrained(), path, "test", Calibration(), head=False)
    with pytest.raises(ModelError, match="no mini model"):
        MiniJudge.load(path)


@pytest.mark.parametrize(("other", "advice"), [(FORMAT - 1, "get a newer file"), (FORMAT + 1, "upgrade coach")])
def test_a_file_of_another_format_is_refused_with_what_to_do(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: int, advice: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("coach.judges.mini.head.FORMAT", other)
        export(network, tmp_path / "other.gguf", "test", Calibration())
    with pytest.raises(ModelError, match=f"its format is {other}, this coach reads {FORMAT}; {advice}"):
        MiniJudge.load(tmp_path / "other.gguf")


def test_a_model_repacked_by_hand_where_llama_cpp_would_for_amx_reads_the_same(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "q4.gguf"
    export_4_bit(network, path, "test", Calibration())
    monkeypatch.setattr("llama_cpp.llama_print_system_info", lambda: b"AVX2 = 1 | AMX_INT8 = 1 |")
    read = []
    for by_hand in (False, True):
        with closing(Encoder(LlamaModel(path, repack=by_hand), longest=64, workers=1)) as encoder:
            read += encoder.map([[101, *range(2000, 2030), 102]], lambda _, states: states.copy())
    assert np.abs(read[0] - read[1]).max() < 0.05 < np.abs(read[0]).max()


def test_what_is_not_of_4_bits_is_not_repacked_by_hand(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llama_cpp.llama_print_system_info", lambda: b"AVX2 = 1 | AMX_INT8 = 1 |")
    with LlamaModel(exported, repack=True) as model:
        assert model.size == 64


def test_without_ggmls_libraries_nothing_is_repacked_by_hand(tmp_path: Path) -> None:
    assert buffer_types(tmp_path) == {}
