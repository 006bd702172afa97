"""The page of a report in a real browser; skipped where no Chromium is installed."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_report import FOUR, HOSTILE, C, M, P, U, X, broken, graded, grades_file

from coach.library import Library
from coach.report import write_report
from coach.terms import Grade, Passage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(name="browser", scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: "Browser") -> Iterator["Page"]:
    """A tab in which a dialog, a word on the console or a request to a network fails the test."""
    page, seen = browser.new_page(), []
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: seen.append(f"console {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error {error}"))
    page.on("request", lambda request: request.url.startswith("file:") or seen.append(f"request {request.url}"))
    yield page
    page.close()
    assert seen == []


def opened(tab: "Page", folder: Path, library: Library, grades: list[Grade]) -> None:
    out = folder / "report.html"
    write_report(grades_file(folder, grades), library, out)
    tab.goto(out.as_uri())


def ids(tab: "Page") -> list[str]:
    return tab.locator("#rows .toggle").all_inner_texts()


def press(tab: "Page", *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def test_hostile_answers_show_as_text(tab: "Page", tmp_path: Path, library: Library) -> None:
    answer = f"<img src=x onerror=alert(1)> {HOSTILE} \u200f\u05d0\u05d1 end"
    grades = [graded(HOSTILE, X, U, C, answer=answer), broken("<b>bad</b>", HOSTILE)]
    opened(tab, tmp_path, library, grades)
    for toggle in tab.locator("#rows .toggle").all():
        toggle.click()
    said = tab.locator(".said").first.evaluate(
        "e => [...e.querySelectorAll('sup')].forEach(s => s.remove()) ?? e.textContent"
    )
    assert said == answer.replace("\x00", "␀").replace("\x1b", "␛").replace("\u202e", "\ufffd")
    assert tab.locator("main img, main script, main b b").count() == 0
    assert "</script><script>alert(1)</script><!--" in tab.locator(".detail .notice").inner_text()


def test_quotes_are_marked_in_place_with_sign_and_number(tab: "Page", tmp_path: Path, library: Library) -> None:
    answer = "😀 One is first. One is even."
    grade = graded("a", C, X, M, answer=answer)
    spans = [(2, 15), (16, 28), (0, 1)]
    criteria = tuple(
        each.model_copy(update={"evidence": (Passage(start, end, answer[start:end]),)})
        for each, (start, end) in zip(grade.criteria, spans, strict=True)
    )
    opened(tab, tmp_path, library, [grade.model_copy(update={"criteria": criteria})])
    tab.locator(".toggle").click()
    marks = [(m.get_attribute("class"), m.inner_text()) for m in tab.locator("mark").all()]
    assert marks == [("covered", "One is first.✔1"), ("contradicted", "One is even.✘2")]
    styles = tab.locator("mark .quote").evaluate_all("all => all.map(e => getComputedStyle(e).textDecorationStyle)")
    assert styles == ["solid", "wavy"]
    tab.get_by_role("button", name="One is the square of itself.").click()
    assert tab.locator("mark").all_inner_texts() == ["😀○3"]


def test_the_keyboard_alone_filters_sorts_and_opens(tab: "Page", tmp_path: Path, library: Library) -> None:
    grades = [graded("a10", C, C, C, score=100), graded("a9", P, M, X, score=25), graded("a2", U, C, M, answer="Zwei")]
    opened(tab, tmp_path, library, [*grades, broken()])
    assert ids(tab) == ["a2", "bad", "a10", "a9"]
    press(tab, "Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    press(tab, "Enter", "Tab")
    assert tab.evaluate("document.activeElement.id") == "search"
    tab.keyboard.type("ONE one.")
    assert (ids(tab), tab.locator("#count").inner_text()) == (["a10", "a9"], "2 of 4 answers")
    press(tab, "Tab", "Tab", "Tab", "Enter")
    header = tab.locator(".answers thead th", has_text="Answer")
    assert (ids(tab), header.get_attribute("aria-sort")) == (["a9", "a10"], "ascending")
    press(tab, "Enter")
    assert (ids(tab), header.get_attribute("aria-sort")) == (["a10", "a9"], "descending")
    press(tab, "Tab", "Tab", "Enter")
    assert ids(tab) == ["a10", "a9"]
    assert header.get_attribute("aria-sort") == "none"
    press(tab, "Tab", "Tab", "Tab", "Enter")
    assert tab.locator("tr.detail").count() == 1
    assert tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    press(tab, "Enter")
    assert tab.locator("tr.detail").count() == 0


def test_filters_leave_what_they_name(tab: "Page", tmp_path: Path, library: Library) -> None:
    opened(tab, tmp_path, library, FOUR)
    tab.get_by_label("Show").select_option("contradicted")
    assert ids(tab) == ["a"]
    tab.get_by_label("Show").select_option("error")
    assert ids(tab) == ["bad"]
    tab.get_by_label("Search").fill("no such word")
    assert tab.locator("#count").inner_text() == "No answer fits these filters."
    tab.get_by_role("button", name="Show them").click()
    assert ids(tab) == ["d", "b"]
    tab.get_by_role("button", name="answer a").click()
    assert tab.evaluate("document.activeElement.innerText") == "a"
    assert tab.locator("tr.detail").count() == 1


def test_nothing_is_wider_than_a_phone(tab: "Page", tmp_path: Path, library: Library) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    long = graded("x" * 300, X, U, P, answer="y" * 900 + " and more")
    opened(tab, tmp_path, library, [long, long.model_copy(update={"question": "z" * 200}), broken("b", "w" * 400)])
    for toggle in tab.locator("#rows .toggle").all():
        toggle.click()
    for summary in tab.locator("summary").all():
        summary.click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_in_the_dark(tab: "Page", tmp_path: Path, library: Library, scheme: str) -> None:
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened(tab, tmp_path, library, [graded("a", C, X, U), graded("b", P, M, M)])
    for toggle in tab.locator("#rows .toggle").all():
        toggle.click()
    for place in ("body", ".quiet", ".verdicts .verdict", "mark .quote", ".notice", "a", ".toggle"):
        for ratio in tab.locator(place).evaluate_all(CONTRAST):
            assert ratio >= 4.5, place


CONTRAST = """all => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (e) => {
    const color = parts(getComputedStyle(e).backgroundColor);
    return color[3] === 0 ? behind(e.parentElement) : color;
  };
  return all.filter((e) => e.checkVisibility()).map((e) => {
    const [low, high] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}"""
"""The contrast of text with what is behind it, as WCAG 2 defines it."""


def test_ten_thousand_answers_open(tab: "Page", tmp_path: Path, library: Library) -> None:
    text = "One is the first natural number, it is odd, and it is the square of itself. " * 8
    verdicts = [C, P, M, X, U]
    grades = [
        graded(f"a{i}", *(verdicts[(i + k) % 5] for k in range(3)), answer=text, score=i % 101) for i in range(10_000)
    ]
    out = tmp_path / "report.html"
    write_report(grades_file(tmp_path, grades), library, out)
    started = time.perf_counter()
    tab.goto(out.as_uri())
    tab.locator("#rows tr").first.wait_for()
    print(f"10,000 answers, {out.stat().st_size / 1e6:.1f} MB, opened in {time.perf_counter() - started:.2f} s")
    assert tab.locator("#count").inner_text() == "10,000 of 10,000 answers; 1 to 50 are shown"
    tab.get_by_role("button", name="Next").click()
    assert tab.locator("#page").inner_text() == "Page 2 of 200"
    tab.get_by_label("Search").fill("a9999")
    assert ids(tab) == ["a9999"]
