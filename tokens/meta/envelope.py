"""Finding Meta's complaint in an answer. Page: D-errors, /docs/graph-api/guides/error-handling.

Four shapes, looked for in this order:

    {"error": {"message": "…", "type": "…", "code": 190, "error_subcode": 460, "fbtrace_id": "A…"}}   Graph
    {"error_type": "OAuthException", "code": 400, "error_message": "…"}                  api.instagram.com
    {"meta": {"error_type": "OAuthException", "code": 400, "error_message": "…"}}        before 2020
    {"data": {"is_valid": false, "error": {"code": 190, "message": "…", "subcode": 463}}}     debug_token
"""

from dataclasses import dataclass, field, replace
from http import HTTPStatus

from .exceptions import safe_trace_id
from .lenient import mapping, truth, whole_number

# Meta's longest code has seven digits. More would be noise, or a number that somebody uses as a secret.
_LARGEST_CODE = 99_999_999
_HTTP_ERRORS = frozenset(status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What Meta says went wrong. The text is for reading only: it may repeat the token, hence no repr."""

    code: int | None
    subcode: int | None = None
    text: str = field(default="", repr=False)
    is_transient: bool = False
    trace_id: str | None = field(default=None, repr=False)
    http_status: int | None = None
    """The flat shapes put an HTTP status where Graph puts a code."""
    nested: bool = False
    """Inside of `data`, as debug_token has it: it is the token asked about that is complained of, not the asker's."""
    invalid: bool = False
    """debug_token says beside it that the token asked about is not valid."""


def find_complaint(body: object) -> Complaint | None:
    """The complaint in a parsed answer, or `None`; an answer of HTTP 200 may hold one too."""
    answer = mapping(body)
    if answer.get("error"):
        return _graph(answer)
    for flat in (answer, mapping(answer.get("meta"))):
        if flat.get("error_type") or flat.get("error_message"):
            return _flat(flat)
    data = mapping(answer.get("data"))
    return replace(_graph(data), nested=True, invalid=is_called_invalid(body)) if data.get("error") else None


def is_called_invalid(body: object) -> bool:
    """Whether debug_token says that the token is not valid."""
    return truth(mapping(mapping(body).get("data")).get("is_valid")) is False


def _graph(holder: dict[str, object]) -> Complaint:
    error = mapping(holder["error"])
    if not error:  # OAuth's own form: {"error": "invalid_request", "error_description": "…"}
        return Complaint(None, text=f"{_text(holder['error'])} {_text(holder.get('error_description'))}")
    return Complaint(
        code=_code(error.get("code")),
        subcode=_code(error.get("error_subcode", error.get("subcode"))),
        text=_text(error.get("message")),
        is_transient=error.get("is_transient") is True,
        trace_id=safe_trace_id(error.get("fbtrace_id")),
    )


def _flat(error: dict[str, object]) -> Complaint:
    code, text = _code(error.get("code")), _text(error.get("error_message"))
    if code in _HTTP_ERRORS:
        return Complaint(None, text=text, http_status=code)
    return Complaint(code, text=text)


def _code(value: object) -> int | None:
    code = whole_number(value)
    return None if code is None or abs(code) > _LARGEST_CODE else code


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
