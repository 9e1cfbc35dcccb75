"""The languages a workspace can choose: for its dates, its creators' pages and its mails."""

from __future__ import annotations

WORKSPACE_LANGUAGES = (("en", "English"), ("de", "Deutsch"))
