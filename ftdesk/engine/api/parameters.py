"""Reading what clients send: JSON bodies and queries, value by value, with OpenAI's words for each way to be wrong."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from starlette.requests import Request

from ftdesk.engine.api.errors import ApiError, missing, wrong_type

MAX_JSON_BYTES = 16 << 20

_METADATA_PAIRS, _METADATA_KEY, _METADATA_VALUE = 16, 64, 512
_METADATA_QUERY = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


async def read_json(request: Request) -> Parameters:
    """The JSON object in the body. Raises ``ApiError``, 413 for more than ``MAX_JSON_BYTES``."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "Send the body as application/json.", code="unsupported_media_type")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ApiError(413, f"The body is larger than {MAX_JSON_BYTES} bytes.", code="request_too_large")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError(400, "We could not parse the JSON body of your request.", code="invalid_json") from None
    if not isinstance(value, dict):
        raise ApiError(400, "The JSON body of your request is not an object.", code="invalid_json")
    # Such an escape parses, but is no text: nothing could store or tokenise it.
    if rb"\ud" in body.lower() and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ApiError(400, "The JSON body of your request has an unpaired surrogate.", code="invalid_json")
    return Parameters(value)


class Parameters:
    """An object of parameters. ``null`` counts as not given. Every method raises ``ApiError``."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self.path = path

    def name(self, key: str) -> str:
        """How errors name a parameter: with the names of the objects around it."""
        return f"{self.path}.{key}" if self.path else key

    def raw(self, key: str) -> Any:
        return self._values.get(key)

    def names(self) -> Collection[str]:
        return self._values.keys()

    def refuse_others(self, known: Collection[str]) -> None:
        for key in self._values:
            if key not in known:
                name = self.name(key)
                raise ApiError(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)

    def string(self, key: str, *, longest: int | None = None, shortest: int = 0) -> str | None:
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise wrong_type(self.name(key), "a string", value)
        check_length(self.name(key), value, longest, shortest)
        return value

    def required_string(self, key: str, *, longest: int | None = None) -> str:
        value = self.string(key, longest=longest)
        if not value:
            raise missing(self.name(key))
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str | None:
        value = self.string(key)
        if value is not None and value not in choices:
            _refuse_choice(self.name(key), value, choices)
        return value

    def boolean(self, key: str) -> bool:
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(self.name(key), "a boolean", value)
        return bool(value)

    def integer(self, key: str, *, lowest: int | None = None, highest: int | None = None) -> int | None:
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(self.name(key), "an integer", value)
        check_range(self.name(key), value, lowest, highest)
        return value

    def number(
        self, key: str, *, lowest: float | None = None, highest: float | None = None, above: float | None = None
    ) -> float | None:
        """A decimal in a range; ``above`` is a bound that is itself outside."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise wrong_type(self.name(key), "a decimal", value)
        check_range(self.name(key), value, lowest, highest)
        if above is not None and value <= above:
            raise _out_of_range(self.name(key), value, "below minimum", f"a value > {above}")
        return float(value)

    def object(self, key: str) -> Parameters | None:
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise wrong_type(self.name(key), "an object", value)
        return Parameters(value, self.name(key))

    def array(self, key: str) -> list[Any] | None:
        value = self.raw(key)
        if value is not None and not isinstance(value, list):
            raise wrong_type(self.name(key), "an array", value)
        return value

    def metadata(self, key: str = "metadata") -> Mapping[str, str] | None:
        """Up to 16 pairs; keys up to 64 characters, values up to 512."""
        pairs = self.object(key)
        if pairs is None:
            return None
        if len(pairs.names()) > _METADATA_PAIRS:
            raise ApiError(
                400,
                f"Invalid '{key}': too many properties. Expected an object with at most {_METADATA_PAIRS} properties, "
                f"but got an object with {len(pairs.names())} properties instead.",
                code="object_above_max_properties",
                param=key,
            )
        for name in pairs.names():
            check_length(key, name, _METADATA_KEY, 1)
            if pairs.string(name, longest=_METADATA_VALUE) is None:
                raise wrong_type(pairs.name(name), "a string", None)
        return {name: pairs.raw(name) for name in pairs.names()}


def limit_of(request: Request, *, default: int, highest: int) -> int:
    """The query parameter ``limit``."""
    text = request.query_params.get("limit")
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise wrong_type("limit", "an integer", text)
    check_range("limit", int(text), 1, highest)
    return int(text)


def choice_of(request: Request, key: str, choices: Sequence[str]) -> str | None:
    value = request.query_params.get(key)
    if value is not None and value not in choices:
        _refuse_choice(key, value, choices)
    return value


def metadata_of(request: Request) -> tuple[Mapping[str, str] | None, bool]:
    """The filter ``metadata[key]=value`` and whether ``metadata=null`` asks for jobs without any."""
    wanted = {
        found.group(1): value
        for key, value in request.query_params.multi_items()
        if (found := _METADATA_QUERY.fullmatch(key))
    }
    return wanted or None, request.query_params.get("metadata") == "null"


def check_length(param: str, value: str, longest: int | None, shortest: int) -> None:
    if longest is not None and len(value) > longest:
        raise ApiError(
            400,
            f"Invalid '{param}': string too long. Expected a string with maximum length {longest}, "
            f"but got a string with length {len(value)} instead.",
            code="string_above_max_length",
            param=param,
        )
    if len(value) < shortest:
        raise ApiError(
            400,
            f"Invalid '{param}': empty string. Expected a string with minimum length {shortest}, "
            "but got an empty string instead.",
            code="empty_string",
            param=param,
        )


def check_range(param: str, value: float, lowest: float | None, highest: float | None) -> None:
    if lowest is not None and value < lowest:
        raise _out_of_range(param, value, "below minimum", f"a value >= {lowest}")
    if highest is not None and value > highest:
        raise _out_of_range(param, value, "above maximum", f"a value <= {highest}")


def _out_of_range(param: str, value: float, side: str, expected: str) -> ApiError:
    kind = "integer" if isinstance(value, int) else "decimal"
    code = f"{kind}_{'below_min' if side.startswith('below') else 'above_max'}_value"
    return ApiError(
        400,
        f"Invalid '{param}': {kind} {side} value. Expected {expected}, but got {value} instead.",
        code=code,
        param=param,
    )


def _refuse_choice(param: str, value: str, choices: Sequence[str]) -> NoReturn:
    supported = ", ".join(f"'{choice}'" for choice in choices)
    raise ApiError(
        400, f"Invalid value: '{value}'. Supported values are: {supported}.", code="invalid_value", param=param
    )


def _finite(text: str) -> float:
    """``NaN`` and ``1e999`` are not JSON or become infinite, and no answer could repeat them."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
