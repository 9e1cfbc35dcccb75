"""Progress and report: as they are at every moment, whole or as htmx asks for them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.markup import Page
from tests.tokens.moving.mover import Mover
from tokens.models import ImportLine, TokenImport

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_while_it_runs_the_page_counts_and_can_be_loaded_again(mover: Mover) -> None:
    job = mover.confirmed(["token", *mover.tokens(4)])
    ImportLine.objects.filter(number__in=[2, 3, 4]).update(outcome="imported", content=None)
    for _ in range(2):
        html = mover.browser.get(mover.path_of(job)).content.decode()
        assert "3 of 4 lines done" in Page(html).text
        assert f'hx-get="{mover.path_of(job)}"' in html
        assert 'hx-trigger="every 2s"' in html
        assert "Look again" in Page(html).text
        assert Page(html).form_of("Stop the import").action == mover.path_of(job, "cancel/")


def test_htmx_gets_the_progress_alone_and_the_whole_page_at_the_end(mover: Mover) -> None:
    job = mover.confirmed(["token", mover.token("anna")])
    fragment = mover.browser.get(mover.path_of(job), headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert "0 of 1 line done" in Page(fragment.content.decode()).text
    mover.work(job)
    assert mover.browser.get(mover.path_of(job), headers=HTMX)["HX-Refresh"] == "true"
    assert "every 2s" not in mover.browser.get(mover.path_of(job)).content.decode()


def test_the_report_says_what_came_of_it(mover: Mover) -> None:
    job = mover.imported(["token", mover.token("anna"), "garbage"])
    text = mover.text(job)
    assert "Finished. 1 line could not be imported." in text
    assert "Imported 1" in text
    assert "3 Instagram does not accept the token." in text
    assert "garbage" not in text


def test_an_import_without_a_refused_line_says_so(mover: Mover) -> None:
    assert "Finished. Every line is in order." in mover.text(mover.imported(["token", mover.token("anna")]))


def test_many_refused_lines_stand_on_pages_and_nonsense_leads_to_one(mover: Mover) -> None:
    job = mover.preview(["token,flavour", *["IGAAx,nonsense"] * 120])
    for asked, first, last in (("", 2, 51), ("2", 52, 101), ("3", 102, 121), ("99", 102, 121), ("x", 2, 51)):
        response = mover.browser.get(mover.path_of(job), {"page": asked})
        text = Page(response.content.decode()).text
        assert f"{first} There is no such flavour" in text
        assert f"{last} There is no such flavour" in text
        assert f" {last + 1} There is no such flavour" not in text


def body(response: Any) -> str:
    return str(b"".join(response.streaming_content).decode())


def test_refused_lines_can_be_downloaded_without_the_tokens(mover: Mover) -> None:
    job = mover.imported(["token,contact_email", "IGAAsecret,wrong", "IGAAother,a@b.example"])
    response = mover.browser.get(mover.path_of(job, "refused.csv"))
    text = body(response)
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[:2] == [["line", "reason"], ["2", "contact_email is not a mail address."]]
    assert rows[2][0] == "3"
    assert "IGAA" not in text
    # No cell can be taken for a formula by a spreadsheet.
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_past_imports_are_listed_with_what_came_of_them(mover: Mover) -> None:
    assert "None yet." in Page(mover.browser.get(mover.path).content.decode()).text
    mover.imported(["token", mover.token("anna")])
    thrown = mover.preview(["token", "IGAAx"])
    mover.browser.post(mover.path_of(thrown, "cancel/"))
    mover.confirmed(["token", "IGAAx"])
    mover.preview(["token", "IGAAx"])
    text = Page(mover.browser.get(mover.path).content.decode()).text
    for words in ("Finished: 1 imported", "Thrown away.", "Under way, 1 line.", "Waits for you"):
        assert words in text


def test_the_list_costs_the_same_with_one_import_and_with_many(mover: Mover) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            mover.browser.get(mover.path)
        return len(asked)

    mover.imported(["token", mover.token("anna")])
    mover.browser.get(mover.path)
    few = queries()
    TokenImport.objects.bulk_create(
        [TokenImport(tenant=mover.tenant, user=mover.owner, file_name="x.csv") for _ in range(60)]
    )
    assert queries() == few
    assert "1 to 20 of 61" in Page(mover.browser.get(mover.path).content.decode()).text
