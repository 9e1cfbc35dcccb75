"""Erases one connection with all that tells of its account, in the caller's transaction."""

from __future__ import annotations

import datetime as dt

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from accounts import events
from notifications.services import forget, forget_mails_to
from tokens.flavours import FLAVOURS
from tokens.models import ConnectAttempt, Connection, ImportLine, Link, TokenImport
from tokens.services.reduce_history import reduce_history
from tokens.services.traces import Traces, traces_of

ERASED_FILE = "erased.csv"


def erase_connection(connection: Connection, *, signed_with: str, now: dt.datetime) -> None:
    """What remains is that an account was there, and when what happened to it.

    Args:
        connection: locked with its credential and its workspace, so that nobody writes of it any more.
        signed_with: which secret of the Meta app signed the request, for staff.
        now: the instant.
    """
    traces = traces_of(connection)
    _erase_mail_and_links(connection, traces)
    _erase_attempts(connection, traces)
    _erase_from_imports(connection, traces)
    _erase_from_staffs_log(connection)
    reduce_history(connection, traces)
    subject_id = connection.pk
    # With it go its credential and what a brake counted of it.
    connection.delete()
    events.record(
        tenant=connection.tenant_id,
        kind="erased",
        text=f"An account was erased: its owner asked {FLAVOURS[connection.flavour].host} for it.",
        subject_id=subject_id,
        actor=events.META,
        detail={"signed_with": signed_with},
        at=now,
    )


def _erase_mail_and_links(connection: Connection, traces: Traces) -> None:
    to_creator = Q(contact_email__in=traces.addresses) | Q(expected_handle__in=traces.handles)
    found = Link.objects.for_tenant(connection.tenant).filter(
        Q(connection=connection) | to_creator & Q(kind=Link.Kind.CONNECT)
    )
    keys = list(found.values_list("pk", flat=True))
    forget(subject_ids=[connection.pk, *keys])
    forget_mails_to(traces.addresses, tenant_id=connection.tenant_id)
    Link.objects.filter(pk__in=keys).delete()


def _erase_attempts(connection: Connection, traces: Traces) -> None:
    """Also what waits for somebody to finish connecting the account."""
    words = traces.handles | traces.ids
    rows = ConnectAttempt.objects.for_tenant(connection.tenant).values_list(
        "pk", "connection", "handles", "pending_facts"
    )
    named = [
        pk
        for pk, about, handles, facts in rows.iterator()
        if about == connection.pk or not words.isdisjoint(_values(handles) | _values(facts))
    ]
    ConnectAttempt.objects.filter(pk__in=named).delete()


def _values(kept: object) -> set[str]:
    """Everything that stands in what was parsed from JSON, in small letters: choices are lists of lists."""
    if isinstance(kept, dict):
        kept = list(kept.values())
    if isinstance(kept, list):
        return {word for each in kept for word in _values(each)}
    return {str(kept).lower()}


def _erase_from_imports(connection: Connection, traces: Traces) -> None:
    if not traces.words:
        return
    lines = ImportLine.objects.for_tenant(connection.tenant).exclude(sentence="")
    told = lines.filter(traces.anywhere_in("sentence")).values_list("pk", "sentence")
    ImportLine.objects.filter(pk__in=[pk for pk, sentence in told if traces.in_sentence(sentence)]).update(sentence="")
    jobs = TokenImport.objects.for_tenant(connection.tenant).filter(traces.anywhere_in("file_name"))
    named = [pk for pk, name in jobs.values_list("pk", "file_name") if traces.in_value(name)]
    TokenImport.objects.filter(pk__in=named).update(file_name=ERASED_FILE)


def _erase_from_staffs_log(connection: Connection) -> None:
    kind = ContentType.objects.get_for_model(Connection)
    log = LogEntry.objects.filter(content_type=kind, object_id=str(connection.pk))
    log.update(object_repr="an erased account", change_message="")
