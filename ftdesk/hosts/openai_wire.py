"""Calls through the openai SDK: limits, pages, and every error of the SDK and of HTTP as one of ours."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import httpx2
import openai

from ftdesk.errors import HostError, InputError
from ftdesk.hosts.endpoint import Endpoint
from ftdesk.hosts.failures import Refusal, malformed, refused, too_late, unreachable
from ftdesk.hosts.replies import MalformedReplyError, Page, Reply, read, read_item

R = TypeVar("R", bound=Reply)
After = str | openai.Omit

PAGE = 100
PAGES = 1_000
"""Items that we ask for at a time, and pages after which we stop: a server may have no end of them."""

FOREIGN_ERRORS = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    ssl.SSLError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)
"""What the SDK lets out. Everything else is ours already, or a bug."""

# Raised before the first byte of a request has left.
_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class RawReply(Protocol):
    """The SDK's reply before it made anything of it."""

    @property
    def content(self) -> bytes: ...


def open_sdk(endpoint: Endpoint, base_url: str, http: httpx2.AsyncClient, *, retries: int) -> openai.AsyncOpenAI:
    """An SDK client that takes nothing from the environment: see ``http`` for the headers it would add."""
    limits = endpoint.limits
    return openai.AsyncOpenAI(
        api_key=endpoint.key.value if endpoint.key else "none",
        admin_api_key="none",
        base_url=base_url,
        timeout=httpx2.Timeout(limits.control, connect=limits.connect),
        max_retries=retries,
        http_client=http,
    )


class Wire:
    """Turns calls of the SDK into checked replies. Raises ``HostRefusedError`` and ``HostUnreachableError`` only."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def body(self, call: Awaitable[RawReply], *, deadline: float | None = None) -> bytes:
        """The bytes of the reply. ``deadline`` replaces the usual limit of seconds for the whole call."""
        async with self.mapped(self._endpoint.limits.deadline if deadline is None else deadline):
            return (await call).content

    async def ask(
        self, call: Awaitable[RawReply], reply: type[R], expected: str, *, deadline: float | None = None
    ) -> R:
        body = await self.body(call, deadline=deadline)
        try:
            return read(reply, body)
        except MalformedReplyError as error:
            raise malformed(self._endpoint, expected, body, str(error)) from error

    async def items(self, call: Awaitable[RawReply], reply: type[R], expected: str) -> list[R]:
        """The items of a list that comes in one page."""
        items, _ = await self._page(call, reply, expected)
        return items

    async def pages(
        self,
        ask: Callable[[After], Awaitable[RawReply]],
        reply: type[R],
        expected: str,
        identify: Callable[[R], str],
        is_enough: Callable[[list[R], list[R]], bool] = lambda _found, _page: False,
    ) -> list[R]:
        """The items of a list, page after page, each once.

        Ends where the host says so, where ``is_enough(found, page)``, and where a page brings nothing new: a server
        that does not know ``after`` sends its first page for ever.
        """
        found: dict[str, R] = {}
        after: After = openai.omit
        for _ in range(PAGES):
            items, may_go_on = await self._page(ask(after), reply, expected)
            new = {identify(item): item for item in items if identify(item) not in found}
            found |= new
            if not (new and may_go_on) or is_enough(list(found.values()), items):
                break
            after = identify(items[-1])
        return list(found.values())

    @asynccontextmanager
    async def mapped(self, deadline: float = math.inf) -> AsyncIterator[None]:
        """Lets out errors of ours only. ``InputError`` for text that no request can hold, like half of an emoji."""
        try:
            async with asyncio.timeout(deadline):
                yield
        except FOREIGN_ERRORS as error:
            raise self.error(error) from error
        except UnicodeEncodeError as error:
            raise InputError(
                f"The request to {self._endpoint.label} holds characters that cannot be sent.",
                str(error),
                "Look for half of a pair of \\u escapes in the text.",
            ) from error
        except TimeoutError as error:
            raise too_late(self._endpoint, deadline) from error

    def error(self, error: Exception) -> HostError:
        """The error of ours for one of ``FOREIGN_ERRORS``."""
        match error:
            case openai.APIStatusError():
                return refused(self._endpoint, _refusal(error))
            case openai.APIConnectionError():
                never_sent = any(isinstance(cause, _NEVER_SENT) for cause in _causes(error))
                return unreachable(self._endpoint, error, never_sent=never_sent)
            case openai.APIResponseValidationError() | json.JSONDecodeError() | UnicodeDecodeError():
                return malformed(self._endpoint, "data", b"", str(error))
            case openai.APIError():  # an error in the middle of a stream
                return refused(self._endpoint, Refusal(0, error.message, error.code, error.param))
        return unreachable(self._endpoint, error, never_sent=False)

    async def _page(self, call: Awaitable[RawReply], reply: type[R], expected: str) -> tuple[list[R], bool]:
        body = await self.body(call)
        try:
            page = read(Page, body)
            items = [read_item(reply, item) for item in page.data]
        except MalformedReplyError as error:
            raise malformed(self._endpoint, expected, body, str(error)) from error
        return items, len(items) >= PAGE if page.has_more is None else page.has_more


def _refusal(error: openai.APIStatusError) -> Refusal:
    headers = error.response.headers
    return Refusal(
        status=error.status_code,
        said=_said(error.body),
        code=error.code,
        param=error.param if isinstance(error.param, str) else None,
        wait=headers.get("retry-after", ""),
        location=headers.get("location", ""),
        request_id=headers.get("x-request-id", ""),
    )


def _said(body: object) -> str:
    """The host's message in an error body of any shape."""
    inner: Any = body
    while isinstance(inner, Mapping):
        inner = next((inner[key] for key in ("message", "error", "detail", "msg") if inner.get(key)), "")
    return inner if isinstance(inner, str) else json.dumps(inner) if inner else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
