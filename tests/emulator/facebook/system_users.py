"""The system users of businesses (meta-wire 3): made, given tokens, revoked and deleted by an admin."""

from collections.abc import Iterable

from tests.emulator.refusals import Missing, Wrong
from tests.emulator.switches import SIXTY_DAYS

from .life import FacebookLife
from .records import SCOPES, FacebookApp, FacebookToken, Holder, Kind, SystemUser

FIRST_SYSTEM_USER = 300_000_000_000_000
FIRST_AD_ACCOUNT = 400_000_000_000_000
LIFETIMES: dict[str, float | None] = {"never": None, "sixty_days": float(SIXTY_DAYS)}
DEFAULT_SCOPES = ("ads_read", "business_management", "instagram_basic", "pages_show_list")


class SystemUsers(FacebookLife):
    """The part of Facebook that plays businesses."""

    system_users: dict[str, SystemUser]

    def mint(
        self, kind: Kind, holder: Holder, app_id: str, scopes: tuple[str, ...], lasts: float | None
    ) -> FacebookToken:
        raise NotImplementedError

    def add_system_user(
        self, name: str, business: str = "", id: str | None = None, *, ad_accounts: Iterable[str] = ()
    ) -> SystemUser:
        """ad_accounts: their names."""
        with self.lock:
            if not name.strip():
                raise Wrong("A system user has a name.")
            user = SystemUser(self.new_id(FIRST_SYSTEM_USER, id), name.strip(), business=business.strip())
            if user.id in self.system_users:
                raise Wrong(f"There is a system user with the id {user.id} already.")
            user.ad_accounts = {str(FIRST_AD_ACCOUNT + self.born()): each for each in ad_accounts}
            self.system_users[user.id] = user
            return user

    def system_user(self, user_id: str) -> SystemUser:
        if user_id not in self.system_users:
            raise Missing(f"There is no system user with the id {user_id!r}.")
        return self.system_users[user_id]

    def generate_token(
        self,
        user_id: str,
        expires: str = "sixty_days",
        app_id: str | None = None,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        age_days: float = 0,
    ) -> FacebookToken:
        """As the button of the business's settings does. expires: `never` or `sixty_days`."""
        if expires not in LIFETIMES:
            raise Wrong(f"expires takes {' or '.join(LIFETIMES)}.")
        wanted = tuple(dict.fromkeys(scopes))
        if unknown := [each for each in wanted if each not in SCOPES]:
            raise Wrong(f"There is no permission {unknown[0]!r} at Facebook.")
        with self.lock:
            user, app = self.system_user(user_id), self.app(app_id)
            if user.deleted:
                raise Wrong(f"The system user {user.name} is deleted.")
            token = self.mint("system_user", user, app.id, wanted, LIFETIMES[expires])
            self.age(user_id, age_days, token.access_token)
            return token

    def revoke_tokens(self, user_id: str) -> int:
        return self.kill(self.system_user(user_id).id, "killed")

    def delete_system_user(self, user_id: str) -> int:
        with self.lock:
            user = self.system_user(user_id)
            user.deleted = True
            return self.end(user.tokens, "user_gone")

    def remove_app_from_business(self, user_id: str, app_id: str | None = None) -> int:
        with self.lock:
            gone = list(self.apps) if app_id is None else [self.app(app_id).id]
            return self.end([each for each in self.system_user(user_id).tokens if each.app_id in gone], "app_removed")

    def break_app(self, how: str, app_id: str | None = None) -> FacebookApp:
        """Resetting the secret also ends the tokens of system users, for good; nobody has published in which words."""
        with self.lock:
            app = super().break_app(how, app_id)
            if how == "secret_reset":
                for user in self.system_users.values():
                    self.end([each for each in user.tokens if each.app_id == app.id], "generic_190")
            return app
