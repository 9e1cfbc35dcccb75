import pytest

from tests.tokens.calendar.nights import NOW


@pytest.fixture(autouse=True)
def at_noon(travel):
    travel(NOW)


@pytest.fixture(autouse=True)
def ten_a_night(settings):
    settings.NIGHT_LIMIT = 10
