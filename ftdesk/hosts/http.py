"""The HTTP side of a connection: what leaves this computer, where to, and how much may come back."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpx2
from typing_extensions import override

from ftdesk import __version__
from ftdesk.errors import HostError, InputError
from ftdesk.hosts.endpoint import Endpoint, is_loopback
from ftdesk.hosts.failures import malformed, too_large

# The SDK adds headers from OPENAI_* variables and some that describe this computer. Only these leave it. The last one
# stays because the SDK looks for it in the request to decide how to return the reply.
_SENT = frozenset({"accept", "content-length", "content-type", "host", "transfer-encoding", "x-stainless-raw-response"})


def open_http(endpoint: Endpoint, trust: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client that follows no redirects, so that data and key go to ``endpoint`` and nowhere else.

    On this computer no proxy is used either.
    """
    return httpx2.AsyncClient(
        verify=trust,
        trust_env=not is_loopback(endpoint.base_url),
        follow_redirects=False,
        event_hooks={"request": [_Outgoing(endpoint)], "response": [_Incoming(endpoint)]},
    )


def read_trust(endpoint: Endpoint) -> ssl.SSLContext:
    """The certificates that this computer trusts. For http none at all, since reading them takes a tenth of a second.

    Raises ``InputError`` when they cannot be read.
    """
    if not endpoint.base_url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx2.create_ssl_context(trust_env=not is_loopback(endpoint.base_url))
    except OSError as error:
        raise InputError(
            f"The certificates of this computer cannot be read: {error.strerror or error}.",
            str(error),
            "Check the variables SSL_CERT_FILE and SSL_CERT_DIR.",
        ) from error


class _Outgoing:
    """Leaves only headers that a host needs, with the key of this connection and no other."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, request: httpx2.Request) -> None:
        for name in set(request.headers) - _SENT:
            del request.headers[name]
        request.headers["User-Agent"] = f"ftdesk/{__version__}"
        # Compressed replies could unpack to any size.
        request.headers["Accept-Encoding"] = "identity"
        if self._endpoint.key is not None:
            request.headers["Authorization"] = f"Bearer {self._endpoint.key.value}"


class _Incoming:
    """Refuses compressed replies, which were not asked for, and ends those that grow past the limit."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, response: httpx2.Response) -> None:
        limits = self._endpoint.limits
        is_file = response.request.url.path.endswith("/content")
        limit = limits.file_bytes if is_file else limits.reply_bytes
        if response.headers.get("content-encoding", "identity") != "identity":
            raise malformed(self._endpoint, "an uncompressed reply", b"", "Content-Encoding")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _LimitedStream(response.stream, limit, too_large(self._endpoint, limit))


class _LimitedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, error: HostError) -> None:
        self._stream = stream
        self._left = limit
        self._error = error

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise self._error
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()
