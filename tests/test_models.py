"""`coach models`: a hub on loopback, and other programs' folders made up under a temporary home."""

import errno
import hashlib
import io
import json
import re
import shutil
import socket
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import huggingface_hub
import pytest
import yaml
from click.testing import Result
from conftest import Coach
from test_start_up import HEAVY, imported

from coach.cli import models as cli
from coach.errors import ModelError
from coach.shelf import find_model, installed_models, load_catalogue, memory, models_folder, pull_model, readable

BODY = b"GGUF" + bytes(i * 7 % 251 for i in range(300_000))
SHA = hashlib.sha256(BODY).hexdigest()
REPO, FILE = "acme/tiny-GGUF", "tiny-Q4_K_M.gguf"
NAME = f"hf:{REPO}/{FILE}"
GB = 1_000_000_000
ENTRY = {
    "name": "tiny",
    "repository": REPO,
    "file": FILE,
    "size": len(BODY),
    "sha256": SHA,
    "licence": "MIT",
    "context": 4096,
    "kind": "chat",
    "memory": 2 * GB,
    "about": "Small.",
}


@pytest.fixture(name="machine", autouse=True)
def machine_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, 16 GB of memory of which 8 are free, and a hub client that never waits."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "OLLAMA_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setattr("coach.shelf.ollama.LINUX_SERVICE", tmp_path / "service")
    monkeypatch.setattr("coach.shelf.pulling.WAITS", (0, 0))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(home / "token"))
    set_memory(tmp_path, monkeypatch, total=16 * GB, free=8 * GB)
    return home


def set_memory(folder: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int) -> None:
    path = folder / "meminfo"
    path.write_text(f"MemTotal:  {total // 1024} kB\nMemFree:  1 kB\nMemAvailable: {free // 1024} kB\n", "ascii")
    monkeypatch.setattr("coach.shelf.machine.MEMINFO", path)


@pytest.fixture(name="tiny")
def tiny_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A catalogue of one model, which the hub below has."""
    entry = dict(ENTRY)
    path = tmp_path / "catalogue.yaml"
    path.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    monkeypatch.setattr("coach.shelf.catalogue.CATALOGUE", path)
    load_catalogue.cache_clear()
    yield entry
    load_catalogue.cache_clear()


class Hub:
    """A model hub with one file; `cuts` says after how many bytes each answer in turn breaks off."""

    def __init__(self) -> None:
        self.body, self.etag, self.size = BODY, SHA, len(BODY)
        self.status, self.ranged, self.elsewhere = 200, True, False
        self.cuts: list[int] = []
        self.always_cut: int | None = None
        self.statuses: list[int] = []
        self.ranges: list[str | None] = []
        self.tokens: dict[str, str | None] = {}

    def cut(self) -> int | None:
        return self.cuts.pop(0) if self.cuts else self.always_cut


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.begin(self.refusal("HEAD") or (302 if self.hub.elsewhere else 200), 0 if self.hub.elsewhere else None)

    def do_GET(self) -> None:
        hub = self.hub
        hub.tokens[self.path] = self.headers["Authorization"]
        if hub.elsewhere and not self.path.startswith("/cdn"):
            self.begin(302, 0)
            return
        hub.ranges.append(self.headers["Range"])
        if status := self.refusal("GET"):
            self.begin(status, 0)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1]) if self.headers["Range"] else 0
        partial = start > 0 and hub.ranged
        body = hub.body[start:] if partial else hub.body
        self.begin(206 if partial else 200, len(body))
        self.wfile.write(body[: hub.cut()])

    def refusal(self, method: str) -> int | None:
        if self.path not in (f"/{REPO}/resolve/main/{FILE}", "/cdn"):
            return 404
        if method == "GET" and self.hub.statuses:
            return self.hub.statuses.pop(0)
        return self.hub.status if self.hub.status != 200 else None

    def begin(self, status: int, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(self.hub.size if length is None else length))
        self.send_header("ETag", f'"{self.hub.etag}"')
        if self.hub.elsewhere:
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/cdn")
            self.send_header("X-Linked-Etag", f'"{self.hub.etag}"')
            self.send_header("X-Linked-Size", str(self.hub.size))
        self.send_header("X-Repo-Commit", "c0ffee")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(name="hub")
def hub_on_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    huggingface_hub.close_session()
    found = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": found}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/")
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
    huggingface_hub.close_session()


def parts() -> list[Path]:
    return sorted(models_folder().rglob("*.part"))


def fails(result: Result, *words: str) -> None:
    """Exit code 2 and a message with these words, on one page and with no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("coach: ") or "\ncoach: " in result.stderr
    assert [word for word in words if word not in result.stderr] == []


def put(path: Path, data: bytes = b"GGUF.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


# The catalogue


def test_the_catalogue_has_eight_small_models_at_four_bits_smallest_first() -> None:
    entries = list(load_catalogue().values())
    assert len(entries) == 8
    assert [entry.size for entry in entries] == sorted(entry.size or 0 for entry in entries)
    for entry in entries:
        assert entry.file.endswith("-Q4_K_M.gguf")
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256 or "")
        assert entry.size and entry.size < 5.5 * GB and entry.memory > entry.size
        assert entry.kind == "chat" and entry.context >= 4096 and entry.licence and entry.about


# Pulling


@pytest.mark.parametrize("name", ["tiny", NAME])
def test_a_model_is_pulled_to_coachs_folder_and_found_by_each_of_its_names(
    run: Coach, hub: Hub, tiny: dict[str, Any], name: str
) -> None:
    result = run("models", "pull", name)
    path = models_folder() / REPO / FILE
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert "100 %" in result.stderr
    assert path.read_bytes() == BODY
    assert parts() == []
    found = {find_model(each) for each in ("tiny", NAME, "tiny-Q4_K_M", FILE, str(path))}
    assert found == {("tiny", path, "coach", len(BODY))}
    assert hub.ranges == [None]


def test_a_model_that_is_here_is_not_pulled_again(run: Coach, hub: Hub) -> None:
    run("models", "pull", NAME)
    result = run("models", "pull", NAME)
    assert (result.exit_code, len(hub.ranges)) == (0, 1)
    assert "already" in result.stderr


def test_a_cut_connection_is_gone_on_from(run: Coach, hub: Hub) -> None:
    hub.cuts = [100_000, 50_000]
    result = run("models", "pull", NAME)
    assert result.exit_code == 0
    assert hub.ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert find_model(NAME).path.read_bytes() == BODY
    assert "cut at" in result.stderr


def test_a_connection_that_brings_something_each_time_is_never_given_up(run: Coach, hub: Hub) -> None:
    hub.always_cut = 30_000
    assert run("models", "pull", NAME).exit_code == 0
    assert len(hub.ranges) == 11


def test_a_hub_that_is_overloaded_is_asked_again(run: Coach, hub: Hub) -> None:
    hub.statuses = [503, 429]
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges == [None, None, None]


def test_what_came_is_kept_when_every_try_is_cut_and_the_next_pull_goes_on_from_it(run: Coach, hub: Hub) -> None:
    hub.cuts, hub.always_cut = [123_456], 0
    fails(run("models", "pull", NAME), "cut again and again", "kept", "goes on from there")
    assert [part.stat().st_size for part in parts()] == [123_456]
    assert hub.ranges == [None, *["bytes=123456-"] * 2]
    hub.always_cut = None
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges[-1] == "bytes=123456-"
    assert find_model(NAME).path.read_bytes() == BODY


def test_a_hub_that_knows_no_ranges_sends_the_file_anew(run: Coach, hub: Hub) -> None:
    hub.cuts, hub.ranged = [100_000], False
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges == [None, "bytes=100000-"]
    assert find_model(NAME).path.read_bytes() == BODY


def test_a_partial_file_of_another_version_is_not_continued(run: Coach, hub: Hub) -> None:
    hub.cuts, hub.always_cut = [100_000], 0
    run("models", "pull", NAME)
    hub.body = BODY[::-1].replace(BODY[:1], b"G")
    hub.body = b"GGUF" + hub.body[4:]
    hub.etag, hub.always_cut = hashlib.sha256(hub.body).hexdigest(), None
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges[-1] is None
    assert parts() == []


def test_a_whole_partial_file_is_checked_and_put_in_place_without_a_request(
    run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("coach.shelf.pulling._check", lambda remote: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run("models", "pull", NAME).exit_code == 130
    assert run("models", "pull", NAME).exit_code == 0
    assert len(hub.ranges) == 1


def test_an_interrupted_pull_keeps_what_came(run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> cli.Progress:
        def progress(have: int, size: int) -> None:
            raise KeyboardInterrupt

        return progress

    monkeypatch.setattr(cli, "tenths", interrupted)
    result = run("models", "pull", NAME)
    assert (result.exit_code, "goes on" in result.stderr) == (130, True)
    assert parts()[0].stat().st_size > 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BODY[:-1] + b"!", "has sha256"),
        (BODY[:-1], f"has {len(BODY) - 1} bytes where the hub says {len(BODY)}"),
        (BODY + b"!", f"bytes where the hub says {len(BODY)}"),
    ],
    ids=["wrong hash", "too short", "too long"],
)
def test_what_is_not_the_hubs_file_is_removed(run: Coach, hub: Hub, body: bytes, message: str) -> None:
    hub.body = body
    fails(run("models", "pull", NAME), message, "removed: pull it again")
    assert (parts(), installed_models()) == ([], [])


def test_a_file_that_has_no_end_is_not_taken_to_its_end(hub: Hub) -> None:
    hub.body = BODY * 20
    seen: list[int] = []
    with pytest.raises(ModelError, match="where the hub says"):
        pull_model(NAME, progress=lambda have, size: seen.append(have))
    assert max(seen) < 2 * len(BODY)


def test_what_is_no_gguf_file_is_removed(run: Coach, hub: Hub) -> None:
    hub.body = b"<html>" + BODY[6:]
    hub.etag = "a" * 40  # the ETag of a small file is no sha256, so that only the look of it is left to check
    fails(run("models", "pull", NAME), "is no GGUF file", "removed")
    assert parts() == []


def test_a_file_that_differs_from_the_catalogue_is_pulled_by_force_alone(
    run: Coach, hub: Hub, tiny: dict[str, Any]
) -> None:
    hub.body = b"GGUF" + BODY[:-4]
    hub.etag = hashlib.sha256(hub.body).hexdigest()
    fails(run("models", "pull", "tiny"), "another file now than coach's catalogue knows", hub.etag, SHA, "--force")
    assert hub.ranges == []
    assert run("models", "pull", "tiny", "--force").exit_code == 0


def test_the_catalogues_hash_is_checked_where_the_hub_tells_none(run: Coach, hub: Hub, tiny: dict[str, Any]) -> None:
    hub.etag, hub.body = "weak", b"GGUF" + BODY[:-4]
    fails(run("models", "pull", "tiny"), "has sha256", SHA)


def test_a_file_the_hub_keeps_elsewhere_is_fetched_there_and_the_token_stays_with_the_hub(
    run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.elsewhere, hub.cuts = True, [1000]
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges == [None, "bytes=1000-"]
    assert hub.tokens == {f"/{REPO}/resolve/main/{FILE}": "Bearer hf_secret", "/cdn": None}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, ("401", "HF_TOKEN", f"/{REPO}")),
        (403, ("403", "consent", "HF_TOKEN")),
        (404, (f"the hub has no {NAME}", "/tree/main")),
        (500, ("500", "try again later")),
    ],
)
def test_a_refusal_says_what_to_do(run: Coach, hub: Hub, status: int, words: tuple[str, ...]) -> None:
    hub.status = status
    fails(run("models", "pull", NAME), *words)
    assert not models_folder().exists()


def test_a_refusal_in_mid_download_is_final(run: Coach, hub: Hub) -> None:
    hub.statuses = [403]
    fails(run("models", "pull", NAME), "HF_TOKEN")
    assert len(hub.ranges) == 1


def test_a_file_that_the_repository_has_not_is_not_found(run: Coach, hub: Hub) -> None:
    fails(run("models", "pull", f"hf:{REPO}/other.gguf"), f"the hub has no hf:{REPO}/other.gguf")


def test_without_a_network_the_message_names_the_hub(run: Coach, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    fails(run("models", "pull", NAME), f"{endpoint} cannot be reached", "network", "HF_ENDPOINT")


@pytest.mark.parametrize("endpoint", ["nonsense", "http://[", "ftp://example.org"])
def test_a_hub_address_that_is_none_is_a_message(run: Coach, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    fails(run("models", "pull", NAME), f"{endpoint} cannot be reached")


def test_offline_nothing_is_pulled(run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    fails(run("models", "pull", NAME), "HF_HUB_OFFLINE is set, so nothing is pulled")


def test_too_little_disk_is_told_before_anything_is_fetched(
    run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(GB, GB - 5_000_000, 5_000_000))
    fails(run("models", "pull", NAME), "5 MB are free", "XDG_DATA_HOME")
    assert hub.ranges == []


def test_a_disk_that_fills_keeps_what_fitted_and_the_next_pull_goes_on_from_it(
    run: Coach, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    class FullDisk(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[: max(0, 70_000 - self.tell())])
            if self.tell() >= 70_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return len(data)

    def open_full(path: Path, mode: str = "r", **options: Any) -> Any:
        return FullDisk(path, mode) if path.suffix == ".part" else real(path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        fails(run("models", "pull", NAME), "disk is full", "goes on", f"coach models remove {NAME}")
    assert [part.stat().st_size for part in parts()] == [70_000]
    assert run("models", "pull", NAME).exit_code == 0
    assert hub.ranges == [None, "bytes=70000-"]


def test_a_folder_that_cannot_be_written_is_a_message(run: Coach, hub: Hub) -> None:
    put(models_folder(), b"a file where the folder should be")
    fails(run("models", "pull", NAME), "may read and write it")


def test_a_model_that_cannot_fit_is_pulled_by_force_alone(
    run: Coach, hub: Hub, tiny: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_memory(tmp_path, monkeypatch, total=GB, free=GB // 2)
    fails(run("models", "pull", "tiny"), "needs about 2.0 GB of memory", "has 1.0 GB", "--force")
    assert hub.ranges == []
    forced = run("models", "pull", "tiny", "--force")
    assert (forced.exit_code, "needs about 2.0 GB" in forced.stderr) == (0, True)


def test_a_model_that_fits_but_not_now_is_pulled_with_a_warning(
    run: Coach, hub: Hub, tiny: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_memory(tmp_path, monkeypatch, total=4 * GB, free=GB)
    result = run("models", "pull", "tiny")
    assert (result.exit_code, "close other programs" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("qwen3-0.6", ("did you mean 'qwen3-0.6b'?", "hf:<owner>/<repo>/<file>")),
        ("hf:acme/tiny", ("hf:<owner>/<repo>/<file>.gguf",)),
        ("hf:../../etc/x.gguf", ("is no file of a model hub",)),
        ("hf:acme/tiny/../../x.gguf", ("is no file of a model hub",)),
        ("hf:acme/tiny//x.gguf", ("is no file of a model hub",)),
        ("hf:acme/tiny/model.safetensors", ("is no file of a model hub",)),
        ("hf:acme/big/big-00001-of-00003.gguf", ("one part of a split model",)),
    ],
)
def test_what_cannot_be_pulled_is_refused_before_the_hub_is_asked(
    run: Coach, name: str, words: tuple[str, ...]
) -> None:
    fails(run("models", "pull", name), *words)


def test_a_terminal_gets_a_bar(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with cli.progress_on_stderr() as progress:
        pull_model(NAME, progress=progress)
    assert "0.3/0.3 MB" in terminal.getvalue() or "300.0/300.0 kB" in terminal.getvalue()


# Finding


def hub_cache(root: Path, repo: str, file: str, revision: str = "r1", data: bytes = b"GGUF!") -> Path:
    """A file in the cache of huggingface_hub: a link in a snapshot to a blob."""
    folder = root / f"models--{repo.replace('/', '--')}"
    blob = put(folder / "blobs" / hashlib.sha256(data).hexdigest(), data)
    link = folder / "snapshots" / revision / file
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(blob)
    return link


def ollama(store: Path, place: str, data: bytes = b"GGUF??", root: str = "manifests") -> Path:
    """A model of Ollama's: a manifest and the blob that it names."""
    digest = hashlib.sha256(data).hexdigest()
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64, "size": 1},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": len(data)},
    ]
    put(store / root / place, json.dumps({"schemaVersion": 2, "layers": layers}).encode())
    return put(store / "blobs" / f"sha256-{digest}", data)


def test_models_of_other_programs_are_found_in_place(
    run: Coach, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = load_catalogue()["qwen3-0.6b"]
    cached = hub_cache(machine / ".cache" / "huggingface" / "hub", entry.repository, entry.file)
    blob = ollama(machine / ".ollama" / "models", "registry.ollama.ai/library/qwen3/0.6b")
    studio = put(machine / ".lmstudio" / "models" / "acme" / "other-GGUF" / "other.gguf", b"GGUF1234")
    older = put(machine / ".cache" / "lm-studio" / "models" / "acme" / "old-GGUF" / "old.gguf", b"GGUF12345")
    assert installed_models() == [
        ("qwen3-0.6b", cached, "Hugging Face cache", 5),
        ("hf:acme/other-GGUF/other.gguf", studio, "LM Studio", 8),
        ("hf:acme/old-GGUF/old.gguf", older, "LM Studio", 9),
        ("ollama:qwen3:0.6b", blob, "Ollama", 6),
    ]
    for name, path in {"qwen3-0.6b": cached, entry.hub_file.name: cached, "ollama:qwen3:0.6b": blob}.items():
        assert run("models", "path", name).stdout == f"{path}\n"
    for name in ("other", "other.gguf", "hf:acme/other-GGUF/other.gguf", str(studio)):
        assert find_model(name).path == studio
    assert "already (Hugging Face cache)" in run("models", "pull", "qwen3-0.6b").stderr


def test_environment_variables_say_where_other_programs_keep_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = ollama(tmp_path / "elsewhere", "registry.ollama.ai/library/qwen3/latest")
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "elsewhere"))
    assert find_model("ollama:qwen3").path == blob
    hub_cache(tmp_path / "xdg" / "huggingface" / "hub", "a/xdg", "xdg.gguf")
    hub_cache(tmp_path / "hf" / "hub", "a/home", "home.gguf")
    hub_cache(tmp_path / "cache", "a/cache", "cache.gguf")
    for variable, folder, name in (
        ("XDG_CACHE_HOME", "xdg", "xdg"),
        ("HF_HOME", "hf", "home"),
        ("HF_HUB_CACHE", "cache", "cache"),
    ):
        monkeypatch.setenv(variable, str(tmp_path / folder))
        assert [model.path.stem for model in installed_models() if model.source != "Ollama"] == [name]


def test_ollamas_names_are_its_own(machine: Path, tmp_path: Path) -> None:
    store = machine / ".ollama" / "models"
    places = {
        "registry.ollama.ai/library/llama3.2/1b": "ollama:llama3.2:1b",
        "registry.ollama.ai/someone/model/latest": "ollama:someone/model:latest",
        "hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF/Q4_K_M": "ollama:hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M",
    }
    for place in places:
        ollama(store, place)
    ollama(store, "ollama.com/library/new/latest", root="manifests-v2")
    ollama(tmp_path / "service", "registry.ollama.ai/library/served/latest")
    names = {model.name for model in installed_models()}
    assert names == {*places.values(), "ollama:new:latest", "ollama:served:latest"}


def test_a_list_of_manifests_is_followed_to_the_weights(machine: Path) -> None:
    store = machine / ".ollama" / "models"
    blob = ollama(store, "ollama.com/library/whole/latest")
    manifest = (store / "manifests" / "ollama.com" / "library" / "whole" / "latest").read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    put(store / "blobs" / f"sha256-{digest}", manifest)
    listed = {"manifests": [{"digest": f"sha256:{digest}", "runner": "llamacpp"}, {"digest": "sha256:" + "9" * 64}]}
    put(store / "manifests-v2" / "ollama.com" / "library" / "listed" / "latest", json.dumps(listed).encode())
    assert find_model("ollama:listed").path == blob


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"\xff",
        b"[1]",
        b'{"layers": 3}',
        b'{"layers": [1, {"mediaType": "application/vnd.ollama.image.model"}]}',
        b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:x/../../secret"}]}',
        b'{"manifests": [{"digest": "sha256-' + b"1" * 64 + b'"}]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_manifest_is_passed_over(machine: Path, manifest: bytes) -> None:
    store = machine / ".ollama" / "models"
    put(store / "secret")
    (store / "blobs" / "sha256-x").mkdir(parents=True)
    put(store / "manifests" / "registry.ollama.ai" / "library" / "bad" / "latest", manifest)
    good = ollama(store, "registry.ollama.ai/library/good/latest")
    assert [model.path for model in installed_models()] == [good]


def test_weights_of_ollamas_that_are_no_gguf_are_passed_over(machine: Path) -> None:
    ollama(machine / ".ollama" / "models", "registry.ollama.ai/library/tensors/latest", b"{}")
    assert installed_models() == []


def test_the_revision_of_main_is_the_one_that_is_found(machine: Path) -> None:
    root = machine / ".cache" / "huggingface" / "hub"
    hub_cache(root, "a/b", "m.gguf", "aaa")
    newest = hub_cache(root, "a/b", "m.gguf", "bbb", b"GGUF newer")
    put(root / "models--a--b" / "refs" / "main", b"bbb\n")
    (root / "models--a--b" / "snapshots" / "ccc").mkdir()
    (root / "models--a--b" / "snapshots" / "ccc" / "gone.gguf").symlink_to(root / "nowhere")
    hub_cache(root, "a/b", "config.json", "bbb")
    put(root / "datasets--a--b" / "snapshots" / "r" / "data.gguf")
    assert [(model.name, model.path) for model in installed_models()] == [("hf:a/b/m.gguf", newest)]


def test_a_split_model_is_one_model_and_a_projector_none(machine: Path) -> None:
    folder = machine / ".lmstudio" / "models" / "a" / "b"
    first, *_ = [put(folder / f"m-0000{i}-of-00003.gguf", b"GGUF" + bytes(i)) for i in (1, 2, 3)]
    put(folder / "mmproj-m.gguf")
    model = ("hf:a/b/m-00001-of-00003.gguf", first, "LM Studio", 18)
    assert installed_models() == [model]
    assert find_model(model[0]) == model


def test_a_folder_that_may_not_be_read_is_passed_over(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = put(machine / ".lmstudio" / "models" / "a" / "b" / "m.gguf")

    def refuse(path: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert [model.path for model in installed_models()] == [studio]


def test_a_path_is_a_model_where_it_is_gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    path = put(tmp_path / "mine.gguf")
    assert find_model(str(path)) == (str(path), path, "file", 5)
    monkeypatch.chdir(tmp_path)
    assert find_model("mine.gguf").path == path
    put(machine / "x.gguf")
    assert find_model("~/x.gguf").path == machine / "x.gguf"
    put(tmp_path / "text.gguf", b"text")
    with pytest.raises(ModelError, match="is no GGUF file"):
        find_model("text.gguf")


def test_a_name_that_several_models_have_is_refused_with_theirs(machine: Path) -> None:
    for repo in ("a", "b"):
        put(machine / ".lmstudio" / "models" / repo / "r" / "m.gguf")
    with pytest.raises(ModelError, match=r"several models are called 'm'; write one of hf:a/r/m\.gguf, hf:b/r/m\.gguf"):
        find_model("m")


def test_an_unknown_name_is_told_what_is_installed_and_how_to_pull(run: Coach, machine: Path) -> None:
    put(machine / ".lmstudio" / "models" / "a" / "b" / "m.gguf")
    fails(run("models", "path", "qwen3-0.6b"), "coach models pull qwen3-0.6b", "installed: hf:a/b/m.gguf")
    fails(run("models", "path", NAME), f"coach models pull {NAME}")
    fails(run("models", "path", "qwen3-0.6c"), "did you mean 'qwen3-0.6b'?", "coach models list")
    fails(run("models", "path", "ollama:qwen3:0.6b"), "no model is called 'ollama:qwen3:0.6b'")
    fails(run("models", "path", "a\0b/\x1b[31m"), r"'a\x00b/\x1b[31m'")


# Listing


def test_the_list_says_what_is_here_from_where_and_whether_it_fits(
    run: Coach, machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_memory(tmp_path, monkeypatch, total=5 * GB, free=2 * GB)
    ollama(machine / ".ollama" / "models", "registry.ollama.ai/library/qwen3/0.6b")
    entry = load_catalogue()["phi-4-mini"]
    put(machine / ".lmstudio" / "models" / entry.repository / entry.file)
    table = run("models", "list").stdout
    rows = {line.split()[0]: re.split(r"  +", line.strip())[1:] for line in table.splitlines() if line.startswith("  ")}
    assert rows["ollama:qwen3:0.6b"] == ["0 MB", "fits", "Ollama"]
    assert rows["phi-4-mini"][1:] == ["not now", "LM Studio"]
    assert rows["qwen3-0.6b"][:3] == ["397 MB", "fits", "Apache-2.0"]
    assert rows["qwen3-8b"][:2] == ["5.0 GB", "too big"]
    assert list(rows).count("phi-4-mini") == 1
    assert "memory: 5.0 GB, 2.0 GB of them free" in table


def test_the_list_as_json_has_paths_sizes_and_the_whole_catalogue(run: Coach, machine: Path) -> None:
    path = put(machine / ".lmstudio" / "models" / "a" / "b" / "m.gguf")
    data = json.loads(run("models", "list", "--json").stdout)
    assert data["folder"] == str(machine / "data" / "coach" / "models")
    (model,) = data["installed"]
    assert model | {"memory": 0} == {
        "name": "hf:a/b/m.gguf", "path": str(path), "source": "LM Studio", "size": 5, "memory": 0, "fits": "yes",
    }  # fmt: skip
    assert [entry["name"] for entry in data["catalogue"]] == list(load_catalogue())
    assert {"licence", "context", "kind", "sha256", "fits", "installed"} <= data["catalogue"][0].keys()


def test_nothing_installed_is_said_and_nothing_is_fetched_or_made(run: Coach, hub: Hub, machine: Path) -> None:
    assert "no model is installed" in run("models", "list").stdout
    assert (hub.ranges, list(machine.iterdir())) == ([], [])


def test_names_that_others_gave_cannot_reach_the_terminal_raw(run: Coach, machine: Path) -> None:
    put(machine / ".lmstudio" / "models" / "a" / "b" / "\x1b[2Jm\udcff.gguf")
    assert "hf:a/b/␛[2Jm�.gguf" in run("models", "list").stdout
    assert "\x1b" not in run("models", "list").stdout + run("models", "path", "x").stderr
    assert json.loads(run("models", "list", "--json").stdout)["installed"][0]["name"] == "hf:a/b/\x1b[2Jm\udcff.gguf"


# Removing


def test_coachs_own_model_is_removed_with_its_folders(run: Coach, hub: Hub) -> None:
    path = Path(run("models", "pull", NAME).stdout.strip())
    other = put(models_folder() / "acme" / "more" / "m.gguf")
    result = run("models", "remove", NAME)
    assert (result.exit_code, result.stdout) == (0, f"removed: {path}\n")
    assert [each for each in models_folder().rglob("*") if each.is_file()] == [other]
    assert not path.parent.exists()


def test_what_an_unfinished_pull_left_is_removed(run: Coach, hub: Hub) -> None:
    hub.cuts, hub.always_cut = [1000], 0
    run("models", "pull", NAME)
    result = run("models", "remove", NAME)
    assert (result.exit_code, result.stdout.count("removed")) == (0, 1)
    assert list(models_folder().iterdir()) == []


def test_models_of_others_stay_and_the_message_says_whose_they_are(run: Coach, machine: Path, tmp_path: Path) -> None:
    blob = ollama(machine / ".ollama" / "models", "registry.ollama.ai/library/qwen3/0.6b")
    studio = put(machine / ".lmstudio" / "models" / "a" / "b" / "m.gguf")
    cached = hub_cache(machine / ".cache" / "huggingface" / "hub", "c/d", "n.gguf")
    mine = put(tmp_path / "mine.gguf")
    for name, owner, path in (
        ("ollama:qwen3:0.6b", "Ollama", blob),
        ("m", "LM Studio", studio),
        ("hf:c/d/n.gguf", "huggingface_hub", cached),
        (str(mine), "whoever put it there", mine),
    ):
        fails(run("models", "remove", name), f"belongs to {owner}" if owner != "huggingface_hub" else owner, str(path))
        assert path.is_file()


def test_removing_an_unknown_model_is_refused(run: Coach) -> None:
    fails(run("models", "remove", "nothing"), "no model is called 'nothing'", "no model is installed")


# The machine, and starting up


def test_memory_comes_from_sysconf_where_there_is_no_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.shelf.machine.MEMINFO", tmp_path / "nothing")
    pages = {"SC_PHYS_PAGES": 4000, "SC_PAGE_SIZE": 4096}

    def sysconf(key: str) -> int:
        if key not in pages:
            raise ValueError("unrecognized configuration name")
        return pages[key]

    monkeypatch.setattr("os.sysconf", sysconf)
    assert memory() == (4000 * 4096, None)
    assert memory().fit(1) == "yes"
    monkeypatch.delattr("os.sysconf")
    assert memory() == (None, None)
    assert memory().fit(10**15) == "unknown"


def test_sizes_are_readable() -> None:
    assert [readable(n) for n in (0, 396_705_472, 999_400_000, 999_600_000, 2_497_281_120)] == [
        "0 MB", "397 MB", "999 MB", "1.0 GB", "2.5 GB",
    ]  # fmt: skip


@pytest.mark.parametrize("args", [("models", "--help"), ("models", "list")])
def test_models_are_listed_without_the_hubs_client(args: tuple[str, ...]) -> None:
    assert not imported(*args) & (HEAVY | {"huggingface_hub", "httpx2", "requests"})
