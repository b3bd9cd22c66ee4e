"""Asks several models at once and tells what each answers as it streams in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from ftdesk.errors import FtdeskError, HostUnreachableError
from ftdesk.hosts.types import ChatDelta, ChatFinished, ChatOptions, Hosts, Message, ModelName
from ftdesk.playground.merging import merged
from ftdesk.playground.types import PaneEvent, PaneFailed, PaneFinished, PaneStarted, PaneText


class PlaygroundService:
    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def compare(
        self, models: Sequence[ModelName], messages: Sequence[Message], options: ChatOptions
    ) -> AsyncGenerator[PaneEvent, None]:
        """Send ``messages`` to every model at the same time. One pane per model, in this order.

        Every pane starts, then yields text, then is finished or failed; a failure leaves the others alone. Close the
        iterator (``contextlib.aclosing``) to stop: all requests are cancelled before that returns.
        """
        return merged([self._answer(pane, model, messages, options) for pane, model in enumerate(models)])

    async def _answer(
        self, pane: int, model: ModelName, messages: Sequence[Message], options: ChatOptions
    ) -> AsyncGenerator[PaneEvent, None]:
        yield PaneStarted(pane, model)
        try:
            client = await self._hosts.client(model.host)
            async with aclosing(client.chat(model.model, messages, options)) as stream:
                async for event in stream:
                    if isinstance(event, ChatDelta):
                        yield PaneText(pane, event.text)
                    else:
                        yield PaneFinished(pane, event)
                        return
            raise HostUnreachableError(f"{model} stopped in the middle of its answer.", hint="Try again.")
        except FtdeskError as error:
            yield PaneFailed(pane, error)


def panes_served_alike(models: Sequence[ModelName], answers: Mapping[int, ChatFinished]) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more panes that one model of one host answered, by what the host says: comparing them is vain.

    ``models`` are the panes' models in order, ``answers`` the finished panes. Names of different hosts never match:
    what one host calls ``tiny`` is not what another calls so.
    """
    panes: dict[ModelName, list[int]] = {}
    for pane, answer in sorted(answers.items()):
        if answer.served_model:
            panes.setdefault(ModelName(models[pane].host, answer.served_model), []).append(pane)
    return tuple(tuple(group) for group in panes.values() if len(group) > 1)
