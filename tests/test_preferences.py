"""What was chosen is there at the next start, whatever has become of its file."""

from pathlib import Path

import pytest

from coach.preferences import Chosen, Preferences, preferences_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "coach" / "preferences.json"


def test_a_choice_is_remembered_beside_the_others(path: Path) -> None:
    assert Preferences(path).chosen == Chosen()
    Preferences(path).keep(judge="mini+gguf:[b]x")
    first, second = Preferences(path), Preferences(path)
    first.keep(theme="nord")
    second.keep(speech="pocketsphinx")
    assert Preferences(path).chosen == Chosen(judge="mini+gguf:[b]x", theme="nord", speech="pocketsphinx")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("data", [b"", b"{", b'{"judge": 3}', b"[]", b'{"judge": "\xff"}', b"\0" * 100])
def test_a_damaged_file_is_set_aside_with_a_message(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    found = Preferences(path)
    assert found.chosen == Chosen()
    assert found.notice and "is damaged" in found.notice and str(path) in found.notice
    assert path.with_suffix(".damaged").read_bytes() == data
    found.keep(judge="mini")
    assert (Preferences(path).chosen.judge, Preferences(path).notice) == ("mini", None)


def test_a_file_that_cannot_be_read_is_told_and_stays(path: Path) -> None:
    path.mkdir(parents=True)
    assert "cannot be read" in (Preferences(path).notice or "")
    with pytest.raises(OSError, match=r"preferences\.json"):
        Preferences(path).keep(judge="mini")


def test_what_a_newer_coach_remembers_besides_is_passed_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"judge": "mini", "font": "Fira"}', encoding="utf-8")
    assert (Preferences(path).chosen.judge, Preferences(path).notice) == ("mini", None)


def test_the_environment_goes_before_the_file_and_never_gets_into_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Preferences(path).keep(judge="mini", theme="nord")
    monkeypatch.setenv("COACH_JUDGE", "scripted")
    monkeypatch.setenv("COACH_THEME", "")
    found = Preferences(path)
    assert found.chosen == Chosen(judge="scripted", theme="nord")
    found.keep(speech="pocketsphinx")
    monkeypatch.delenv("COACH_JUDGE")
    assert Preferences(path).chosen == Chosen(judge="mini", theme="nord", speech="pocketsphinx")


def test_by_default_they_are_where_settings_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert preferences_path().is_relative_to(tmp_path)
