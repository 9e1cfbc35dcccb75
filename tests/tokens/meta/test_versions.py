import tomllib
from pathlib import Path

import pytest

from tokens.meta import Secret
from tokens.meta.wire import VERSION

from .calls import CASES

REFRESH, ME = CASES[2:]


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "tokens.meta.calling"]


def test_a_version_other_than_asked_is_reported_once(client, wire, caplog):
    wire.get(ME.url, json={"id": "1"}, headers={"facebook-api-version": "v25.0"})
    for _ in range(3):
        client.me(Secret("T"))
    assert warnings_of(caplog) == ["Meta serves Graph API version v25.0 where v26.0 was asked for"]


def test_errors_tell_the_version_too(error_of, caplog):
    error_of(ME, body="", headers={"facebook-api-version": "v25.0"})
    assert len(warnings_of(caplog)) == 1


@pytest.mark.parametrize("served", ["v26.0", "", "nonsense", "v25.0 T", "v1234.0"])
def test_the_same_version_or_nonsense_is_not(client, wire, caplog, served):
    wire.get(ME.url, json={"id": "1"}, headers={"facebook-api-version": served})
    client.me(Secret("T"))
    assert warnings_of(caplog) == []


def test_calls_without_a_version_have_none_to_compare(client, wire, caplog):
    wire.get(REFRESH.url, json={"access_token": "N"}, headers={"facebook-api-version": "v25.0"})
    client.refresh(Secret("T"))
    assert warnings_of(caplog) == []


def test_we_name_the_version_that_is_released():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
