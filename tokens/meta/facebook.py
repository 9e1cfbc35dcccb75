"""The client of graph.facebook.com, for Facebook Login and system users; "Page:" names Meta's documentation."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from .calling import Caller
from .exceptions import MetaError, Refused
from .facebook_questions import Questions
from .facebook_shapes import (
    read_account,
    read_ad_account,
    read_inspection,
    read_no_denial,
    read_page,
    read_person,
    read_results,
    read_success,
)
from .secret import Secret
from .shapes import read_id, read_long_lived
from .types import AdAccount, AppCredentials, Call, FacebookEndpoints, Inspection, LongLivedToken, Page, Profile
from .wire import Values

logger = logging.getLogger(__name__)

Item = TypeVar("Item", Page, AdAccount)

LISTED_FIELDS = "id,name,access_token,tasks,instagram_business_account{id,username}"
PAGE_FIELDS = "id,name,access_token,instagram_business_account{id,username}"
DETAILED_FIELDS = "id,username,name,profile_picture_url"
LEAST_FIELDS = "id,username"
RESULTS_AT_ONCE = 100
MOST_RESULTS = 20
"""How many pages of a list are read, hence 2000 items; whoever has more is told of the first."""


class FacebookClient(Caller):
    """One Meta app's way to Facebook; keep it and share it between threads, each process its own.

    A token goes in the query, as documented, with the proof beside it that the app itself sends it (`proof`).

    Args:
        endpoints: where Facebook is.
        app: the Meta app's id and secret.
        pool_size: connections kept alive a host; as many as there are threads.
        connect_timeout: seconds to connect.
        read_timeout: seconds to wait for the next byte of an answer.
        deadline: seconds that a call may take in all, lists of many pages included.

    Every call raises `MetaError`'s children and nothing else. All of them, on any call: `MetaTransient`,
    `MetaRateLimited`, `TokenDead`, `PermissionMissing`, `Refused`, `UnexpectedReply`, `OurMisconfiguration`.
    An id that is none is `Refused("bad_request")`, and nobody is asked.
    """

    def __init__(
        self,
        endpoints: FacebookEndpoints,
        app: AppCredentials,
        *,
        pool_size: int = 10,
        connect_timeout: float = 5,
        read_timeout: float = 15,
        deadline: float = 25,
    ) -> None:
        super().__init__(
            endpoints.api_version,
            pool_size=pool_size,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
        )
        self._endpoints = endpoints
        self._app = app
        self._questions = Questions(endpoints, app)

    def authorize_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str], rerequest: bool = False) -> str:
        """The address of the consent dialog, for the person's browser. Page: D-FLmanual, …/advanced/manual-flow.

        Args:
            redirect_uri: character for character as registered with the app.
            state: comes back with the answer, against forgery.
            scopes: permissions to ask for.
            rerequest: ask anew for what the person declined before.
        """
        query = {
            "client_id": self._app.app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(scopes),
            "state": state,
            **({"auth_type": "rerequest"} if rerequest else {}),
        }
        dialog = f"{self._endpoints.dialog_url.rstrip('/')}/{self._endpoints.api_version}/dialog/oauth"
        return f"{dialog}?{urlencode(query)}"

    def exchange_code(self, *, code: Secret, redirect_uri: str) -> LongLivedToken:
        """Exchange an authorization code, once. Page: D-FLmanual, …/advanced/manual-flow.

        Args:
            code: as it came to the redirect URI.
            redirect_uri: the one given to `authorize_url`.

        Returns:
            A user token of one or two hours, and its life in seconds where Meta tells it.

        Raises:
            Refused: kind `code_rejected`: used, expired or never issued.
            OurMisconfiguration: app id, secret or redirect URI do not fit.
            MetaError: any other of the tree.
        """
        query: Values = {"redirect_uri": redirect_uri, "code": Secret(code.reveal().strip().removesuffix("#_"))}
        return self._exchanged("code_exchange", query)

    def exchange_user_token(self, token: Secret) -> LongLivedToken:
        """Exchange a user token for one of about 60 days. Page: D-longlived, …/access-tokens/get-long-lived.

        Args:
            token: a user token that has not expired. Whether a long-lived one gains anything, Meta does not tell.

        Returns:
            The new token, and its life in seconds where Meta tells it.

        Raises:
            MetaError: any of the tree.
        """
        return self._exchanged("long_lived_exchange", {"grant_type": "fb_exchange_token", "fb_exchange_token": token})

    def refresh_system_user(self, token: Secret) -> LongLivedToken:
        """Exchange a system user's token of 60 days for a new one. Page: D-sysuser, …/install-apps-and-generate-tokens.

        Args:
            token: one that has not expired; it stays valid until its own date.

        Returns:
            The new token and its life in seconds.

        Raises:
            MetaError: any of the tree.
        """
        return self._exchanged(
            "refresh",
            {
                "grant_type": "fb_exchange_token",
                "set_token_expires_in_60_days": "true",
                "fb_exchange_token": token,
            },
        )

    def pages(self, user_token: Secret) -> tuple[Page, ...]:
        """The Pages that a person shares with the app, with their tokens. Page: D-IGFB, …/get-started.

        At most `MOST_RESULTS` times `RESULTS_AT_ONCE` Pages are read, all within one deadline; a warning in the log
        tells of more.

        Args:
            user_token: a person's; with a long-lived one the Pages' tokens have no expiry date.

        Raises:
            MetaError: any of the tree, also when it comes in the middle of the list.
        """
        return self._listed("pages", "/me/accounts", LISTED_FIELDS, user_token, read_page)

    def page(self, page_id: str, user_token: Secret) -> Page:
        """One Page, with its token and without tasks. Page: D-IGFB, …/get-started.

        Args:
            page_id: of the Page.
            user_token: of a person with a role on it.

        Raises:
            PermissionMissing: there is no such Page, or not for this person.
            MetaError: any other of the tree.
        """
        question = self._questions.by(user_token, "page", _path("page", page_id), {"fields": PAGE_FIELDS})
        return self._asked(question, read_page)

    def inspect(self, token: Secret) -> Inspection:
        """Ask what a token is, as the app that it belongs to. Page: D-debug, …/access-tokens/debugging.

        Args:
            token: any of Facebook's.

        Raises:
            TokenDead: it is not valid.
            Refused: kind `wrong_app`: it belongs to another app.
            OurMisconfiguration: kind `app_credentials`: our app id or secret is not accepted.
            MetaError: any other of the tree.
        """
        return self._asked(self._questions.by_app("inspect", "/debug_token", {"input_token": token}), read_inspection)

    def me(self, token: Secret) -> Profile:
        """Ask who a token belongs to, which also tells whether it lives. Page: D-tokens, …/access-tokens.

        Args:
            token: a person's, a Page's or a system user's.

        Returns:
            `user_id` and `name` of the owner, who is nobody on Instagram; all else is `None`.

        Raises:
            MetaError: any of the tree.
        """
        return self._asked(self._questions.by(token, "me", "/me", {"fields": "id,name"}), read_person)

    def account(self, instagram_id: str, token: Secret) -> Profile:
        """A professional account, through the Page that it is linked to. Page: D-IGFB, IG User reference.

        One field that cannot be read fails the whole call with code 100; then fewer fields are asked for, all
        within one deadline.

        Args:
            instagram_id: 17841….
            token: of the Page, or of a person or system user who can reach it.

        Raises:
            PermissionMissing: it is not, or no longer, within reach of this token.
            MetaError: any other of the tree.
        """
        path = _path("account", instagram_id)
        choices = (DETAILED_FIELDS, LEAST_FIELDS)
        asked = [self._questions.by(token, "account", path, {"fields": fields}) for fields in choices]
        return self._first_readable(asked, read_account)

    def ad_accounts(self, token: Secret) -> tuple[AdAccount, ...]:
        """The ad accounts within reach of a token; as many as `pages` reads at most. Page: Marketing API, User.

        Args:
            token: with `ads_read`.

        Raises:
            MetaError: any of the tree, also when it comes in the middle of the list.
        """
        return self._listed("ad_accounts", "/me/adaccounts", "id,name", token, read_ad_account)

    def delete_permissions(self, user_id: str, token: Secret) -> None:
        """Take all permissions of a person from the app, which ends their tokens. Page: D-FLperm, …/permissions.

        Args:
            user_id: the person's, for this app.
            token: theirs.

        Raises:
            MetaError: any of the tree.
        """
        path = f"{_path('revoke', user_id)}/permissions"
        self._asked(self._questions.by(token, "revoke", path, {}, "DELETE"), read_success)

    def revoke(self, token: Secret) -> None:
        """End a token at once; it revokes itself. Page: D-sysuser, …/install-apps-and-generate-tokens.

        Args:
            token: a system user's.

        Raises:
            MetaError: any of the tree.
        """
        self._asked(self._questions.revocation(token), read_no_denial)

    def _exchanged(self, call: Call, query: Values) -> LongLivedToken:
        return self._asked(self._questions.exchange(call, query), read_long_lived)

    def _listed(
        self, call: Call, path: str, fields: str, token: Secret, read: Callable[[object], Item | None]
    ) -> tuple[Item, ...]:
        """A list to its end; of items with the same id the first."""
        found: dict[str, Item] = {}
        end, query, seen = self._end(), {"fields": fields, "limit": str(RESULTS_AT_ONCE)}, set[Secret]()
        question = self._questions.by(token, call, path, query)
        for _ in range(MOST_RESULTS):
            results = self._outcome(question, lambda body: read_results(body, read), end)
            if isinstance(results, MetaError):
                raise results
            for item in results.items:
                found.setdefault(item.id, item)
            if not results.goes_on:
                break
            if results.after is None or results.after in seen:
                logger.warning("A list of Meta's leads nowhere (%s)", call)
                break
            seen.add(results.after)
            question = self._questions.by(token, call, path, {**query, "after": results.after})
        else:
            logger.warning("A list of Meta's is longer than is read (%s)", call)
        return tuple(found.values())


def _path(call: Call, identifier: str) -> str:
    """Where an object lives; what is no id might lead somewhere else."""
    known = read_id(identifier)
    if known is None:
        raise Refused("bad_request", call=call)
    return f"/{known}"
