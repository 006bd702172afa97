"""Draw the README's pictures of the report of a grades file: on a desk, in the dark, on a phone."""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from coach.library import load_library, shipped
from coach.report import write_report

CHROMIUM = "/usr/bin/chromium"

MOST_VARIED = """() => {
  const kinds = [...document.querySelectorAll("#rows .strip")].map((each) => new Set(each.textContent).size);
  return kinds.indexOf(Math.max(...kinds));
}"""
"""The place of the listed answer with the most different verdicts."""


def draw(browser: Browser, page: Path, target: Path, width: int, height: int, dark: bool, at: str) -> None:
    """Save the part of the page that begins at `at`, with the most varied answer open, as PNG."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.as_uri())
    if at != "body":
        tab.locator("#rows .toggle").nth(tab.evaluate(MOST_VARIED)).click()
    tab.locator(at).first.evaluate("element => element.scrollIntoView({behavior: 'instant'})")
    tab.screenshot(path=target)
    context.close()


def main() -> None:
    """Take a grades file and the banks it was graded by."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grades", type=Path)
    parser.add_argument("--rubrics", type=Path, default=shipped("rubrics"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        write_report(asked.grades, load_library(asked.rubrics), page)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        draw(browser, page, asked.out / "report-desktop.png", 1120, 900, False, "body")
        draw(browser, page, asked.out / "report-dark.png", 1120, 900, True, "tr.open")
        draw(browser, page, asked.out / "report-phone.png", 360, 760, False, "tr.open")
        browser.close()


if __name__ == "__main__":
    main()
