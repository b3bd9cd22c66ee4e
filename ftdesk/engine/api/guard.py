"""Who may talk to the engine: the holder of its token, from a program on this computer, and no web page.

A page in a browser can send requests to 127.0.0.1 too, also under another host name that resolves to it (DNS
rebinding). It cannot leave out ``Origin`` or ``Sec-Fetch-Site``, forge ``Host``, or know the token.
"""

from __future__ import annotations

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from ftdesk.engine.api.errors import ApiError

_BODY_TYPES = (b"application/json", b"multipart/form-data")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Guard:
    """Pure ASGI: what it refuses is never read."""

    def __init__(self, app: ASGIApp, *, port: int, token: str) -> None:
        self._app = app
        self._hosts = frozenset({f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()})
        self._authorization = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope["method"], scope["headers"])
        await (refusal.response() if refusal else self._app)(scope, receive, send)

    def _refusal(self, method: str, headers: list[tuple[bytes, bytes]]) -> ApiError | None:
        given: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            given.setdefault(name.lower(), []).append(value)
        hosts = given.get(b"host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return ApiError(421, "This server does not answer to that host name.", code="invalid_host")
        if b"origin" in given or any(site != b"none" for site in given.get(b"sec-fetch-site", [])):
            return ApiError(403, "Requests from web pages are not allowed.", code="origin_not_allowed")
        authorizations = given.get(b"authorization", [])
        if not authorizations:
            return ApiError(401, "You didn't provide an API key.", code="missing_api_key")
        if len(authorizations) != 1 or not hmac.compare_digest(authorizations[0], self._authorization):
            return ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
        return _type_refusal(method, given)


def _type_refusal(method: str, given: dict[bytes, list[bytes]]) -> ApiError | None:
    """A form of a web page can only send types that are not JSON; a body of unknown type is not read at all."""
    has_body = b"transfer-encoding" in given or given.get(b"content-length", [b"0"]) != [b"0"]
    if method not in _WITH_BODY or not has_body:
        return None
    types = [value.split(b";")[0].strip().lower() for value in given.get(b"content-type", [])]
    if len(types) == 1 and types[0] in _BODY_TYPES:
        return None
    return ApiError(415, "Send application/json, or multipart/form-data for files.", code="unsupported_media_type")
