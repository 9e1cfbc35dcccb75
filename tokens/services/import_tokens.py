"""Imports tokens from CSV: each is verified by asking Meta before it is stored. Safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Tenant
from accounts.services.lock_living import lock_living
from tokens.flavours import FLAVOURS
from tokens.meta import MetaError, Profile, Refused, Secret, TokenDead
from tokens.models import Connection, Credential, MetaApp, Status
from tokens.paste_wording import REFUSALS, WRONG_APP
from tokens.services.bring_in import bring_in, is_personal, known, same_token
from tokens.services.examine_facebook import Several
from tokens.services.link_account import Account
from tokens.services.read_import import Line
from tokens.wording import why_it_ended

THREADS = 8
SEVERAL = "This person's token opens several accounts. Paste it under “Paste a token”, where they are chosen."

NEWER = "holds a newer token."
RENEWS_ITSELF = "holds a key that can be renewed; this one can not."

# What Meta says of a token: who it is, all that is to be stored, a word of `paste_wording.REFUSALS`, or a failure; None
# where nobody was asked.
Answer = Profile | Account | Several | str | MetaError | None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Asks Meta about tokens of one flavour.

    Args:
        meta_app: the app through which they were made.
        ask: what Meta says of a token, a failure as a value; called by several threads, so that it writes nothing.
    """

    meta_app: MetaApp
    ask: Callable[[Secret], Answer]


Verifiers = Mapping[str, Verifier]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a line: `imported`, `unchanged` or `refused`, and why."""

    number: int
    outcome: str
    why: str = ""


def import_lines(
    lines: Iterable[Line],
    *,
    tenant: Tenant,
    verifiers: Verifiers,
    dry_run: bool = False,
    on_result: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Verifies each line's token by asking Meta, several at a time, and stores it.

    Args:
        lines: as read.
        tenant: the workspace that will own the connections.
        verifiers: by flavour; a line of any other is refused.
        dry_run: verify and report, store nothing.
        on_result: called after each line.

    Returns:
        One result a line, in the order of the file.
    """
    results = []
    with ThreadPoolExecutor(THREADS, thread_name_prefix="import") as pool:
        # The threads ask Meta alone; rows are written here, one after the other.
        for line, answer in pool.map(lambda line: (line, verify(verifiers, line)), lines):
            result = conclude(line, answer, tenant=tenant, verifiers=verifiers, dry_run=dry_run)
            results.append(result)
            if on_result is not None:
                on_result(result)
    return results


def verify(verifiers: Verifiers, line: Line) -> Answer:
    """What Meta says of the line's token, failures as values; None where the line is refused without asking."""
    verifier = verifiers.get(line.flavour)
    return None if line.problem or verifier is None else verifier.ask(line.token)


def conclude(
    line: Line,
    answer: Answer,
    *,
    tenant: Tenant,
    verifiers: Verifiers,
    dry_run: bool = False,
    actor: str = events.SYSTEM,
) -> Result:
    """Stores what the line's token is worth, in one transaction.

    Args:
        line: as read.
        answer: what `verify` brought.
        tenant: the workspace that will own the connection.
        verifiers: by flavour.
        dry_run: report, store nothing.
        actor: who imports, for the history.
    """
    account = _account(line, answer, verifiers)
    if isinstance(account, str):
        return Result(line.number, "refused", account)
    meta_app = verifiers[line.flavour].meta_app
    with transaction.atomic():
        if lock_living(tenant.pk) is None:
            return Result(line.number, "refused", "The workspace was deleted meanwhile.")
        existing = known(tenant, meta_app, account)
        if existing is not None and (why := _why_it_stays(existing, line.token, account)):
            return Result(line.number, "unchanged", f"{existing} {why}")
        if not dry_run:
            _store(existing, line, account, tenant, meta_app, actor)
    return Result(line.number, "imported", _named(account))


def is_passing(answer: Answer) -> bool:
    """Whether asking again later may bring another answer."""
    return isinstance(answer, MetaError) and not answer.permanent


def _account(line: Line, answer: Answer, verifiers: Verifiers) -> Account | str:
    """What is to be stored, or the sentence that says why nothing is."""
    match answer:
        case Profile() if is_personal(answer):
            return "A personal account: Instagram allows professional ones only."
        case Profile():
            return Account(profile=answer, token=line.token, issued_at=line.issued_at, expires_at=line.expires_at)
        case Account():
            return answer
        case Several():
            return SEVERAL
        case str():
            return REFUSALS[answer].title
    if not line.problem and line.flavour not in verifiers:
        return f"{FLAVOURS[line.flavour].product} is not set up on this installation yet."
    return line.problem or _why(answer, line.flavour)


def _named(account: Account) -> str:
    handle = account.profile.username
    return f"@{handle}" if handle else account.profile.name or f"@{account.instagram_id}"


def _why(error: MetaError | None, flavour: str) -> str:
    host = FLAVOURS[flavour].host
    if isinstance(error, TokenDead):
        why = why_it_ended(error.reason, flavour)
        return f"{host} does not accept the token. {'' if why is None else why.sentence}"
    if isinstance(error, Refused) and error.kind == "wrong_app":
        return REFUSALS[WRONG_APP].title
    if error is not None and error.permanent:
        return f"{host} refuses to answer for this token: was it made through this app, with all permissions?"
    return f"{host} did not answer. Run the import again; what is done stays done."


def _why_it_stays(existing: Connection, token: Secret, account: Account) -> str:
    """Why what is stored must stay; empty where the file's token is better.

    It stays where it is the same token, one that reached us after the file's was issued, or one that can be renewed
    where the file's can not.
    """
    credential = Credential.objects.get(pk=existing.pk)
    issued_at = account.issued_at if account.dated else None
    if existing.status == Status.INACTIVE:
        return ""  # the stored token is dead, the file's was just verified
    if existing.status == Status.DISCONNECTED:
        # A member ended it: an old file must not bring it back, however fresh what was made of its token.
        later = issued_at is not None and not account.exchanged and issued_at > existing.status_changed_at
        return "" if later else NEWER
    if credential.renewable and credential.renewal is not None and account.renewal is None:
        return RENEWS_ITSELF
    if same_token(credential, token) or issued_at is None:
        return NEWER
    return NEWER if issued_at <= (credential.issued_at or credential.obtained_at) else ""


def _store(
    existing: Connection | None, line: Line, account: Account, tenant: Tenant, meta_app: MetaApp, actor: str
) -> None:
    now = timezone.now()
    connection = bring_in(
        existing, account, tenant=tenant, meta_app=meta_app, contact_email=line.contact_email, user=None, now=now
    )
    text = f"{connection} was imported."
    events.record(tenant=tenant, kind="imported", text=text, subject_id=connection.pk, actor=actor, at=now)
