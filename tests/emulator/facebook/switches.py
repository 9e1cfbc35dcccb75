"""The switches of Facebook's hosts."""

from dataclasses import dataclass, field

from tests.emulator.positions import SCALAR, TEXTS, Scalar, choice, kind


@dataclass
class FacebookSwitches:
    # meta-wire 2: whether a denial carries `error_code=200` besides
    denial_code: bool = kind(False, bool)
    # 2, 3: null leaves the field out; any other JSON scalar is sent as it is
    facebook_code_expires_in: Scalar = field(default=4_172, metadata=SCALAR)
    facebook_exchange_expires_in: Scalar = field(default=5_183_944, metadata=SCALAR)
    # 2: a long-lived user token sent to the exchange again
    facebook_long_to_exchange: str = choice("extends", "same_date", "refuse")
    # 3: a system user's token that never expires, sent there; and one of 60 days sent without its parameter
    never_expiring_exchange: str = choice("sixty_days", "never", "refuse")
    exchange_without_sixty_days: str = choice("refuse", "allow")
    # 2: without `pages_show_list`, whether /me/accounts is empty or refused
    no_page_list: str = choice("empty", "code_10")
    # 2: how many Pages, or ad accounts, one answer tells where no `limit` is asked for
    page_of_results: int = kind(25, int)
    # 2: days from a person's consent until the app loses their data; null and 0: never
    data_access_days: int | None = kind(90, int, type(None))
    exchange_resets_data_access: bool = kind(False, bool)
    # 2.1: fields left out of every inspection; the odd shapes that were seen of it
    inspection_missing: list[str] = field(default_factory=list, metadata=TEXTS)
    invalid_expires_at_zero: bool = kind(False, bool)
    invalid_error: bool = kind(True, bool)
    page_profile_id: bool = kind(True, bool)
    # 2.1: Facebook persons whose tokens may inspect others, as an app's developers may
    developers: list[str] = field(default_factory=list, metadata=TEXTS)
    # 2.2
    proof: str = choice("checked", "ignored", "required")
    # 3: what the tokens of a deleted system user answer with
    deleted_system_user: str = choice("code_190", "object_missing")
