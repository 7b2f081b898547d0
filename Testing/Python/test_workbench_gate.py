"""Who may come in to the workbench, what a page may ask for, and where files that it sends end up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.workbench.asked import number_in, text_of, whole_in
from CACAnnotationLib.workbench.source import project_of
from CACScoringLib.errors import CACError

pytest.importorskip("aiohttp")
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from CACAnnotationLib.workbench import uploads as uploads_module
from CACAnnotationLib.workbench.serving.access import Access
from CACAnnotationLib.workbench.serving.choice import is_loopback
from CACAnnotationLib.workbench.serving.gate import Gate
from CACAnnotationLib.workbench.serving.reader_process import KEY_HEADER
from CACAnnotationLib.workbench.uploads import PATH_HEADER, ROUTE, Uploads, plain_parts

TOKEN = "a long enough token"


def request(cookie: str = "", method: str = "GET", **headers: str) -> web.Request:
    sent = {"Host": "127.0.0.1:8780", **({"Cookie": cookie} if cookie else {}), **headers}
    return make_mocked_request(method, "/", headers=sent)


def cookie_of(access: Access) -> str:
    response = web.Response()
    access.begin(request(), response)
    (cookie,) = response.cookies.values()
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    return f"{cookie.key}={cookie.value}"


def test_a_session_is_known_by_its_cookie_and_no_other() -> None:
    access = Access("127.0.0.1", None)
    cookie = cookie_of(access)
    assert access.session_of(request(cookie)) is not None
    assert access.session_of(request()) is None
    assert access.session_of(request(cookie[:-1] + ("0" if cookie[-1] != "0" else "1"))) is None
    assert access.session_of(request(cookie.replace("=", "=x"))) is None
    assert Access("127.0.0.1", None).session_of(request(cookie)) is None


def test_a_session_outlives_the_server_where_there_is_a_token() -> None:
    cookie = cookie_of(Access("0.0.0.0", TOKEN))
    assert Access("0.0.0.0", TOKEN).session_of(request(cookie)) is not None
    assert Access("0.0.0.0", f"{TOKEN}!").session_of(request(cookie)) is None


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (request(), False),
        (request(Host="localhost:8780"), False),
        (request(Host="evil.example"), True),
        (request(method="POST"), True),
        (request(method="POST", Origin="http://evil.example"), True),
        (request(method="POST", Origin="http://127.0.0.1:8780"), False),
        (request(Connection="Upgrade", Origin="http://127.0.0.1:9999"), True),
        (request(Connection="keep-alive, Upgrade"), True),
        (request(Connection="Upgrade", Origin="http://127.0.0.1:8780"), False),
    ],
)
def test_pages_of_others_are_refused(sent: web.Request, refused: bool) -> None:
    access = Access("127.0.0.1", None)
    if refused:
        with pytest.raises(web.HTTPForbidden):
            access.check_origin(sent)
    else:
        access.check_origin(sent)


class Reader:
    """A process of a reader that answers what it was asked, in this process."""

    key, ready, gone, failed = "key", True, False, False

    def __init__(self, port: int) -> None:
        self._port = port

    async def port(self) -> int:
        return self._port

    async def stop(self) -> None:
        pass


def at_gate(
    token: str | None, ask: Callable[[TestClient], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Ask a gate in front of a reader's process that repeats method, path, key and cookies."""

    async def repeat(asked: web.Request) -> web.Response:
        said = asked.headers.get(KEY_HEADER), asked.headers.get("Cookie"), await asked.text()
        return web.json_response([asked.method, asked.path_qs, *said])

    async def run() -> Any:
        core = web.Application()
        core.router.add_route("*", "/{path:.*}", repeat)
        async with TestServer(core) as process:
            reader = Reader(process.port or 0)
            gate = Gate(Path("nowhere"), Access("127.0.0.1", token))
            monkeypatch.setattr(gate._readers, "prepare", lambda: None)
            monkeypatch.setattr(gate._readers, "process_of", lambda _session: reader)
            async with TestClient(TestServer(gate.app)) as client:
                return await ask(client)

    return asyncio.run(run())


def test_requests_go_to_the_process_with_its_key_and_without_the_cookie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask(client: TestClient) -> list[Any]:
        stranger = await client.get("/cac/bench.js")
        entered = await client.get("/", allow_redirects=False)
        came = await client.get("/", allow_redirects=False)
        fetched = await client.get("/cac/bench.js?a=1")
        origin = f"http://127.0.0.1:{client.port}"
        put = await client.put("/upload/1", data=b"some bytes", headers={"Origin": origin})
        foreign = await client.put("/upload/1", data=b"x", headers={"Origin": "http://evil.example"})
        policy = fetched.headers["Content-Security-Policy"]
        return [
            (stranger.status, entered.status, came.headers["Location"], foreign.status),
            await fetched.json(),
            await put.json(),
            "frame-ancestors 'none'" in policy,
        ]

    statuses, fetched, put, framed = at_gate(None, ask, monkeypatch)
    assert statuses == (403, 302, "/index.html", 403)
    assert fetched == ["GET", "/cac/bench.js?a=1", "key", None, ""]
    assert put == ["PUT", "/upload/1", "key", None, "some bytes"]
    assert framed


def test_a_token_is_asked_for_once_and_is_not_left_in_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(client: TestClient) -> list[Any]:
        without = await client.get("/")
        wrong = await client.get("/", params={"token": "another token, as long"})
        no_session = await client.get("/index.html", allow_redirects=False)
        right = await client.get("/", params={"token": TOKEN}, allow_redirects=False)
        later = await client.get("/", allow_redirects=False)
        return [
            (without.status, wrong.status, no_session.status, right.status),
            "password" in await without.text(),
            right.headers["Location"],
            later.headers["Location"],
        ]

    statuses, asks, where, later = at_gate(TOKEN, ask, monkeypatch)
    assert statuses == (401, 401, 302, 303)
    assert asks
    assert (where, later) == ("/", "/index.html")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "reading-room"])
def test_other_machines_are_let_in_with_a_token_only(host: str, tmp_path: Path) -> None:
    assert not is_loopback(host)
    project = tmp_path / "project"
    run_cac("project", "init", project)
    for options in ([], ["--token", "short"]):
        said = run_cac("annotate", project, "--host", host, "--no-browser", *options, code=2).output
        assert "token" in said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_this_machine_needs_no_token(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("study/series/1.dcm", ["study", "series", "1.dcm"]),
        ("../../etc/passwd", ["etc", "passwd"]),
        ("..\\..\\windows\\a.nrrd", ["windows", "a.nrrd"]),
        ("/absolute/a.nrrd", ["absolute", "a.nrrd"]),
        ("C:/a\x00b.nii.gz", ["C_", "a_b.nii.gz"]),
        ("", ["file"]),
        ("...", ["file"]),
        ("ünïcode/ä b.nrrd", ["ünïcode", "ä b.nrrd"]),
    ],
)
def test_names_of_files_lead_nowhere_else(path: str, parts: list[str]) -> None:
    assert plain_parts(path) == parts


def test_uploads_keep_sub_folders_and_files_of_one_name(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    sent = [("a/1.dcm", b"one"), ("b/1.dcm", b"two"), ("1.dcm", b"three"), ("1.dcm", b"four")]
    sent.append(("..%2F..%2Foutside", b"five"))

    async def send() -> None:
        app = web.Application()
        app.router.add_put(ROUTE, uploads.take)
        async with TestClient(TestServer(app)) as client:
            for path, content in sent:
                answer = await client.put("/upload/7", data=content, headers={PATH_HEADER: path})
                assert answer.status == 200

    asyncio.run(send())
    folder = uploads.folder("7")
    files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.*")}
    assert files == {"a/1.dcm": b"one", "b/1.dcm": b"two", "1.dcm": b"three", "2/1.dcm": b"four"}
    assert (folder / "outside").read_bytes() == b"five"
    uploads.clear()
    assert not folder.exists()


def test_only_the_folder_of_a_batch_is_ever_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be removed is recorded, and nothing is: a mistake here must not cost a machine its files."""
    removed: list[Path] = []
    monkeypatch.setattr(uploads_module.shutil, "rmtree", lambda path, **_: removed.append(Path(path)))
    uploads = Uploads(tmp_path)
    for batch in (
        "../../..",
        "..",
        ".",
        "",
        "/",
        "/etc",
        "1/..",
        "1/../..",
        "\\",
        "1\n",
        "a",
        "-1",
        None,
        7,
    ):
        with pytest.raises(CACError, match="numbered batches"):
            uploads.forget(batch)
    assert removed == []
    uploads.forget("1764083")
    (folder,) = removed
    assert folder.name == "1764083"
    assert folder.parent.parent == tmp_path / ".uploads"


def test_scans_get_a_project_beside_them(tmp_path: Path) -> None:
    scan = tmp_path / "patient 1.nii.gz"
    hu = np.zeros((5, 8, 8), np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(hu), str(scan))
    said: list[str] = []
    project = project_of(scan, said.append)
    assert project.folder == tmp_path / "patient 1-project"
    assert [each.slices for each in project.scans] == [5]
    assert [each.id for each in project_of(scan, said.append).scans] == [1]
    assert project_of(project.folder, said.append).folder == project.folder
    with pytest.raises(CACError, match="does not exist"):
        project_of(tmp_path / "elsewhere", said.append)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CACError, match="holds no scan"):
        project_of(tmp_path / "empty", said.append)


def test_what_a_page_asks_for_is_checked() -> None:
    assert number_in("7.5", 0, 5) == 5
    assert whole_in(-3, 0, 5) == 0
    assert text_of("  a note ", 10) == "a note"
    for wrong in (None, "x", [], {}, "nan"):
        with pytest.raises(CACError):
            number_in(wrong, 0, 5)
    for wrong in (None, 7, "x" * 11):
        with pytest.raises(CACError):
            text_of(wrong, 10)
