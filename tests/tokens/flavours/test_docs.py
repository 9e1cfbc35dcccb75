"""docs/flavours.md keeps to the truth: for each cell of its table of flavours a test is named here that proves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tokens import due_dates, flags
from tokens.flavours import FLAVOURS

TEXT = (Path(settings.BASE_DIR) / "docs" / "flavours.md").read_text("utf-8")
TESTS = Path(__file__).parent.parent
COLUMNS = ["What is kept", "What keeps it alive", "How long", "What a person must do", "When they are told"]

ALIVE, PASTED, ADDED = "flavours/test_kept_alive", "flavours/test_pasting_facebook", "flavours/test_adding_system_users"
AT_ONCE = "flavours/test_connecting_through_facebook::test_a_single_linked_account_is_connected_at_once"
DATED = f"{ALIVE}::test_the_90_days_are_flagged_14_days_ahead_and_shown_from_the_first"
SHORT = f"{PASTED}::test_a_short_one_is_exchanged_and_the_pages_key_is_kept"
PAGES = f"{PASTED}::test_a_pages_own_token_works_and_only_a_person_can_renew_it"
NOTHING = "flavours/test_words_by_host::test_every_reason_of_a_system_user_ends_in_a_new_token"
MAILED = f"{ADDED}::test_the_mail_leads_to_the_page_where_a_new_token_is_pasted"
BROUGHT_BACK = "links/test_reviving::test_the_same_account_revives_the_connection_without_sign_in"
CELLS: dict[str, list[str]] = {
    "`instagram_login`": [
        "connecting/test_outcomes::test_a_connection_comes_into_being",
        "test_due_dates::test_by_default_a_token_of_sixty_days_is_refreshed_in_its_forty_ninth_or_fiftieth_night",
        "test_refreshing::test_what_meta_returns_is_stored_and_no_constant",
        "test_refreshing::test_what_meta_returns_is_stored_and_no_constant",
        BROUGHT_BACK,
    ],
    "`facebook_login`": [
        AT_ONCE,
        f"{ALIVE}::test_both_keys_of_facebook_login_are_renewed",
        f"{ALIVE}::test_where_facebook_prolongs_nothing_the_date_of_the_persons_key_counts",
        "flavours/test_reconnecting_through_facebook::test_consenting_again_moves_the_date_by_which_a_person_must",
        DATED,
    ],
    "`system_user`, never": [
        f"{ADDED}::test_one_that_never_expires_is_kept_and_checked_every_day",
        f"{ALIVE}::test_a_system_users_that_never_expires_is_checked_every_day_and_never_renewed",
        f"{ADDED}::test_one_that_has_ended_says_why",
        NOTHING,
        f"{ALIVE}::test_a_system_users_end_is_noticed_by_the_next_check",
    ],
    "`system_user`, 60 days": [
        f"{ADDED}::test_one_of_sixty_days_is_kept_and_renewed_in_time",
        f"{ALIVE}::test_a_system_users_of_sixty_days_is_exchanged_and_the_old_one_lives_on",
        f"{ALIVE}::test_a_system_users_of_sixty_days_is_exchanged_and_the_old_one_lives_on",
        NOTHING,
        MAILED,
    ],
    "pasted, of Instagram": [
        "pasting/test_exchange::test_a_token_of_one_hour_is_exchanged_and_its_dates_are_known",
        "pasting/test_kept::test_issue_and_expiry_are_not_guessed_and_it_is_renewed_first_after_25_hours",
        "pasting/test_kept::test_the_first_renewal_brings_its_dates",
        "pasting/test_kept::test_the_first_renewal_brings_its_dates",
        BROUGHT_BACK,
    ],
    "pasted, of a Facebook person": [
        SHORT, SHORT, SHORT, f"{PASTED}::test_what_a_person_must_renew_is_renewed_by_a_pasted_one", DATED,
    ],
    "pasted, of a Page": [
        PAGES,
        f"{ALIVE}::test_a_pasted_page_is_checked_and_never_renewed",
        f"{ALIVE}::test_a_pasted_page_is_checked_and_never_renewed",
        PAGES,
        DATED,
    ],
}  # fmt: skip


def table() -> list[list[str]]:
    """The cells of the first table, its heading first."""
    lines = TEXT.partition("\n| Kind |")
    found = f"| Kind |{lines[2]}".partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found if not line.startswith("|---")]


def test_the_table_has_every_kind_and_every_question() -> None:
    head, *rows = table()
    assert head == ["Kind", *COLUMNS]
    assert [row[0] for row in rows] == list(CELLS)
    assert all(len(row) == len(head) and all(row) for row in rows)
    assert {name for row in rows for name in re.findall(r"^`(\w+)`", row[0])} == set(FLAVOURS)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("column", COLUMNS)
def test_each_cell_is_proved_by_a_test(kind: str, column: str) -> None:
    path, _, name = CELLS[kind][COLUMNS.index(column)].partition("::")
    source = (TESTS / f"{path}.py").read_text("utf-8")
    assert f"def {name}(" in source


def test_its_numbers_and_its_addresses_are_those_of_the_product() -> None:
    text = " ".join(TEXT.split())
    for name in ("paste_token", "add_system_user"):
        assert reverse(name, args=["slug"]).replace("slug", "<slug>") in text
    assert f"{flags.RENEW_SOON.days} days ahead" in text
    assert f"`REFRESH_AGE_DAYS` ({settings.REFRESH_AGE_DAYS})" in text
    assert f"{due_dates.YOUNGEST.total_seconds() / 3600:.0f} hours" in text
    for flavour in FLAVOURS.values():
        assert all(f"`{each}`" in text for each in flavour.basics if flavour.name == "facebook_login")
