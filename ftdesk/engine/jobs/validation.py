"""The check of a job's files before it is queued, in its own process: a hostile file cannot hurt more than that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ftdesk.engine.jobs.examples import lines_of
from ftdesk.engine.jobs.formats import MIN_EXAMPLES, FormatError, check_shape, format_of, parse_line
from ftdesk.engine.store.jobs import JobFailure
from ftdesk.engine.trainers.protocol import Method, Trainer, UnsupportedRequestError

Param = Literal["training_file", "validation_file"]

_FORMATS: dict[Method, str] = {"supervised": "fine-tune-chat", "dpo": "fine-tune-preference"}
_METHODS: dict[str, Method] = {name: method for method, name in _FORMATS.items()}


class InvalidFileError(Exception):
    """A file cannot be trained on; ``failure`` is what the job ends with."""

    def __init__(self, failure: JobFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def check_file(
    path: Path, file_id: str, param: Param, method: Method, trainer: Trainer, keep_going: Callable[[], None]
) -> int:
    """Check every line and return the number of examples.

    ``keep_going`` is called for each example and may raise to give up. Raises ``InvalidFileError`` at the first fault.
    """
    name = param.removesuffix("_file")
    count = 0
    for count, (number, line) in enumerate(lines_of(path), 1):
        keep_going()
        try:
            example = parse_line(line, number, count)
            if count == 1:
                _check_method(format_of(example), file_id, method)
            check_shape(method, example, count)
            trainer.check_example(method, example)
        except FormatError as error:
            raise InvalidFileError(_failure(error, name, param)) from error
        except UnsupportedRequestError as error:
            message = f"The job failed due to an invalid {name} file. Example {count}: {error.message}"
            raise InvalidFileError(JobFailure(f"invalid_{name}_file", message, param)) from error
    if count < MIN_EXAMPLES and param == "training_file":
        raise InvalidFileError(
            JobFailure(
                "invalid_n_examples",
                f"Training file has {count} example(s), but must have at least {MIN_EXAMPLES} examples",
                param,
            )
        )
    if count == 0:
        raise InvalidFileError(JobFailure("invalid_n_examples", "Validation file has 0 examples", param))
    return count


def _check_method(found: str | None, file_id: str, method: Method) -> None:
    if found is not None and found != _FORMATS[method]:
        raise FormatError(
            "invalid_training_file",
            f"Input file {file_id} is in the {found} format, but the specified fine-tuning job is not using "
            f"'{_METHODS[found]}' as the training method (provided method={method}).",
        )


def _failure(error: FormatError, name: str, param: Param) -> JobFailure:
    if error.code == "invalid_file_format":
        return JobFailure(
            error.code, f"The job failed due to a file format error in the {name} file. {error.text}", param
        )
    return JobFailure(f"invalid_{name}_file", f"The job failed due to an invalid {name} file. {error.text}", param)
