"""The client of Meta's Instagram-Login product; "Page" names Meta's documentation of a call."""

from collections.abc import Sequence
from urllib.parse import urlencode

from .calling import Caller
from .secret import Secret
from .shapes import read_long_lived, read_profile, read_short_lived
from .types import AppCredentials, Endpoints, LongLivedToken, Profile, ShortLivedToken
from .wire import Question

DETAILED_FIELDS = "user_id,username,name,account_type,profile_picture_url"
PLAIN_FIELDS = "user_id,username"
LEAST_FIELDS = "id,username"


class InstagramClient(Caller):
    """One Meta app's way to Instagram; keep it and share it between threads, each process its own.

    Args:
        endpoints: where Meta is.
        app: the Instagram app's id and secret.
        pool_size: connections kept alive a host; as many as there are threads.
        connect_timeout: seconds to connect.
        read_timeout: seconds to wait for the next byte of an answer.
        deadline: seconds that a call may take in all.

    Every call raises `MetaError`'s children and nothing else. All of them, on any call: `MetaTransient`,
    `MetaRateLimited`, `TokenDead`, `PermissionMissing`, `Refused`, `UnexpectedReply`, `OurMisconfiguration`.
    """

    def __init__(
        self,
        endpoints: Endpoints,
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

    def authorize_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str], force_reauth: bool = False) -> str:
        """The address of the consent dialog, for the person's browser. Page: D-BL, …/business-login.

        Args:
            redirect_uri: character for character as registered with the app.
            state: comes back with the answer, against forgery.
            scopes: permissions to ask for.
            force_reauth: let the person log in anew, and so choose another account.
        """
        query = {
            "client_id": self._app.app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(scopes),
            "state": state,
            **({"force_reauth": "true"} if force_reauth else {}),
        }
        address = self._endpoints.authorize_url
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def exchange_code(self, *, code: Secret, redirect_uri: str) -> ShortLivedToken:
        """Exchange an authorization code, once, within its hour. Page: D-oat, …/reference/oauth-access-token.

        Args:
            code: as it came to the redirect URI; a trailing `#_` is dropped.
            redirect_uri: the one given to `authorize_url`.

        Returns:
            A token of 3600 seconds, and what the person granted.

        Raises:
            Refused: kind `code_rejected`: used, expired or never issued.
            OurMisconfiguration: app id, secret or redirect URI do not fit.
            MetaError: any other of the tree.
        """
        return self._asked(
            Question(
                call="code_exchange",
                method="POST",
                url=self._api_url("oauth/access_token"),
                form={
                    "client_id": self._app.app_id,
                    "client_secret": self._app.app_secret,
                    "grant_type": "authorization_code",
                    "redirect_uri": redirect_uri,
                    # Meta appends `#_`, which "is not part of the code itself"
                    "code": Secret(code.reveal().strip().removesuffix("#_")),
                },
            ),
            read_short_lived,
        )

    def exchange_long_lived(self, short: Secret) -> LongLivedToken:
        """Exchange a token of one hour for one of about 60 days. Page: D-at, …/reference/access_token.

        Args:
            short: a short-lived token that has not expired; long-lived ones are refused.

        Returns:
            The new token and its life in seconds.

        Raises:
            MetaError: any of the tree; `Refused("unsupported_request")`: the account may not use the app.
        """
        return self._asked(
            Question(
                call="long_lived_exchange",
                url=self._graph_url("access_token"),
                query={
                    "grant_type": "ig_exchange_token",
                    "client_secret": self._app.app_secret,
                    "access_token": short,
                },
            ),
            read_long_lived,
        )

    def refresh(self, token: Secret) -> LongLivedToken:
        """Prolong a long-lived token. Page: D-refresh, …/reference/refresh_access_token.

        Args:
            token: a long-lived token at least 24 hours old and still valid.

        Returns:
            A token, the same or a new one (both are reported), and its life in seconds from now on.

        Raises:
            TokenDead: to be confirmed by `me`, since single ones have been seen to be spurious.
            Refused: kind `too_young`: try tomorrow.
            MetaError: any other of the tree.
        """
        return self._asked(
            Question(
                call="refresh",
                url=self._graph_url("refresh_access_token"),
                # whether a Bearer header would do here, nobody has published
                query={"grant_type": "ig_refresh_token", "access_token": token},
            ),
            read_long_lived,
        )

    def me(self, token: Secret, *, detailed: bool = False) -> Profile:
        """Ask who a token belongs to, which also tells whether it lives. Page: D-me, …/get-started.

        One field that the account cannot read fails the whole call with code 100; then fewer fields are
        asked for, all within one deadline.

        Args:
            token: short- or long-lived.
            detailed: also ask for name, account type and picture.

        Raises:
            MetaError: any of the tree.
        """
        choices = (DETAILED_FIELDS, PLAIN_FIELDS, LEAST_FIELDS) if detailed else (PLAIN_FIELDS, LEAST_FIELDS)
        return self._first_readable([self._me(token, fields) for fields in choices], read_profile)

    def _me(self, token: Secret, fields: str) -> Question:
        url = self._graph_url(f"{self._endpoints.api_version}/me")
        return Question(call="me", url=url, query={"fields": fields}, bearer=token)

    def _api_url(self, path: str) -> str:
        return f"{self._endpoints.api_url.rstrip('/')}/{path}"

    def _graph_url(self, path: str) -> str:
        return f"{self._endpoints.graph_url.rstrip('/')}/{path}"
