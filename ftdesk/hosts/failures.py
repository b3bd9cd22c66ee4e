"""What goes wrong with a host, in sentences. Knows no SDK: it is told a status, or an exception to look into."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from ftdesk.errors import HostRefusedError, HostUnreachableError
from ftdesk.hosts.endpoint import Endpoint

NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "quota_exceeded"})
"""Codes of a refusal that stays until somebody pays, whatever its status says."""
_LATER = "Try again in a moment."
_ADDRESS = "Check the network and the address of this connection."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the host put it. ``said`` is its own message, ``wait`` the seconds it asks us to wait."""

    status: int
    said: str = ""
    code: str | None = None
    param: str | None = None
    wait: str = ""
    location: str = ""
    request_id: str = ""


def refused(endpoint: Endpoint, refusal: Refusal) -> HostRefusedError:
    """The error that says what the host refused and what helps."""
    said = clean(endpoint, refusal.said)
    title, hint = _refused(endpoint, refusal, said)
    detail = f"{said} (request {refusal.request_id})" if refusal.request_id else said
    return HostRefusedError(title, detail, hint, status=refusal.status, code=refusal.code, param=refusal.param)


def unreachable(endpoint: Endpoint, error: BaseException, *, never_sent: bool) -> HostUnreachableError:
    """The error for no answer, or none that makes sense. The cause is found by walking what caused ``error``."""
    title, hint = _unreachable(endpoint, list(_causes(error)))
    return HostUnreachableError(title, clean(endpoint, _words(error)), hint, never_sent=never_sent)


def malformed(endpoint: Endpoint, expected: str, body: bytes, why: str) -> HostUnreachableError:
    """The error for a successful answer that is not what it should be."""
    start = body[:200].lstrip().lower()
    detail = clean(endpoint, f"{why} {body[:300].decode('utf-8', 'replace')}")
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return HostUnreachableError(
            f"{endpoint.label} answered with a web page where {expected} was expected.",
            detail,
            "A login page of the network may be in the way, or the address of this connection is wrong.",
        )
    return HostUnreachableError(
        f"{endpoint.label} did not answer with {expected}.",
        detail,
        "Try again. If it stays so, what answers at this address does not speak the OpenAI protocol.",
    )


def too_large(endpoint: Endpoint, limit: int) -> HostUnreachableError:
    return HostUnreachableError(
        f"{endpoint.label} sent more than {limit >> 20} MB in one answer, which was cut off.",
        hint="The address of this connection may be wrong.",
    )


def too_late(endpoint: Endpoint, seconds: float) -> HostUnreachableError:
    return HostUnreachableError(f"{endpoint.label} took longer than {seconds:g} s to answer.", hint=_LATER)


def clean(endpoint: Endpoint, text: str) -> str:
    """One short line of foreign text, without the key that a careless server may repeat."""
    if endpoint.key is not None:
        text = text.replace(endpoint.key.value, "…")
    line = " ".join(text.split())
    return line if len(line) <= 500 else line[:499] + "…"


def _refused(endpoint: Endpoint, refusal: Refusal, said: str) -> tuple[str, str]:
    host = endpoint.label
    is_page = said.startswith("<")
    quoted = f": {said.rstrip('.')}." if said and not is_page else "."
    match refusal.status:
        case 0:
            return f"{host} broke off{quoted}", _LATER
        case 401 | 403 | 407:
            return _denied(endpoint, refusal, quoted)
        case 404 if is_page or not said:
            return f"{host} has nothing at this address.", f"Check the address, {endpoint.base_url}; most end with /v1."
        case 404:
            return f"{host} does not have what was asked for{quoted}", "Check the name or id."
        case 413:
            return f"{host} does not take a file of this size{quoted}", "Make the file smaller."
        case 429:
            return _too_often(host, refusal, quoted)
        case status if 300 <= status < 400:
            place = f" to {refusal.location}" if refusal.location else ""
            return f"{host} sends us elsewhere{place}, and data is not sent there.", "Correct the address."
        case status if status >= 500:
            return f"{host} has a problem of its own at present (HTTP {status}){quoted}", _LATER
    return f"{host} refused{quoted}" if said and not is_page else f"{host} refused (HTTP {refusal.status}).", ""


def _denied(endpoint: Endpoint, refusal: Refusal, quoted: str) -> tuple[str, str]:
    host = endpoint.label
    if refusal.status == 407:
        return f"The proxy on the way to {host} wants to know who you are.", "Set user and password of the proxy."
    if refusal.status == 401 and endpoint.key is None:
        return f"{host} wants a key, and none is kept for it.", "Add the key of this connection."
    if refusal.status == 401:
        return f"{host} does not accept the key.", "Check the key of this connection."
    if refusal.code == "training_not_available":
        return (
            f"{host} no longer lets this organisation start training jobs.",
            "Train on another host: the built-in one is always there, others take the same file.",
        )
    return f"{host} does not allow this{quoted}", "Check what the key of this connection may do."


def _too_often(host: str, refusal: Refusal, quoted: str) -> tuple[str, str]:
    if refusal.code in NO_CREDIT:
        return f"The account at {host} has no credit left for this.", "Add credit or raise the limit at the host."
    if refusal.code == "daily_rate_limit_exceeded":
        return f"{host} starts no more training jobs of this model today{quoted}", "Try again tomorrow."
    hint = f"Try again in {refusal.wait} s." if refusal.wait.isdecimal() else _LATER
    return f"{host} has been asked too often{quoted}", hint


def _unreachable(endpoint: Endpoint, causes: list[BaseException]) -> tuple[str, str]:
    host, address = endpoint.label, endpoint.address
    names = {type(cause).__name__ for cause in causes}
    for cause in causes:
        match cause:
            case socket.gaierror():
                return f"The name of {host} was not found: {address}.", _ADDRESS
            case ssl.SSLCertVerificationError():
                said = getattr(cause, "verify_message", "") or "it is not trusted"
                return f"The certificate of {host} is not valid: {said}.", "Check the address and the clock."
            case ssl.SSLError():
                return (
                    f"No encrypted connection to {host} at {address} came about.",
                    "Check that it speaks https there.",
                )
            case ConnectionRefusedError():
                return f"Nothing answers for {host} at {address}.", "Check that it runs and that the address is right."
    if "ProxyError" in names:
        return f"The proxy on the way to {host} refuses.", "Check the proxy settings of this computer."
    if "ConnectTimeout" in names:
        return f"{host} at {address} could not be reached within {endpoint.limits.connect:g} s.", _ADDRESS
    if any(name.endswith("Timeout") or name == "TimeoutError" for name in names):
        return f"{host} did not answer in time.", _LATER
    if "LocalProtocolError" in names:
        return (
            f"The request to {host} could not be sent as it was announced.",
            "Did its file change meanwhile? Try again.",
        )
    if names & {"UnsupportedProtocol", "InvalidURL"}:
        return f"{host} cannot be asked at {endpoint.base_url}.", "Check the address of this connection."
    if names & {"ReadError", "WriteError", "RemoteProtocolError", "ConnectionResetError", "DecodingError"}:
        return f"The connection to {host} broke before its answer was complete.", _LATER
    return f"{host} at {address} cannot be reached.", _ADDRESS


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and all that led to it, groups taken apart, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        waiting += [cause.__cause__, cause.__context__]


def _words(error: BaseException) -> str:
    """The chain in the words of those who raised it, for the details."""
    words = [f"{type(cause).__name__}: {cause}".rstrip(": ") for cause in _causes(error)]
    return " ← ".join(words[:4])
