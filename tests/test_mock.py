"""Mock interviews: levels mixed by a seed, and a report in which every text is data."""

import re
from collections import Counter
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from practice_records import NOON, graded, judged, make

from coach.library import load_library, shipped
from coach.practice import MockAnswer, as_html, as_markdown, mock_of, mock_within, soft_limit
from coach.terms import Attempt, Grade, GradeError, Passage, Question, Verdict

C, P, M, X, U = Verdict
SHIPPED = {f"{bank.bank}/{question.id}": question for bank, question in load_library(shipped("rubrics"))}


@given(st.integers(1, 60), st.integers())
def test_a_mock_interview_has_so_many_different_questions_and_mixes_levels(count: int, seed: int) -> None:
    names = mock_of(SHIPPED, count, seed)
    assert len(names) == len(set(names)) == min(count, len(SHIPPED))
    levels = Counter(SHIPPED[name].level for name in names[: 6 * 5])  # the rarest level has five questions
    assert max(levels.values()) - min(levels.values()) <= 1


@given(st.floats(0, 500), st.integers())
def test_minutes_are_filled_and_not_passed(minutes: float, seed: int) -> None:
    names = mock_within(SHIPPED, minutes, seed)
    lengths = [soft_limit(SHIPPED[name].level) / 60 for name in names]
    whole = mock_of(SHIPPED, len(SHIPPED), seed)
    assert names == whole[: len(names)] and names
    assert sum(lengths) <= minutes or len(names) == 1
    if len(names) < len(whole):
        assert sum(lengths) + soft_limit(SHIPPED[whole[len(names)]].level) / 60 > minutes


def test_a_seed_decides_which_questions() -> None:
    assert mock_of(SHIPPED, 5, 1) == mock_of(SHIPPED, 5, 1)
    assert len({tuple(mock_of(SHIPPED, 5, seed)) for seed in range(20)}) > 10


def test_no_questions_make_no_interview() -> None:
    assert (mock_of({}, 5, 0), mock_within({}, 5, 0)) == ([], [])


HOSTILE = (
    "<script>alert(1)</script> </main><!-- \x1b[2J \u202e\n# A heading\n\n- [x](javascript:alert(1)) **bold** `code`"
    " &lt;b&gt; ~~gone~~ ![i](https://x.y/z.png)\n12. one\n1) two #\n+ three\n    indented\n===\n---\n| a | b |\nhttps://example.org"
)


def answered(question: Question, text: str, grade: Grade | None, at: datetime = NOON) -> MockAnswer:
    return MockAnswer(question, Attempt(question=f"b/{question.id}", at=at, text=text, seconds=90), grade)


def answer(text: str = "One is odd. Two is odd.", claim: str = "Why?") -> MockAnswer:
    """An answer with a verdict of every kind."""
    question = make("one", weights=(1, 1, 1, 1, 1)).model_copy(update={"question": claim})
    verdicts = [judged(f"c{n}", verdict) for n, verdict in enumerate((C, P, M, X, U))]
    quote = Passage(0, len(text), text)
    verdicts = [each.model_copy(update={"evidence": (quote,)}) for each in verdicts]
    return answered(question, text, graded("b/one", *verdicts, score=37.5))


INTERVIEW = [answer(), answered(make("two", "advanced"), "", None, NOON + timedelta(minutes=3))]


def test_the_report_says_what_was_wrong_made_half_made_missed_and_left_open() -> None:
    page = as_markdown(INTERVIEW, NOON)
    assert page.startswith("# Mock interview\n\n2026-01-10 12:00 · 2 questions · 3 min · mean score 38 of 100\n")
    points = re.findall(r"^- \*\*(.+):\*\* (Claim \d)\.(.*)$", page, re.MULTILINE)
    said = " — “One is odd. Two is odd.”"
    assert points == [
        ("Wrong", "Claim 3", said),
        ("Made", "Claim 0", said),
        ("Half made", "Claim 1", said),
        ("Missed", "Claim 2", ""),
        ("Check this yourself", "Claim 4", ""),
    ]
    assert "## 2. Why two?" in page and "Not graded" in page


def test_a_grade_that_failed_says_why() -> None:
    error = GradeError(code="judge", message="the judge broke down", where="here")
    failed = answered(make("one"), "x", graded("b/one", score=None).model_copy(update={"error": error}))
    assert "the judge broke down" in as_markdown([failed], NOON) and "the judge broke down" in as_html([failed], NOON)
    assert "no score" in as_markdown([failed], NOON)


def rendered(markdown: str) -> tuple[set[str], str]:
    """The elements that a Markdown renderer which lets HTML through makes of it, and its text."""
    return parsed(
        MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"]).render(markdown)
    )


class Reader(HTMLParser):
    """Collects the elements, the attributes and the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> tuple[set[str], str]:
    reader = Reader()
    reader.feed(page)
    return reader.elements, "".join(reader.text)


def shown(text: str) -> str:
    return "".join(text.split())


PLAIN_ELEMENTS = {"h1", "h2", "p", "ul", "li", "strong", "blockquote"}


@pytest.mark.parametrize("hostile", HOSTILE.splitlines())
def test_hostile_lines_are_text_in_markdown(hostile: str) -> None:
    elements, text = rendered(as_markdown([answer(hostile or "x", hostile or "x")], NOON))
    assert elements <= PLAIN_ELEMENTS
    assert shown(text).count(shown(hostile).replace("\x1b", "␛").replace("\u202e", "�")) >= 3


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), min_size=1).filter(str.strip))
def test_any_text_is_text_in_both(text: str) -> None:
    interview = [answer(text, text)]
    elements, words = rendered(as_markdown(interview, NOON))
    assert elements <= PLAIN_ELEMENTS
    assert shown(words).count(shown(text)) >= 3
    assert parsed(as_html(interview, NOON))[0] == parsed(as_html([answer()], NOON))[0]


def test_hostile_text_is_text_in_html_and_the_page_stands_alone() -> None:
    page = as_html([answer(HOSTILE, HOSTILE)], NOON)
    reader = Reader()
    reader.feed(page)
    assert reader.elements.isdisjoint({"script", "img", "a", "link", "iframe", "b"})
    assert reader.attributes.isdisjoint({"src", "href", "onerror", "onload"})
    assert "<script>alert(1)</script> </main><!-- ␛[2J" in "".join(reader.text)
    assert "default-src 'none'" in page
    assert "://" not in as_html(INTERVIEW, NOON)


def test_an_interview_without_answers_is_a_page_too() -> None:
    assert "0 questions" in as_markdown([], NOON) and "0 questions" in as_html([], NOON)
