"""Errors in OpenAI's shape and words, so that every OpenAI client maps them to its own classes."""

from __future__ import annotations

from starlette.responses import JSONResponse

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


class ApiError(Exception):
    """An answer that is not a success. ``code`` is for programs, ``param`` names the argument at fault."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = INVALID_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind

    def response(self) -> JSONResponse:
        """None of these go away by asking again, which OpenAI's clients would otherwise do for 409, 429 and 5xx."""
        return JSONResponse(self.body(), self.status, headers={"x-should-retry": "false"})

    def body(self) -> dict[str, object]:
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def wrong_type(param: str, expected: str, value: object) -> ApiError:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        list: "an array",
        dict: "an object",
    }
    got = names.get(type(value), "null")
    return ApiError(
        400,
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.",
        code="invalid_type",
        param=param,
    )


def unsupported(param: str, what: str) -> ApiError:
    """For what OpenAI offers and this host or model does not. Never ignored silently."""
    return ApiError(400, f"Unsupported parameter: '{param}'. {what}", code="unsupported_parameter", param=param)


def no_such_file(file_id: str) -> ApiError:
    return ApiError(404, f"No such File object: {file_id}", param="id")


def no_such_upload(upload_id: str) -> ApiError:
    return ApiError(404, f"No such Upload object: {upload_id}", param="upload_id")


def no_such_job(job_id: str) -> ApiError:
    return ApiError(404, f"Could not find fine tune: {job_id}", code="fine_tune_not_found", param="fine_tuning_job_id")


def no_such_model(name: str) -> ApiError:
    return ApiError(404, f"The model `{name}` does not exist", code="model_not_found", param="model")


def unknown_cursor(after: str) -> ApiError:
    return ApiError(404, f"No such object: {after}", code="not_found", param="after")
