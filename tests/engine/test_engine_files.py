from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from pathlib import Path

import openai
import pytest
from running import EXAMPLES, Engine, jsonl, until, upload

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def leftovers(engine: Engine) -> list[Path]:
    return [*(engine.data / "incoming").iterdir(), *(engine.data / "parts").iterdir()]


def test_a_file_comes_back_as_it_was_sent(client: openai.OpenAI) -> None:
    content = b"\xef\xbb\xbf" + jsonl(EXAMPLES).replace(b"\n", b"\r\n") + b"  \r\n"
    file = client.files.create(file=("Übung.jsonl", content), purpose="fine-tune")
    assert (file.bytes, file.filename, file.purpose, file.status) == (
        len(content),
        "Übung.jsonl",
        "fine-tune",
        "processed",
    )
    assert client.files.content(file.id).read() == content
    assert client.files.retrieve(file.id) == file


def test_other_purposes_are_kept_without_a_look_at_their_content(client: openai.OpenAI) -> None:
    file = client.files.create(file=("notes.txt", b"\x00\xff no JSON"), purpose="user_data")
    assert client.files.content(file.id).read() == b"\x00\xff no JSON"


def test_a_deleted_file_is_gone_from_the_disk_too(engine: Engine, client: openai.OpenAI) -> None:
    file = upload(client)
    assert (engine.data / "files" / file).exists()
    assert client.files.delete(file).deleted
    assert not (engine.data / "files" / file).exists()
    for again in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file}"):
            again(file)


def test_lists_are_paged_filtered_and_ordered(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data")
    try:
        client = engine.client()
        assert list(client.files.list()) == []
        ids = [upload(client, name=f"{n}.jsonl") for n in range(5)]
        other = client.files.create(file=("a.txt", b"a"), purpose="user_data").id
        assert [file.id for file in client.files.list(limit=2, purpose="fine-tune")] == ids[::-1]
        assert [file.id for file in client.files.list(limit=2, order="asc")] == [*ids, other]
        assert [file.id for file in client.files.list(after=ids[2], limit=10_000)] == [ids[1], ids[0]]
        assert client.files.list(limit=2).has_more
    finally:
        engine.stop()


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ({"limit": 0}, "limit", "integer_below_min_value"),
        ({"limit": 10_001}, "limit", "integer_above_max_value"),
        ({"limit": "many"}, "limit", "invalid_type"),
        ({"limit": "9" * 5000}, "limit", "invalid_type"),
        ({"order": "up"}, "order", "invalid_value"),
    ],
)
def test_a_bad_query_names_its_parameter(
    client: openai.OpenAI, query: dict[str, object], param: str, code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.list(extra_query=query)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_cursor_that_never_was_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="No such object: file-x"):
        client.files.list(after="file-x")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b'"{"p": 1}\n', '""{"p": 1}...'),
        (b"[1, 2, 3, 4, 5]\n", '"[1, 2, 3, ...'),
        (b"prompt,completion\n", '"prompt,com...'),
        (b"\xff\xfe{\x00}\x00\n", "Line 1"),
        (b"{" * 100_000, "Line 1"),
        (b"  \r\n\n", "Line 1"),
    ],
)
def test_what_is_no_jsonl_is_refused_at_upload(client: openai.OpenAI, content: bytes, hint: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        upload(client, content)
    assert "Expected file to have JSONL format, where every line is a JSON dictionary. Line 1" in caught.value.message
    assert hint in caught.value.message


def test_a_first_line_that_is_too_long_to_look_at_is_judged_by_its_first_character(client: openai.OpenAI) -> None:
    long = b'{"messages": "' + b"x" * (2 << 20)
    client.files.delete(upload(client, b"\n \r\n" + long + b'"}\n'))
    with pytest.raises(openai.BadRequestError, match="Line 2 is not a dictionary"):
        upload(client, b"\n[" + long)


def test_an_empty_file_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="File is empty"):
        upload(client, b"")


@pytest.mark.parametrize("purpose", ["fine-tune-results", "evals", "", "assistants_output"])
def test_only_purposes_of_clients_are_accepted(engine: Engine, client: openai.OpenAI, purpose: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=("a.jsonl", jsonl(EXAMPLES)), purpose=purpose)  # type: ignore[arg-type]
    assert caught.value.param == "purpose"
    assert leftovers(engine) == []


def test_an_expiry_is_refused_since_it_would_not_be_kept(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=r"expires_after\[anchor\]"):
        client.files.create(
            file=("a.jsonl", jsonl(EXAMPLES)),
            purpose="fine-tune",
            expires_after={"anchor": "created_at", "seconds": 3600},
        )


@pytest.mark.parametrize(
    "name", ["../../evil.jsonl", "..", "/etc/passwd", "C:\\evil.jsonl", "a\0b", "CON", "x" * 300, "\u202egpj.exe", ""]
)
def test_a_name_of_a_file_never_becomes_a_path(engine: Engine, name: str) -> None:
    before = {path for path in engine.data.parent.rglob("*") if path.parent.name != "files"}
    body = b"--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune\r\n"
    body += b'--b\r\nContent-Disposition: form-data; name=file; filename="' + name.encode() + b'"\r\n\r\n'
    body += jsonl(EXAMPLES) + b"\r\n--b--\r\n"
    status, file = engine.request("POST", "/v1/files", body, FORM)
    if status == 200:
        assert not {"/", "\\"} & set(file["filename"])
        assert 0 < len(file["filename"]) <= 255
        assert (engine.data / "files" / file["id"]).read_bytes() == jsonl(EXAMPLES)
    else:
        assert (status, name) == (400, "a\0b")  # no header may hold it
    assert {path for path in engine.data.parent.rglob("*") if path.parent.name != "files"} == before


@pytest.mark.parametrize("file_id", ["../engine.sqlite3", "..%2fengine.sqlite3", "file-x", "%00", "file-" + "a" * 24])
def test_an_id_that_is_not_ours_opens_nothing(client: openai.OpenAI, file_id: str) -> None:
    with pytest.raises(openai.NotFoundError):
        client.get(f"/files/{file_id}/content", cast_to=str)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n{}\r\n--b--\r\n",
        (b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n{}\r\n") * 2 + b"--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\n" + b"x" * 100_000 + b"\r\n--b--\r\n",
        b"".join(b"--b\r\nContent-Disposition: form-data; name=n%d\r\n\r\nx\r\n" % n for n in range(50)) + b"--b--\r\n",
    ],
)
def test_a_form_that_is_not_a_file_and_a_purpose_is_refused(engine: Engine, body: bytes) -> None:
    assert engine.request("POST", "/v1/files", body, FORM)[0] == 400
    assert leftovers(engine) == []


def test_a_boundary_without_measure_is_refused(engine: Engine) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=" + "b" * 500}
    assert engine.request("POST", "/v1/files", b"--b--", headers)[0] == 400


def test_an_upload_that_breaks_off_leaves_nothing(engine: Engine, client: openai.OpenAI) -> None:
    known = [file.id for file in client.files.list()]
    with socket.create_connection(("127.0.0.1", engine.port)) as connection:
        connection.sendall(
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\nAuthorization: Bearer {engine.api_key}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
            "--b\r\nContent-Disposition: form-data; name=file; filename=a.jsonl\r\n\r\n".encode()
            + jsonl(EXAMPLES)
        )
        until(lambda: leftovers(engine))
    until(lambda: not leftovers(engine))
    assert [file.id for file in client.files.list()] == known


@linux
def test_a_large_upload_and_download_take_no_memory(engine: Engine, client: openai.OpenAI, tmp_path: Path) -> None:
    line = json.dumps({"messages": [{"role": "user", "content": "x" * 900}]}).encode() + b"\n"
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        for _ in range(64):
            file.write(line * (1_000_000 // len(line)))
    peak = peak_memory(engine.process.pid)
    stored = client.files.create(file=path, purpose="fine-tune")
    with client.files.with_streaming_response.content(stored.id) as response:
        received = hashlib.sha256()
        for chunk in response.iter_bytes():
            received.update(chunk)
    assert peak_memory(engine.process.pid) - peak < 12 << 20
    assert received.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stored.bytes == path.stat().st_size
    client.files.delete(stored.id)


def peak_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) << 10


def test_a_file_in_parts_is_joined_in_the_order_given(engine: Engine, client: openai.OpenAI) -> None:
    content = jsonl(EXAMPLES)
    pieces = [content[:500], content[500:900], content[900:]]
    made = client.uploads.create(bytes=len(content), filename="p.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    parts = {n: client.uploads.parts.create(made.id, data=pieces[n]).id for n in (2, 0, 1)}
    done = client.uploads.complete(
        made.id, part_ids=[parts[0], parts[1], parts[2]], md5=hashlib.md5(content, usedforsecurity=False).hexdigest()
    )
    assert (made.status, done.status) == ("pending", "completed")
    assert done.file is not None
    assert client.files.content(done.file.id).read() == content
    assert leftovers(engine) == []


def test_the_client_uploads_in_chunks(client: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "chunks.jsonl"
    path.write_bytes(jsonl(EXAMPLES * 20))
    done = client.uploads.upload_file_chunked(file=path, mime_type="text/jsonl", purpose="fine-tune", part_size=7000)
    assert done.file is not None
    assert client.files.content(done.file.id).read() == path.read_bytes()


def test_an_upload_that_does_not_add_up_stays_pending(engine: Engine, client: openai.OpenAI) -> None:
    content = jsonl(EXAMPLES)
    made = client.uploads.create(bytes=len(content), filename="p.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    first = client.uploads.parts.create(made.id, data=content[:100]).id
    for part_ids, md5, code in (
        ([first], None, "size_mismatch"),
        ([first, first], None, "invalid_part"),
        (["part_x"], None, "invalid_part"),
        ([], None, "missing_required_parameter"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            client.uploads.complete(made.id, part_ids=part_ids, md5=md5 or openai.omit)
        assert caught.value.code == code
    rest = client.uploads.parts.create(made.id, data=content[100:]).id
    with pytest.raises(openai.BadRequestError, match="MD5"):
        client.uploads.complete(made.id, part_ids=[first, rest], md5="0" * 32)
    assert client.uploads.complete(made.id, part_ids=[first, rest]).status == "completed"
    assert leftovers(engine) == []


def test_a_cancelled_upload_takes_no_more_parts(engine: Engine, client: openai.OpenAI) -> None:
    made = client.uploads.create(bytes=10, filename="p.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    client.uploads.parts.create(made.id, data=b"12345")
    assert client.uploads.cancel(made.id).status == "cancelled"
    assert leftovers(engine) == []
    with pytest.raises(openai.BadRequestError, match="The upload is cancelled"):
        client.uploads.parts.create(made.id, data=b"67890")
    with pytest.raises(openai.NotFoundError, match="No such Upload object"):
        client.uploads.cancel("upload_x")


def test_an_upload_of_more_than_a_file_may_have_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.uploads.create(bytes=(512 << 20) + 1, filename="p", mime_type="text/jsonl", purpose="fine-tune")
    assert (caught.value.param, caught.value.code) == ("bytes", "integer_above_max_value")


def test_a_part_of_more_than_64_mib_is_refused_with_an_answer(engine: Engine, client: openai.OpenAI) -> None:
    made = client.uploads.create(bytes=100 << 20, filename="p.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    body = b'--b\r\nContent-Disposition: form-data; name=data; filename="p"\r\n\r\n' + bytes((66 << 20) + 1)
    # This client sends everything before it listens: a server that hung up early would be a broken pipe to it.
    status, answer = engine.request("POST", f"/v1/uploads/{made.id}/parts", body + b"\r\n--b--\r\n", FORM)
    assert (status, answer["error"]["code"]) == (413, "file_too_large")
    assert leftovers(engine) == []


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_nothing_in_the_data_folder_is_for_other_users(engine: Engine, client: openai.OpenAI) -> None:
    upload(client)
    open_to_others = [path for path in [engine.data, *engine.data.rglob("*")] if path.stat().st_mode & 0o077]
    assert open_to_others == []
