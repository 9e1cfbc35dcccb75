"""Facebook persons to begin with: one with a few Pages, one with a single Page, one with none, one with very many."""

from tests.emulator.refusals import Wrong
from tests.emulator.state import State

from .records import FacebookPerson

MANY = (int,)
MOST = 500
# Who looks after which Pages; each with the username of the account that is linked to it, if one is.
FEW = ("Lena Brandt", (("Hana Paints", "hana.paints"), ("Flora Bakes", "flora.bakes"), ("Brandt & Partners", None)))
SINGLE = ("Tom Luna", (("Café Luna", "cafe.luna"),))
NONE = ("Noor Alvi", ())
CHAIN, BRANCH = "Chen Wei", "Kumo Tea, branch"
SYSTEM_USER, BUSINESS = "Perennial reporting", "Blue Fig Agency"
AD_ACCOUNTS = ("Blue Fig, brand", "Blue Fig, performance")


def add_cast(state: State, many: int = 60) -> dict[str, object]:
    """Adds them. Accounts of Instagram that are not there yet are made; those that are there get another link.

    many: Pages of the person who has very many; the first and the last two of them have a linked account.
    """
    if not 0 <= many <= MOST:
        raise Wrong(f"many takes a number from 0 to {MOST}.")
    with state.lock:
        persons = [add(state, *each) for each in (FEW, SINGLE, NONE)]
        chain = state.facebook.add_person(CHAIN)
        for number in range(1, many + 1):
            linked = f"kumo.tea.{number}" if number <= 2 or number > many - 2 else None
            add_page(state, chain, f"{BRANCH} {number}", linked)
        user = state.facebook.add_system_user(SYSTEM_USER, BUSINESS, ad_accounts=AD_ACCOUNTS)
        return {
            "persons": [each.as_json() for each in (*persons, chain)],
            "system_users": [user.as_json()],
        }


def add(state: State, name: str, pages: tuple[tuple[str, str | None], ...]) -> FacebookPerson:
    person = state.facebook.add_person(name)
    for page, username in pages:
        add_page(state, person, page, username)
    return person


def add_page(state: State, person: FacebookPerson, name: str, username: str | None) -> None:
    page = state.facebook.add_page(name, person.id)
    if username is None:
        return
    if username not in state.persons:
        state.add_person(username, name)
    state.facebook.link(page.id, username)
