"""Forms with a file, straight from the network to the disk in constant memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from ftdesk.engine.api.errors import ApiError
from ftdesk.engine.api.lines import LineCounter
from ftdesk.engine.folder import IncomingFile

MAX_FIELD_BYTES = 64 << 10
MAX_FIELDS = 16
_FRAME_BYTES = 64 << 10
"""What the boundaries and headers of a form may add to the size of its file."""


@dataclass(slots=True)
class Form:
    """Text fields, and what is known of the file once it has arrived. Without one, ``filename`` is ``None``."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    bytes: int = 0
    lines: int = 0


async def receive_form(request: Request, file_field: str, into: IncomingFile, *, max_bytes: int) -> Form:
    """Write the part ``file_field`` to ``into`` and return the rest. Raises ``ApiError``."""
    reader = _Reader(file_field, into, max_bytes)
    try:
        parser = _parser(request, reader, max_bytes)
        async with aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise _unreadable() from None
    return reader.form


def _parser(request: Request, reader: _Reader, max_bytes: int) -> MultipartParser:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ApiError(415, "Send the file as multipart/form-data.", code="unsupported_media_type")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes + _FRAME_BYTES + MAX_FIELDS * MAX_FIELD_BYTES:
        raise _too_large(max_bytes)
    return MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": reader.part_began,
            "on_header_field": reader.header_field,
            "on_header_value": reader.header_value,
            "on_header_end": reader.header_ended,
            "on_headers_finished": reader.headers_ended,
            "on_part_data": reader.data,
            "on_part_end": reader.part_ended,
        },
    )


class _Reader:
    """Callbacks of the push parser. They see pieces: of headers, of fields, of the file."""

    def __init__(self, file_field: str, into: IncomingFile, max_bytes: int) -> None:
        self.form = Form()
        self._file_field = file_field
        self._into = into
        self._max_bytes = max_bytes
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._take: Callable[[memoryview], None] = self._refuse
        self._text = bytearray()
        self._counter = LineCounter()

    def part_began(self) -> None:
        self._header = (bytearray(), bytearray())
        self._disposition = b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def header_ended(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def headers_ended(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name == self._file_field:
            if self.form.filename is not None:
                raise ApiError(400, f"There is more than one '{self._name}'.", param=self._name)
            self.form.filename = options.get(b"filename", b"").decode("utf-8", "replace")
            self._take = self._take_file
            return
        if self._name in self.form.fields or len(self.form.fields) >= MAX_FIELDS:
            raise ApiError(400, "The form has too many fields.", param=self._name)
        self._text = bytearray()
        self._take = self._take_text

    def data(self, data: bytes, start: int, end: int) -> None:
        self._take(memoryview(data)[start:end])

    def part_ended(self) -> None:
        if self._name == self._file_field:
            self.form.lines = self._counter.count
        else:
            self.form.fields[self._name] = self._text.decode("utf-8", "replace")
        self._take = self._refuse

    def _take_file(self, piece: memoryview) -> None:
        self.form.bytes += len(piece)
        if self.form.bytes > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._into.stream.write(piece)
        self._counter.feed(bytes(piece))

    def _take_text(self, piece: memoryview) -> None:
        self._text += piece
        if len(self._text) > MAX_FIELD_BYTES:
            raise ApiError(400, f"The field '{self._name}' is too long.", param=self._name)

    def _refuse(self, _: memoryview) -> None:
        raise _unreadable()


def _unreadable() -> ApiError:
    return ApiError(400, "We could not parse the multipart body of your request.", code="invalid_multipart")


def _too_large(max_bytes: int) -> ApiError:
    return ApiError(
        413, f"The file is larger than the maximum of {max_bytes} bytes.", code="file_too_large", param="file"
    )
