"""Who verifies the tokens of an import: for each flavour that is set up, its Meta app and its way of asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager

from accounts.models import Tenant
from tokens.clients import AppNotSetUp, app_for, facebook_client, instagram_client
from tokens.meta import Secret
from tokens.models import Flavour, MetaApp
from tokens.services.bring_in import asked
from tokens.services.examine_facebook import FacebookExaminer
from tokens.services.examine_system_user import SystemUserExaminer
from tokens.services.import_tokens import THREADS, Answer, Verifier

Ask = Callable[[Secret], Answer]


def flavours_in(columns: Iterable[str]) -> list[str]:
    """Of which flavours the tokens of a file with these columns may be."""
    return Flavour.values if "flavour" in columns else [Flavour.INSTAGRAM_LOGIN.value]


def apps_for(tenant: Tenant, flavours: Iterable[str], *, save: bool = True) -> dict[str, MetaApp]:
    """The workspace's Meta apps, by flavour; those that are not set up are left out. `save` as of `app_for`."""
    found = {}
    for flavour in flavours:
        try:
            found[flavour] = app_for(tenant, flavour, save=save)
        except AppNotSetUp:
            continue
    return found


@contextmanager
def verifiers_of(apps: dict[str, MetaApp]) -> Iterator[dict[str, Verifier]]:
    """One for each of these apps, by flavour, for as long as the block lasts."""
    with ExitStack() as stack:
        yield {flavour: Verifier(app, _ASKING[flavour](app, stack)) for flavour, app in apps.items()}


def _instagram(app: MetaApp, stack: ExitStack) -> Ask:
    client = stack.enter_context(closing(instagram_client(app, pool_size=THREADS)))
    return lambda token: asked(client, token)


def _facebook(app: MetaApp, stack: ExitStack) -> Ask:
    return FacebookExaminer(app, stack.enter_context(closing(facebook_client(app, pool_size=THREADS)))).ask


def _system_user(app: MetaApp, stack: ExitStack) -> Ask:
    return SystemUserExaminer(app, stack.enter_context(closing(facebook_client(app, pool_size=THREADS)))).ask


_ASKING = {
    Flavour.INSTAGRAM_LOGIN.value: _instagram,
    Flavour.FACEBOOK_LOGIN.value: _facebook,
    Flavour.SYSTEM_USER.value: _system_user,
}
