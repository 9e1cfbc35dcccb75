"""Each way in which a pasted token is of no use has clear words, an empty field, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.emulator.state import State
from tests.factories import make_meta_app
from tests.tokens.fake_meta import FakeMeta, dead
from tests.tokens.pasting.paster import Paster
from tokens import paste_wording as words
from tokens.meta import Secret
from tokens.models import Brake, Connection, Reason, UnknownAnswer
from tokens.services.examine_token import Examiner
from tokens.token_text import LONGEST

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

FACEBOOK = "EAAC" + "Zx9" * 60
THREADS = "THQV" + "Zx9" * 40
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.fixture(autouse=True)
def nothing_left(paster: Paster) -> Iterator[None]:
    yield
    assert not Connection.objects.exists()
    assert not Event.objects.filter(kind="pasted").exists()


# without asking


@pytest.mark.parametrize(
    "text", [f"1234567890|{SECRET}", f" “Bearer 123|{SECRET}” ", f"access_token=123%7C{SECRET}", f"TH|123|{SECRET}"]
)
def test_an_app_token_is_sent_nowhere(text: str, paster: Paster) -> None:
    shown = paster.refused(text, words.APP_TOKEN)
    assert (
        "That is an app token: it holds the app's secret. Don't paste it anywhere; take the account's token." in shown
    )
    assert SECRET not in shown
    assert paster.emulator.state.requests() == []


@pytest.mark.parametrize("text", ["", "   \n", "“”", '""', "Bearer ", "access_token=", "\u200b\ufeff"])
def test_nothing_but_what_clings_to_a_token_is_no_token(text: str, paster: Paster) -> None:
    paster.refused(text, words.EMPTY)
    assert paster.emulator.state.requests() == []


@pytest.mark.parametrize("text", ["IGAA→nobody", "IGAAnobödy", "IGAA😀", "IGAA\x00nobody"])
def test_what_no_token_can_hold_is_told_without_asking(text: str, paster: Paster) -> None:
    paster.refused(text, words.GARBLED)
    assert paster.emulator.state.requests() == []


def test_what_is_too_long_for_a_token_is_told_without_asking(paster: Paster) -> None:
    paster.refused("x" * (LONGEST + 1), words.TOO_LONG)
    assert paster.emulator.state.requests() == []
    paster.refused("x" * LONGEST, words.CANNOT_PARSE)


# by what Instagram answers


@pytest.fixture
def instagram_alone(settings: Any) -> None:
    settings.FACEBOOK_APP_ID = ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("IGAAgarbage", words.CANNOT_PARSE),
        ("anything at all", words.CANNOT_PARSE),
        (FACEBOOK, words.FACEBOOK),
        (THREADS, words.THREADS),
        (SECRET, words.APP_SECRET),
    ],
)
def test_what_instagram_cannot_parse_gets_words_by_its_looks(
    text: str, word: str, instagram_alone: None, paster: Paster
) -> None:
    paster.refused(text, word)
    assert paster.asked() == ["me"], "asked first, and told by its looks afterwards"


@pytest.mark.parametrize("fault", ["unsupported_request", "permission_10", "invalid_190"])
def test_a_token_of_another_product_is_told_whatever_instagram_says_of_it(
    fault: str, instagram_alone: None, paster: Paster
) -> None:
    paster.emulator.state.add_fault(fault, path="/me")
    paster.refused(FACEBOOK, words.FACEBOOK)


@pytest.mark.parametrize("looks", ["EAAC", "THQV"])
def test_whatever_it_looks_like_what_instagram_vouches_for_is_kept(looks: str, paster: Paster) -> None:
    token = paster.emulator.state.tokens[paster.token("creator")]
    other = looks + token.access_token[4:]
    paster.emulator.state.tokens[other] = token
    paster.kept(other)
    assert paster.stored() == other
    Connection.objects.all().delete()
    Event.objects.all().delete()


ENDS: dict[str, tuple[Callable[[State], object], str]] = {
    "expired": (lambda state: state.expire("creator"), Reason.EXPIRED),
    "password": (lambda state: state.change_password("creator"), Reason.PASSWORD_CHANGED),
    "removed": (lambda state: state.remove_app("creator"), Reason.APP_REMOVED),
    "checkpoint": (lambda state: state.checkpoint("creator"), Reason.CHECKPOINT),
    "unconfirmed": (lambda state: state.unconfirm("creator"), Reason.UNCONFIRMED),
    "logged out": (lambda state: state.logout("creator"), Reason.LOGGED_OUT),
    "killed": (lambda state: state.kill_session("creator"), Reason.ENDED_BY_META),
    "unsaid": (lambda state: state.invalidate("creator"), words.NOT_ACCEPTED),
}


@pytest.mark.parametrize("subcodes", [False, True], ids=["texts", "subcodes"])
@pytest.mark.parametrize("end", ENDS)
def test_a_token_that_has_ended_says_why(end: str, subcodes: bool, paster: Paster) -> None:
    act, word = ENDS[end]
    paster.emulator.state.configure(subcodes=subcodes)
    token = paster.token()
    act(paster.emulator.state)
    paster.refused(token, word)


@pytest.mark.parametrize("no_basic", ["code_10", "unsupported"])
def test_a_token_without_the_basic_permission_lets_us_do_nothing(no_basic: str, paster: Paster) -> None:
    paster.emulator.state.configure(no_basic=no_basic)
    shown = paster.refused(paster.token(permissions=[]), words.NOT_ALLOWED)
    assert "made through another app" in shown
    assert "instagram_business_basic" in shown


@pytest.mark.parametrize("fault", ["permission_200", "permission_299", "object_missing"])
def test_a_permission_that_is_missing_is_told(fault: str, paster: Paster) -> None:
    paster.emulator.state.add_fault(fault, path="/me")
    paster.refused(paster.token(), words.NOT_ALLOWED)


@pytest.mark.parametrize(
    ("personal_me", "word"), [("account_type", words.PERSONAL), ("unsupported", words.NOT_ALLOWED)]
)
def test_a_personal_account_is_refused(personal_me: str, word: str, instagram_alone: None, paster: Paster) -> None:
    paster.emulator.state.configure(personal_me=personal_me)
    shown = paster.refused(paster.token(account_type="Personal"), word)
    assert "professional" in shown
    assert paster.asked()[-1] == "me"


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("http_500", words.NO_ANSWER),
        ("http_503", words.NO_ANSWER),
        ("html_403", words.NO_ANSWER),
        ("list_200", words.NO_ANSWER),
        ("reset", words.NO_ANSWER),
        ("truncated", words.NO_ANSWER),
        ("policy_368", words.NO_ANSWER),
        ("rate_17", words.LIMITED),
        ("http_429_empty", words.LIMITED),
        ("unknown_code", words.REFUSED),
        ("code_2500", words.REFUSED),
    ],
)
def test_instagram_in_trouble_is_not_blamed_on_the_token(fault: str, word: str, paster: Paster) -> None:
    paster.emulator.state.add_fault(fault, path="/me")
    paster.refused(paster.token(), word)


def test_an_answer_that_no_rule_knows_is_counted_for_staff(paster: Paster) -> None:
    paster.emulator.state.add_fault("unknown_code", path="/me")
    paster.refused(paster.token(), words.REFUSED)
    assert UnknownAnswer.objects.get().code == 99999


def test_while_the_brake_holds_no_death_is_believed(paster: Paster) -> None:
    token = paster.token()
    paster.refused("IGAAx", words.CANNOT_PARSE)
    Brake.objects.create(meta_app=make_meta_app(), cause="deaths", fallen_at=timezone.now())
    paster.emulator.state.change_password("creator")
    paster.refused(token, words.NO_ANSWER)


def test_every_reason_of_a_death_has_words() -> None:
    for reason in Reason:
        meta = FakeMeta(on_me=dead(reason))
        examiner = Examiner(make_meta_app(), meta, has_secret=True)  # type: ignore[arg-type]
        word = examiner.examine(Secret("IGAAx"))
        assert word == (words.NOT_ACCEPTED if reason == Reason.UNKNOWN else reason)
        assert words.REFUSALS[str(word)].advice


def test_each_refusal_says_what_it_is_and_what_to_do() -> None:
    for word, refusal in words.REFUSALS.items():
        assert refusal.title.endswith("."), word
        assert refusal.advice.endswith("."), word
