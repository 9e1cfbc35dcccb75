"""Every fault that the emulator can play, by what it must come to. `test_fault_matrix` runs all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulator.state import State


@dataclass(frozen=True)
class Case:
    """One fault.

    Args:
        kind: of the emulator.
        family: what the product must make of it.
        params: of the kind.
        label: tells two of one kind apart.
    """

    kind: str
    family: str
    params: dict[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.label}" if self.label else self.kind

    def strike(self, state: State, path: str, **details: Any) -> None:
        state.add_fault(self.kind, path=path, **details, **self.params)


def of(family: str, *kinds: str) -> tuple[Case, ...]:
    return tuple(Case(kind, family) for kind in kinds)


# No answer at all, or none that says anything: nothing is known.
PASSING = (
    *of("passing", "http_500", "http_503", "transient_true", "http_500_empty", "html_502", "html_200", "html_403"),
    *of("passing", "empty_200", "bad_json", "reset", "redirect"),
    Case("huge", "passing", {"bytes": 1_200_000}),
    Case("raw", "passing", {"status": 400, "body": ""}, "400_empty"),
    Case("raw", "passing", {"status": 504, "body": {"oops": 1}}, "504_json"),
)
# Ended by our own deadline, or not at all.
HANGING = of("passing", "hang")
# Meta does what it was asked, and its answer is lost on the way.
LOST = of("lost", "truncated", "reset_after_request")
LOST_SLOWLY = of("lost", "drip")
# A success of the wrong shape.
ODD = (
    *of("odd", "list_200", "null_token_200", "missing_token_200", "number_token_200"),
    Case("raw", "odd", {"body": {"access_token": "IGAA with a blank", "user_id": None}}, "200_blank"),
    Case("raw", "odd", {"body": None}, "200_null"),
)
LIMITED = of(
    "limited", "rate_4", "rate_17", "rate_32", "rate_341", "rate_613", "rate_80002", "http_429_empty"
)  # fmt: skip
# Errors that nobody documents, or that pass by themselves.
UNKNOWN = (
    *of("unknown", "policy_368", "spam_2207051", "unknown_code", "legacy_meta_shape"),
    *of("unknown", "flat_grant_type", "flat_missing", "code_not_found"),
    Case("raw", "unknown", {"body": {"error": "invalid_request"}}, "oauth_error"),
    Case("raw", "unknown", {"status": 404, "body": {}}, "404_json"),
)
PERMISSION = of("permission", "permission_10", "permission_200", "permission_299", "object_missing")
REFUSED = of(
    "refused", "unsupported_request", "code_100", "unknown_field", "missing_parameter", "code_104", "code_2500",
    "unknown_path",
)  # fmt: skip
OURS = of(
    "ours", "code_3", "code_101", "app_disabled", "app_deleted", "client_secret", "flat_client_secret",
    "invalid_platform_app", "redirect_mismatch", "invalid_redirect",
)  # fmt: skip
TOO_YOUNG = of("too_young", "too_young_100", "too_young_1")
DEATHS = (
    *of("death", "190", "generic_190", "invalid_190", "password_changed", "app_removed", "checkpoint"),
    *of("death", "checkpoint_blocked", "unconfirmed", "logged_out", "session_mismatch", "killed", "expired"),
    *of("death", "code_102", "code_452"),
    Case("190", "death", {"subcode": 460}, "with_subcode"),
    Case("generic_190", "death", {"subcode": 458, "status": 401}, "401_with_subcode"),
)
# 190s that speak of our copy of the token.
DAMAGES = of("damage", "cannot_parse", "malformed", "could_not_decrypt")
# Late, but in time.
SLOW = (Case("slow", "none", {"seconds": 0.05}),)

ALL = (
    *PASSING, *HANGING, *LOST, *LOST_SLOWLY, *ODD, *LIMITED, *UNKNOWN, *PERMISSION, *REFUSED, *OURS, *TOO_YOUNG,
    *DEATHS, *DAMAGES, *SLOW,
)  # fmt: skip
