"""Made-up values for the mails about connections: no row of them is stored, and no link of them opens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Tenant, User
from notifications.digest import digest_values
from notifications.models import Outage
from tokens import mail_values
from tokens.confirming import to_be_confirmed
from tokens.models import Brake, Connection, Credential, Flavour, MetaApp, Reason, Status
from tokens.remedies import SEEN, to_check
from tokens.reminders import expiry_values, reminder_values
from tokens.staff_values import refused_values, set_up_wrongly
from tokens.watch import SENTENCES, SWEEP, TOKENS, Trouble
from tokens.wording import lacks_in_words

Cases = dict[str, dict[str, Any]]
CREATOR = "flora@creator.example"
INSTAGRAM, FACEBOOK, SYSTEM_USER = "Instagram", "Facebook", "System user"
SHORT, LONG = "Flora & Friends", "Gesellschaft für nachhaltige Pflanzenvermarktungsangelegenheiten O’Hara & Söhne"
GRANTED = ["instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments"]
GRANTED_AT_FACEBOOK = ["instagram_basic", "pages_show_list", "instagram_content_publish"]


def reconnect_needed() -> Cases:
    reasons = (Reason.PASSWORD_CHANGED, Reason.PAGE_ROLE_LOST, Reason.SYSTEM_USER_DELETED)
    found = {name: _about(_ended(flavour, reason)) for (name, flavour), reason in zip(FLAVOURS, reasons, strict=True)}
    long = _ended(Flavour.INSTAGRAM_LOGIN, Reason.CHECKPOINT, workspace=LONG, handle="thirty_letters_without_any_end")
    return {**found, "Long names": _about(long)}


def reconnect_reminder() -> Cases:
    until = timezone.now() + dt.timedelta(days=7)
    reasons = (Reason.PASSWORD_CHANGED, Reason.CHECKPOINT, Reason.EXPIRED)
    return {
        name: reminder_values(_ended(flavour, reason), CREATOR, url=_link(), expires_at=until)
        for (name, flavour), reason in zip(FLAVOURS, reasons, strict=True)
    }


def reconnect_link() -> Cases:
    ended = {name: _about(_ended(flavour, Reason.LOGGED_OUT)) for name, flavour in FLAVOURS}
    return {**ended, "Still active": _about(_connection(Flavour.INSTAGRAM_LOGIN))}


def permission_missing() -> Cases:
    lacking = ("instagram_business_content_publish", "instagram_content_publish", "ads_read")
    found = {
        name: {**_about(_connection(flavour)), "missing": lacks_in_words([lack])}
        for (name, flavour), lack in zip(FLAVOURS, lacking, strict=True)
    }
    return {**found, "Which one is not known": {**_about(_connection(Flavour.INSTAGRAM_LOGIN)), "missing": []}}


def expires_soon() -> Cases:
    now = timezone.now()
    since = now - dt.timedelta(days=2)
    found: dict[str, tuple[Flavour, int, dict[str, Any]]] = {
        f"{INSTAGRAM}, renewing fails": (Flavour.INSTAGRAM_LOGIN, 10, {"refresh_failing_since": since}),
        f"{INSTAGRAM}, renewing is refused": (Flavour.INSTAGRAM_LOGIN, 5, {"cannot_refresh_since": since}),
        f"{FACEBOOK}, a person must": (Flavour.FACEBOOK_LOGIN, 2, {"renew_by": now + dt.timedelta(days=2, hours=1)}),
        f"{SYSTEM_USER}, tomorrow": (Flavour.SYSTEM_USER, 1, {"renewable": False}),
        "Today": (Flavour.INSTAGRAM_LOGIN, 0, {"refresh_failing_since": since}),
    }
    return {
        name: _must(
            expiry_values(
                _connection(flavour, expires_at=now + dt.timedelta(days=days, minutes=1), **columns),
                CREATOR,
                now,
                url=_link(),
                expires_at=now + dt.timedelta(days=7),
            )
        )
        for name, (flavour, days, columns) in found.items()
    }


def connect_invitation() -> Cases:
    values = {
        "workspace": SHORT,
        "inviter": User(email="anna@agency.example"),
        "handle": "flora.und.fauna",
        "through_facebook": False,
        "url": _link(),
        "expires_at": timezone.now() + dt.timedelta(days=7),
    }
    return {
        "One account": values,
        "Any account": {**values, "handle": "", "inviter": None},
        "Through Facebook": {**values, "through_facebook": True},
    }


def revived() -> Cases:
    return {"": _news_of(Flavour.INSTAGRAM_LOGIN), f"{FACEBOOK}, to be confirmed": _news_of(Flavour.FACEBOOK_LOGIN)}


def _news_of(flavour: Flavour) -> dict[str, Any]:
    connection, now = _connection(flavour), timezone.now()
    by_then = Credential(connection=connection, renew_by=now + dt.timedelta(days=90))
    return {
        "connection": connection,
        "workspace": SHORT,
        "url": mail_values.page_of(connection),
        "invited": CREATOR,
        "confirm": to_be_confirmed(connection, by_then, now),
    }


def digest() -> Cases:
    ended, soon = reconnect_needed(), expires_soon()
    to_do = [
        *(mail_values.ended_line(ended[name]) for name in (INSTAGRAM, FACEBOOK, SYSTEM_USER)),
        mail_values.permission_line(permission_missing()[INSTAGRAM]),
        mail_values.expiry_line(soon[f"{FACEBOOK}, a person must"]),
    ]
    news = [mail_values.connected_line(revived()[""]), mail_values.revived_line(revived()[""])]
    elsewhere = mail_values.ended_line(ended["Long names"])
    return {
        "": digest_values([*to_do, *news]),
        "One thing to do": digest_values([*to_do[:1], *news]),
        "Several workspaces": digest_values([elsewhere, *to_do]),
        "Nothing to do": digest_values(news),
    }


def brake_fell() -> Cases:
    causes = [(Brake.Cause.DEATHS, []), (Brake.Cause.OURS, ["app_credentials"]), (Brake.Cause.WEATHER, [])]
    return {str(cause.label): _braked(cause, words) for cause, words in causes}


def _braked(cause: Brake.Cause, words: list[str]) -> dict[str, Any]:
    app = _meta_app(Flavour.INSTAGRAM_LOGIN)
    return {
        "brake": Brake(meta_app=app, cause=cause, fallen_at=timezone.now()),
        "app": app,
        "seen": [SEEN[word] for word in words],
        "checks": to_check(cause, app, words),
    }


def our_fault() -> Cases:
    word, app = "app_credentials", _meta_app(Flavour.INSTAGRAM_LOGIN)
    checks = to_check(Brake.Cause.OURS, app, [word])
    return {"": {**_with_credential(word), "seen": SEEN[word], "checks": checks}}


def refused_by_meta() -> Cases:
    return {name: refused_values(_with_credential("refused", flavour)) for name, flavour in FLAVOURS[:2]}


def standstill() -> Cases:
    since = timezone.now() - dt.timedelta(hours=2)
    seen = [Trouble(word, SENTENCES[word], since) for word in (SWEEP, TOKENS)]
    return {"": {"outage": _outage(), "troubles": seen, "site_url": settings.SITE_URL}}


def all_clear() -> Cases:
    return {"": {"outage": _outage(), "site_url": settings.SITE_URL}}


def _outage() -> Outage:
    now = timezone.now()
    return Outage(what="work", began_at=now - dt.timedelta(hours=2), over_at=now)


def connect_misconfigured() -> Cases:
    return {name: set_up_wrongly(_meta_app(flavour)) for name, flavour in FLAVOURS[:2]}


FLAVOURS = (
    (INSTAGRAM, Flavour.INSTAGRAM_LOGIN),
    (FACEBOOK, Flavour.FACEBOOK_LOGIN),
    (SYSTEM_USER, Flavour.SYSTEM_USER),
)


def _about(connection: Connection) -> dict[str, Any]:
    until = timezone.now() + dt.timedelta(days=7)
    return mail_values.about_connection(connection, CREATOR, url=_link(), expires_at=until)


def _with_credential(failure: str, flavour: Flavour = Flavour.INSTAGRAM_LOGIN) -> dict[str, Any]:
    connection = _connection(flavour, last_failure=failure, last_failure_at=timezone.now())
    return {"connection": connection, "credential": connection.credential}


def _ended(flavour: Flavour, reason: Reason, *, workspace: str = SHORT, handle: str = "flora.und.fauna") -> Connection:
    connection = _connection(flavour, workspace=workspace, handle=handle)
    connection.status, connection.reason = Status.INACTIVE, reason
    connection.status_changed_at = timezone.now() - dt.timedelta(days=2)
    return connection


def _connection(
    flavour: Flavour, *, workspace: str = SHORT, handle: str = "flora.und.fauna", **credential: Any
) -> Connection:
    person = flavour != Flavour.SYSTEM_USER
    connection = Connection(
        tenant=Tenant(name=workspace, slug="flora-friends"),
        meta_app=_meta_app(flavour),
        instagram_id="17841400000000000",
        handle=handle if person else "",
        name="" if person else "Reporting",
        page_name="Flora und Fauna" if flavour == Flavour.FACEBOOK_LOGIN else "",
        permissions=GRANTED_AT_FACEBOOK if flavour == Flavour.FACEBOOK_LOGIN else GRANTED if person else ["ads_read"],
        contact_email=CREATOR,
    )
    # Its other side finds it by this, as if it had been loaded.
    Credential(connection=connection, tenant=connection.tenant, **credential)
    return connection


def _meta_app(flavour: Flavour) -> MetaApp:
    return MetaApp(flavour=flavour, app_id="1234567890")


def _link() -> str:
    return f"{settings.SITE_URL}/link/a-sample-that-opens-nothing-0123456789-0123456789/"


def _must(values: dict[str, Any] | None) -> dict[str, Any]:
    if values is None:
        raise ValueError("The sample has lost its point.")
    return values
