"""One question to one model: when to ask again, and when asking at all has become pointless."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from ftdesk.errors import HostError, HostRefusedError, HostUnreachableError
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.hosts.failures import NO_CREDIT
from ftdesk.hosts.types import ChatFinished, ChatOptions, HostClient, ModelName

TEMPERATURE = 0.0
"""Every question is asked at this one, so that the same file gives the same scores."""

_UNSENT_PAUSES = (0.5, 1.0, 2.0)
_BUSY_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds; a minute in all, the period of most rate limits
_BUSY = frozenset({429, 503, 529})
_NO_ACCESS = frozenset({401, 403, 404})


async def ask(client: HostClient, model: ModelName, item: EvaluationItem) -> ChatFinished:
    """The whole answer of ``model``. Raises ``HostError``.

    Asks again only where the host cannot have begun to answer: the question never left, or was turned away because the
    host was busy. A lost or broken answer may have been paid for and is not asked for again.
    """
    attempt = 0
    while True:
        try:
            return await _answer(client, model, item)
        except HostError as error:
            pauses = _pauses(error)
            if attempt >= len(pauses):
                raise
            await asyncio.sleep(pauses[attempt])
            attempt += 1


def ends_evaluation(error: HostError) -> bool:
    """Whether ``error`` is about the host, the account or the model as a whole, and so no wrong answer to one item."""
    if isinstance(error, HostUnreachableError):
        return error.never_sent
    return isinstance(error, HostRefusedError) and error.status in _BUSY | _NO_ACCESS


async def _answer(client: HostClient, model: ModelName, item: EvaluationItem) -> ChatFinished:
    options = ChatOptions(temperature=TEMPERATURE, tools=item.tools)
    async with aclosing(client.chat(model.model, item.prompt, options)) as stream:
        async for event in stream:
            if isinstance(event, ChatFinished) and event.complete:
                return event
    raise HostUnreachableError(f"{model} broke off in the middle of its answer.", hint="Resume to ask again.")


def _pauses(error: HostError) -> tuple[float, ...]:
    """Seconds to wait before each further attempt; none when the error stays or the answer may have cost money."""
    if isinstance(error, HostUnreachableError):
        return _UNSENT_PAUSES if error.never_sent else ()
    if isinstance(error, HostRefusedError) and error.status in _BUSY and error.code not in NO_CREDIT:
        return _BUSY_PAUSES
    return ()
