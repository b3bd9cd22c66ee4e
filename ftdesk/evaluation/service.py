"""Scores models on the examples of a held-out file and concludes which is better."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from ftdesk.errors import InputError
from ftdesk.evaluation.asking import TEMPERATURE
from ftdesk.evaluation.graders import grader_named
from ftdesk.evaluation.graders.grader import Grader
from ftdesk.evaluation.items import HeldOutFile, prompt_sha256, read_held_out
from ftdesk.evaluation.run import Run
from ftdesk.evaluation.scoring import model_score, paired_differences
from ftdesk.evaluation.types import EvaluationEvent, EvaluationFinished, EvaluationItem, ItemScored
from ftdesk.hosts.types import Hosts, ModelName
from ftdesk.storage.database import Database
from ftdesk.storage.evaluations import Question, RunKey, kept_answers, open_run


class EvaluationService:
    def __init__(self, database: Database, hosts: Hosts) -> None:
        self._database = database
        self._hosts = hosts

    async def evaluate(
        self,
        file: Path,
        models: Sequence[ModelName],
        grader: str = "exact",
        limit: int | None = None,
        *,
        resume: bool = False,
        concurrency: int = 4,
    ) -> AsyncGenerator[EvaluationEvent, None]:
        """Score ``models`` on the first ``limit`` items of ``file``, asked at temperature 0.

        Yields an ``ItemScored`` per item and model as answers come in, each stored before, and ``EvaluationFinished``
        at the end. With ``resume``, answers that earlier evaluations of the same file with the same grader have stored
        are taken instead of asked for, and told first. At most ``concurrency`` questions are open per host. An item
        that fails counts as wrong; the next resume asks for it again. Equal prompts are asked once.

        Raises ``InputError`` for arguments or a file that cannot be used, and ``HostError`` when a host, an account or
        a model as a whole gives no answers: that is no score. Close the iterator to stop; what is stored stays.
        """
        chosen = grader_named(grader)
        _check(models, limit, concurrency)
        held_out = await asyncio.to_thread(read_held_out, file)
        items = held_out.items[:limit]
        by_prompt: dict[str, list[EvaluationItem]] = {}
        for item in items:
            by_prompt.setdefault(prompt_sha256(item), []).append(item)
        run = await self._run(held_out, chosen, by_prompt, resume=resume)
        questions = [Question(prompt, model.host, model.model) for prompt in by_prompt for model in models]
        scores: dict[ModelName, dict[int, float | None]] = {model: {} for model in models}
        done, total = 0, len(items) * len(models)
        async with aclosing(run.replies(self._hosts, questions, concurrency)) as replies:
            async for reply in replies:
                for item in by_prompt[reply.question.prompt_sha256]:
                    score = None if reply.error else chosen.grade(reply.answer, item.reference)
                    scores[reply.model][item.line] = score
                    done += 1
                    yield ItemScored(item, reply.model, reply.answer, score, reply.error, done, total)
        in_order = [[scores[model][item.line] for item in items] for model in models]
        yield EvaluationFinished(
            file=str(file),
            grader=chosen.name,
            examples=len(items),
            models=tuple(model_score(model, ones) for model, ones in zip(models, in_order, strict=True)),
            pairs=paired_differences(models, in_order),
        )

    async def _run(
        self, held_out: HeldOutFile, grader: Grader, by_prompt: dict[str, list[EvaluationItem]], *, resume: bool
    ) -> Run:
        key = RunKey(held_out.sha256, grader.name, json.dumps({"temperature": TEMPERATURE}))
        kept = await self._database.run(lambda connection: kept_answers(connection, key)) if resume else {}
        number = await self._database.run(lambda connection: open_run(connection, key))
        return Run(self._database, number, {prompt: ones[0] for prompt, ones in by_prompt.items()}, kept)


def _check(models: Sequence[ModelName], limit: int | None, concurrency: int) -> None:
    if not models:
        raise InputError("There is no model to evaluate.", hint="Name at least one; two to learn which is better.")
    twice = next((model for model in models if models.count(model) > 1), None)
    if twice:
        raise InputError(f"{twice} is named twice.", hint="Name each model once.")
    if limit is not None and limit < 1:
        raise InputError(f"{limit} examples cannot be evaluated.", hint="The limit is a whole number from 1.")
    if concurrency < 1:
        raise InputError(f"{concurrency} questions at a time are too few.", hint="Ask at least one at a time.")
