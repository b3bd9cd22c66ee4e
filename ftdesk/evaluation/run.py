"""One run of questions: asks what no kept answer tells, several at a time, and keeps every answer before telling it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from ftdesk.errors import HostError
from ftdesk.evaluation.asking import ask, ends_evaluation
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.hosts.types import HostClient, Hosts, ModelName
from ftdesk.playground.merging import merged
from ftdesk.storage.database import Database
from ftdesk.storage.evaluations import Question, keep_answer

_FAILURES_OF_A_SILENT_MODEL = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the answer, or why there is none."""

    question: Question
    answer: str
    error: str | None = None

    @property
    def model(self) -> ModelName:
        return ModelName(self.question.host, self.question.model)


class Run:
    """``prompts`` holds an item to ask by the hash of its prompt, ``kept`` the answers that are there already."""

    def __init__(
        self, database: Database, number: int, prompts: Mapping[str, EvaluationItem], kept: Mapping[Question, str]
    ) -> None:
        self._database = database
        self._number = number
        self._prompts = prompts
        self._kept = kept
        self._asked: Counter[ModelName] = Counter()
        self._answered: Counter[ModelName] = Counter()
        self._failed: Counter[ModelName] = Counter()

    async def replies(
        self, hosts: Hosts, questions: Sequence[Question], concurrency: int
    ) -> AsyncGenerator[Reply, None]:
        """One reply per question: those kept first, then the others as they come.

        At most ``concurrency`` questions are open per host. Raises ``HostError`` when there is no point in asking on.
        """
        unanswered: dict[str, list[Question]] = {}
        for question in questions:
            reply = Reply(question, self._kept.get(question, ""))
            self._asked[reply.model] += 1
            if question in self._kept:
                self._answered[reply.model] += 1
                yield reply
            else:
                unanswered.setdefault(question.host, []).append(question)
        workers = []
        for host, ones in unanswered.items():
            client, turns = await hosts.client(host), iter(ones)
            workers += [self._ask_in_turn(client, turns) for _ in range(min(concurrency, len(ones)))]
        async with aclosing(merged(workers)) as replies:
            async for reply in replies:
                yield reply

    async def _ask_in_turn(self, client: HostClient, turns: Iterator[Question]) -> AsyncGenerator[Reply, None]:
        for question in turns:
            yield await self._ask(client, question)

    async def _ask(self, client: HostClient, question: Question) -> Reply:
        model = ModelName(question.host, question.model)
        try:
            answer = await ask(client, model, self._prompts[question.prompt_sha256])
        except HostError as error:
            self._failed[model] += 1
            if ends_evaluation(error) or self._is_silent(model):
                raise
            return Reply(question, "", error.sentence)
        self._answered[model] += 1
        await self._keep(question, answer.text)
        return Reply(question, answer.text)

    def _is_silent(self, model: ModelName) -> bool:
        """Whether ``model`` has failed every time so far. Then the items are not to blame, and it has no score."""
        enough = min(_FAILURES_OF_A_SILENT_MODEL, self._asked[model])
        return not self._answered[model] and self._failed[model] >= enough

    async def _keep(self, question: Question, answer: str) -> None:
        """Store an answer. It may have cost money, so whoever cancels us waits for the disk."""
        storing = asyncio.ensure_future(
            self._database.run(lambda connection: keep_answer(connection, self._number, question, answer))
        )
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await storing
            raise
