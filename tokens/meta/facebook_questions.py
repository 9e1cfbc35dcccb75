"""How graph.facebook.com is asked: version in the path, secrets in the query, the proof beside every token."""

from typing import Literal

from .proof import app_token, appsecret_proof
from .secret import Secret
from .types import AppCredentials, Call, FacebookEndpoints
from .wire import Question, Values

Method = Literal["GET", "DELETE"]


class Questions:
    """The requests of one Meta app.

    Args:
        endpoints: where Facebook is.
        app: the Meta app's id and secret.
    """

    def __init__(self, endpoints: FacebookEndpoints, app: AppCredentials) -> None:
        self._url = f"{endpoints.graph_url.rstrip('/')}/{endpoints.api_version}"
        self._app = app

    def exchange(self, call: Call, query: Values) -> Question:
        """For a code or a token another token; it shows the app secret itself, and needs no proof of it."""
        return self._question(call, "/oauth/access_token", {**self._credentials(), **query})

    def revocation(self, token: Secret) -> Question:
        """Of a token, in its own name."""
        return self.by(token, "revoke", "/oauth/revoke", {**self._credentials(), "revoke_token": token})

    def by_app(self, call: Call, path: str, query: Values) -> Question:
        """In the app's own name."""
        return self.by(app_token(self._app), call, path, query)

    def by(self, token: Secret, call: Call, path: str, query: Values, method: Method = "GET") -> Question:
        """In the name of whom `token` belongs to."""
        access: Values = {"access_token": token, "appsecret_proof": appsecret_proof(token, self._app)}
        return self._question(call, path, {**query, **access}, method)

    def _credentials(self) -> Values:
        return {"client_id": self._app.app_id, "client_secret": self._app.app_secret}

    def _question(self, call: Call, path: str, query: Values, method: Method = "GET") -> Question:
        return Question(
            call=call,
            method=method,
            url=self._url,
            path=path,
            query=query,
            host="facebook",
        )
