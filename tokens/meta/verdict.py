"""From what Meta says to what it means. Pages: D-errors, D-errcodes; recorded answers where they are silent.

The code decides; the HTTP status speaks only where there is no code. The text decides where Meta gives one
code to different things, which on graph.instagram.com is the rule: no recorded 190 there has a subcode.
Returned, never raised: texts and bodies are still in these frames.
"""

import re
import time
from collections.abc import Callable
from typing import TypeVar

from .deaths import death
from .envelope import Complaint, find_complaint, is_called_invalid
from .exceptions import (
    Facts,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    MisconfigurationKind,
    OurMisconfiguration,
    PermissionMissing,
    RefusalKind,
    Refused,
    Scope,
    TokenDead,
    UnexpectedReply,
)
from .lenient import NOT_JSON, parse_json
from .scrub import scrub
from .throttle import limited_scope, retry_after
from .types import Host
from .wire import Fault, Question, Reply

T = TypeVar("T")

_TOO_YOUNG = re.compile(r"24 hours|too (new|young|soon)", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"unsupported request", re.IGNORECASE)
_WRONG_APP = re.compile(r"app_id in the input_token did not match", re.IGNORECASE)
_CODE_REJECTED = re.compile(
    r"matching code was not found|(authorization|verification) code|code (was|has been|has|is) "
    r"(already |not |no longer )?(used|expired|redeemed|valid|invalid|found)|invalid code",
    re.IGNORECASE,
)
_OUR_FAULTS: tuple[tuple[re.Pattern[str], MisconfigurationKind], ...] = (
    # Meta says so of an id that it does not know, and at times of a wrong secret too.
    (re.compile(r"invalid platform app", re.IGNORECASE), "unknown_app"),
    # Of the whole app, whatever the code: 190, 101 and 200 were all seen with such texts.
    (
        re.compile(
            r"api access (?:has been |was |is )?(?:deactivated|disabled|blocked)"
            r"|application (?:has been|was|is) (?:deleted|disabled|deactivated|blocked)"
            r"|app (?:has been|was|is) (?:deleted|disabled|deactivated)|app not active",
            re.IGNORECASE,
        ),
        "app_disabled",
    ),
    (re.compile(r"error validating application", re.IGNORECASE), "unknown_app"),
    (
        re.compile(r"client[ _]secret|appsecret_proof|you must provide an app access token", re.IGNORECASE),
        "app_credentials",
    ),
    (re.compile(r"redirect[ _]uri", re.IGNORECASE), "redirect_uri"),
    (re.compile(r"invalid scope", re.IGNORECASE), "scope"),
)
_REDIRECT_MISMATCH = 36008
_SPAM = 2207051

_LIMITS: dict[int, Scope] = {
    **dict.fromkeys((4, 341), "app"),
    **dict.fromkeys((17, 32, 613), "account"),
    **dict.fromkeys((*range(80_000, 80_007), 80_008, 80_009, 80_014), "account"),
}
_DEADLY = (190, 102, 452)
_PASSING = (1, 2)
_CONFIGURATION: dict[int, MisconfigurationKind] = {3: "other", 101: "unknown_app", 110: "other"}
_OUR_BUGS = (100, 104, 2500)


def judge(question: Question, answer: Reply | Fault, read: Callable[[object], T | None]) -> T | MetaError:
    """The value that `read` finds in the answer, or the error that the answer stands for."""
    if isinstance(answer, Fault):
        return _fault(question, answer)
    body = parse_json(answer.body)
    complaint = find_complaint(body)
    if complaint is not None:
        error = _verdict(complaint, answer, _facts(question, answer, complaint), question.host)
        return _with_words(error, complaint, question)
    facts = Facts(call=question.call, status=answer.status)
    if body is NOT_JSON or not _succeeded(answer):
        return _by_status(answer.status, answer, facts) or _silent(body, answer, facts)
    if question.call == "inspect" and is_called_invalid(body):
        return TokenDead("unknown", **facts)
    value = read(body)
    return UnexpectedReply(**facts) if value is None else value


def _with_words(error: MetaError, complaint: Complaint, question: Question) -> MetaError:
    """Of what no rule knows the plain words are kept, for whoever writes the rule."""
    if is_unknown(error):
        error.said = scrub(complaint.text, question.secrets)
    return error


def is_unknown(error: MetaError) -> bool:
    """Whether the answer is one that no rule of ours knows."""
    match error:
        case Refused(kind="unknown") | TokenDead(reason="unknown", unparsable=False) | UnexpectedReply():
            return True
    return False


def _fault(question: Question, fault: Fault) -> MetaError:
    if fault.kind == "unsendable":
        return Refused("bad_request", call=question.call)
    return MetaTransient(fault.kind, call=question.call, status=fault.status)


def _succeeded(answer: Reply) -> bool:
    return 200 <= answer.status < 300


def _facts(question: Question, answer: Reply, complaint: Complaint) -> Facts:
    return Facts(
        call=question.call,
        status=answer.status,
        code=complaint.code,
        subcode=complaint.subcode,
        trace_id=_harmless(complaint.trace_id, question),
    )


def _harmless(trace_id: str | None, question: Question) -> str | None:
    """The trace id, unless somebody put (a part of) what we sent there."""
    values = [secret.reveal() for secret in question.secrets if secret]
    leaks = trace_id is not None and any(trace_id in value or value in trace_id for value in values)
    return None if leaks else trace_id


def _by_status(status: int, answer: Reply, facts: Facts) -> MetaError | None:
    if status == 429:
        return MetaRateLimited(_wait(answer), limited_scope(answer.headers), **facts)
    return MetaTransient("server", **facts) if status >= 500 else None


def _silent(body: object, answer: Reply, facts: Facts) -> MetaError:
    """Neither success nor complaint: an edge server's page, nothing at all, JSON that explains nothing."""
    if body is not NOT_JSON:
        return Refused("unknown", **facts)
    return MetaTransient("not_json" if answer.body.strip() else "empty", **facts)


def _wait(answer: Reply) -> float | None:
    return retry_after(answer.headers, time.time())


def _verdict(complaint: Complaint, answer: Reply, facts: Facts, host: Host) -> MetaError:
    """The first rule that has an opinion; the order is the priority."""
    return (
        _passing(complaint, facts, host)
        or _limit(complaint, answer, facts)
        or _configuration(complaint, facts)
        or _token(complaint, facts, host)
        or _permission(complaint, facts)
        or _refusal(complaint, facts)
        or _codeless(complaint, answer, facts)
        or Refused("unknown", **facts)
    )


def _passing(complaint: Complaint, facts: Facts, host: Host) -> MetaError | None:
    if complaint.is_transient:  # wins over the table
        return MetaTransient("transient_code", **facts)
    # Meta publishes neither code nor text; both are guesses of others. Facebook's tokens know no such age.
    if host == "instagram" and _TOO_YOUNG.search(complaint.text):
        return Refused("too_young", **facts)
    return None


def _limit(complaint: Complaint, answer: Reply, facts: Facts) -> MetaError | None:
    if complaint.code == 368 or complaint.subcode == _SPAM:  # the latter comes with code 4, which is no limit then
        return Refused("blocked", **facts)
    scope = _LIMITS.get(complaint.code) if complaint.code is not None else None
    return MetaRateLimited(_wait(answer), scope, **facts) if scope else None


def _configuration(complaint: Complaint, facts: Facts) -> MetaError | None:
    """By text whatever the code: a wrong client secret comes as code 1, which would pass for temporary."""
    kind = _fault_by_text(complaint)
    if kind is None and complaint.code is not None:
        kind = _CONFIGURATION.get(complaint.code)
    return OurMisconfiguration(kind, **facts) if kind else None


def _fault_by_text(complaint: Complaint) -> MisconfigurationKind | None:
    if complaint.subcode == _REDIRECT_MISMATCH:
        return "redirect_uri"
    return next((kind for pattern, kind in _OUR_FAULTS if pattern.search(complaint.text)), None)


def _token(complaint: Complaint, facts: Facts, host: Host) -> MetaError | None:
    if facts["call"] == "code_exchange" and _CODE_REJECTED.search(complaint.text):
        return Refused("code_rejected", **facts)  # no token is involved yet
    if facts["call"] == "inspect":
        return _inspected(complaint, facts, host)
    return death(complaint, facts, host) if complaint.code in _DEADLY else None


def _inspected(complaint: Complaint, facts: Facts, host: Host) -> MetaError | None:
    """Of two tokens one may be complained of: in `data` the one asked about, else the app token that asks."""
    if _WRONG_APP.search(complaint.text):
        return Refused("wrong_app", **facts)
    if complaint.code in _DEADLY and not complaint.nested:
        return OurMisconfiguration("app_credentials", **facts)
    ended = complaint.code in _DEADLY or (complaint.invalid and complaint.code not in _PASSING)
    return death(complaint, facts, host) if ended else None


def _permission(complaint: Complaint, facts: Facts) -> MetaError | None:
    code = complaint.code
    denied = code == 10 or (code is not None and 200 <= code <= 299)
    unreachable = (code, complaint.subcode) == (100, 33)
    return PermissionMissing(**facts) if denied or unreachable else None


def _refusal(complaint: Complaint, facts: Facts) -> MetaError | None:
    if complaint.code in _PASSING:
        return MetaTransient("transient_code", **facts)
    if complaint.code in (100, None) and _UNSUPPORTED.search(complaint.text):
        return Refused("unsupported_request", **facts)
    kind: RefusalKind = "bad_request" if complaint.code in _OUR_BUGS else "unknown"
    return Refused(kind, **facts) if complaint.code is not None else None


def _codeless(complaint: Complaint, answer: Reply, facts: Facts) -> MetaError | None:
    return _by_status(complaint.http_status or answer.status, answer, facts)
