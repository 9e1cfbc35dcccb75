"""Notes what Meta's answers say of a Meta app: after a test, and whenever somebody connects."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import events
from notifications.services import notify_staff
from tokens.fields import Sealed
from tokens.meta import MetaError, MetaRateLimited, MetaTransient, OurMisconfiguration, Refused
from tokens.models import MetaApp
from tokens.wording import APP_VERDICTS

OF_OURS = {
    "unknown_app": "unknown_app",
    "app_disabled": "disabled",
    "app_credentials": "wrong_secret",
    "redirect_uri": "redirect_uri",
}
AGAIN = dt.timedelta(days=1)


def word_of(error: MetaError) -> str:
    """What an answer to the exchange of a code says of the app, as a stable word of `wording.APP_VERDICTS`."""
    match error:
        case Refused(kind="code_rejected"):
            # Meta looks at the code last: whoever comes that far has the right id and secret.
            return "sound"
        case OurMisconfiguration():
            return OF_OURS.get(error.kind, "unclear")
        case MetaRateLimited():
            return "limited"
        case MetaTransient():
            return "no_answer"
    return "unclear"


def note_app(app: MetaApp, word: str) -> None:
    """Stores what came of asking Meta with `app`, and tells its owners in their history when it has turned bad.

    Args:
        app: as it was when Meta was asked; the installation's own is left alone.
        word: one of `wording.APP_VERDICTS`.
    """
    if app.tenant_id is None:
        return
    now = timezone.now()
    with transaction.atomic():
        row = MetaApp.objects.select_for_update(no_key=True).get(pk=app.pk)
        if not _same(row.secret, app.secret):
            # Somebody entered another secret while Meta was asked about this one.
            return
        told_already = row.test_outcome == word and row.tested_at is not None and now - row.tested_at < AGAIN
        MetaApp.objects.filter(pk=app.pk).update(test_outcome=word, tested_at=now)
        verdict = APP_VERDICTS[word]
        if verdict.tone == "bad" and not told_already:
            text = f"The Meta app {app.app_id}: {verdict.title}"
            events.record(tenant=app.tenant_id, kind="own_app_trouble", text=text, at=now)


def note_trouble(app: MetaApp, word: str) -> None:
    """Tells whoever can mend it that Meta rejected an app while somebody connected.

    Args:
        app: through which somebody wanted to connect.
        word: one of `wording.APP_VERDICTS`.
    """
    if app.tenant_id is not None:
        # It is the workspace's own app: its owners can mend it, staff can't.
        note_app(app, word)
        return
    # Once a day at most: a wrong secret fails every creator who tries. It never brakes refreshing.
    day = timezone.now().date().isoformat()
    notify_staff(kind="connect_misconfigured", subject_id=app.pk, dedupe_key=f"misconfigured:{app.pk}:{day}")


def _same(stored: Sealed | None, asked: Sealed | None) -> bool:
    return (stored and stored.ciphertext) == (asked and asked.ciphertext)
