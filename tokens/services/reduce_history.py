"""Takes out of a workspace's history whatever tells of one account: what happened and when remains."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Case, F, Value, When

from accounts.models import Event
from accounts.querysets import EventQuerySet
from tokens.history import ROUTINE
from tokens.models import Connection
from tokens.services.traces import Traces

BATCH = 500
CREATOR = "the creator"
SENTENCES = {
    "connected": "An account was connected.",
    "renewed": "An account was connected again.",
    "reconnected": "An account was reconnected.",
    "imported": "An account was imported.",
    "pasted": "An account was connected by a pasted token.",
    "replaced": "An account was connected through another Meta app.",
    "disconnected": "An account was disconnected and its key erased.",
    "revoked": "Meta was told to take the access to an account back.",
    "not_prolonged": "A renewal brought no later date.",
    "became_inactive": "A connection ended.",
    "key_erased": "The key of an account was erased.",
    "callback_late": "Meta told of a removal from before an account was last connected.",
    "refreshed": "Renewed.",
    "unrenewable": "What renewed a connection ran out.",
    "refresh_failed": "Renewing did not work once.",
    "check_failed": "Checking did not work once.",
    "cannot_refresh": "Meta refused to renew a connection.",
    "permission_missing": "A permission was missing.",
    "permission_asked": "A permission was asked for.",
    "refused": "Meta refused a request.",
    "renamed": "An account changed its name.",
    "contact_changed": "A contact address was changed.",
    "link_sent": "A reconnect link was mailed.",
    "creator_invited": "A creator was invited to connect.",
    "invitation_withdrawn": "The invitation of a creator was withdrawn.",
    "import_started": "An import was started.",
    "import_finished": "An import was finished.",
    "import_stopped": "An import was stopped.",
}
ELSE = "Something about an account that was erased since."


def reduce_history(connection: Connection, traces: Traces) -> int:
    """Reduces what is about the connection, and what names it elsewhere, in the caller's transaction.

    Args:
        connection: the one that is erased.
        traces: its words.

    Returns:
        How many lines were reduced.
    """
    history = Event.objects.for_tenant(connection.tenant)
    about = set(history.filter(subject_id=connection.pk).values_list("pk", flat=True))
    keys = sorted(about | set(_naming(history.exclude(subject_id=connection.pk), traces)))
    for start in range(0, len(keys), BATCH):
        some = Event.objects.filter(pk__in=keys[start : start + BATCH])
        # In one order, so that nobody else who rewrites the history waits for us while we wait for them.
        list(some.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        some.update(text=_SENTENCE, detail={}, actor=_actor(traces))
    return len(keys)


def _naming(history: EventQuerySet, traces: Traces) -> Iterator[int]:
    """What goes on by itself names nobody, and is nearly all of a long history."""
    if not traces.words:
        return
    # The database finds words within others, too. The name of the workspace is its own, whoever is called alike.
    others = history.exclude(kind__in=ROUTINE).exclude(kind__startswith="workspace_")
    rows = others.filter(traces.anywhere_in("text", "detail", "actor"))
    for key, text, detail, actor in rows.values_list("pk", "text", "detail", "actor").iterator(BATCH):
        if traces.in_sentence(text) or traces.in_value(detail) or actor.lower() in traces.addresses:
            yield key


_SENTENCE = Case(*(When(kind=kind, then=Value(text)) for kind, text in SENTENCES.items()), default=Value(ELSE))


def _actor(traces: Traces) -> Case | F:
    """Members stay named. Whoever acts by a link has no name but this."""
    return (
        Case(When(actor__in=traces.addresses, then=Value(CREATOR)), default=F("actor"))
        if traces.addresses
        else F("actor")
    )
