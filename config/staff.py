"""How the staff's site looks, and what stands in its sidebar, in the product's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# The product's green, from static/css/perennial.css, in unfold's eleven steps.
GREEN = {
    "50": "#f0f9f4",
    "100": "#e1f3e7",
    "200": "#bfe3cd",
    "300": "#97d0b0",
    "400": "#7bd0a0",
    "500": "#2f9e68",
    "600": "#1a6b42",
    "700": "#155736",
    "800": "#124f30",
    "900": "#0f3d26",
    "950": "#0a2114",
}


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    app, _, name = model.partition("_")
    if model.startswith("django_q"):
        app, name = "django_q", model.removeprefix("django_q_")
    return lambda request: any(request.user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _may_view(model)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Perennial",
    "SITE_HEADER": "Perennial",
    "SITE_SUBHEADER": "Staff",
    "SITE_ICON": lambda request: static("img/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")},
    ],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": GREEN},
    "DASHBOARD_CALLBACK": "tokens.admin.home.dashboard",
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("account_change_password")},
            {"title": "Two-factor sign-in", "link": reverse_lazy("mfa_index")},
        ]
    },
    "SIDEBAR": {
        "navigation": [
            {
                "title": "",
                "items": [
                    {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
                    {
                        "title": "Doctor",
                        "icon": "stethoscope",
                        "link": reverse_lazy("admin:doctor"),
                        "permission": _may_view("tokens_connection"),
                    },
                    _item("Connections", "link", "tokens_connection"),
                    {
                        "title": "Coming back",
                        "icon": "replay",
                        "link": reverse_lazy("admin:recovery"),
                        "permission": _may_view("tokens_connection"),
                    },
                    _item("Brakes", "front_hand", "tokens_brake"),
                    _item("Budgets", "speed", "tokens_appbudget"),
                    _item("Sweeps", "autorenew", "tokens_sweeprun"),
                    _item("Meta apps", "key", "tokens_metaapp"),
                    _item("Unknown answers", "help", "tokens_unknownanswer"),
                    _item("Requests for deletion", "delete_forever", "tokens_deletionrequest"),
                ],
            },
            {
                "title": "Customers",
                "separator": True,
                "items": [
                    _item("Workspaces", "workspaces", "accounts_tenant"),
                    _item("Members", "group", "accounts_membership"),
                    _item("History", "history", "accounts_event"),
                    _item("Mail", "mail", "notifications_outboxmessage"),
                    {
                        "title": "Mails, as samples",
                        "icon": "drafts",
                        "link": reverse_lazy("admin:mails"),
                        "permission": _may_view("notifications_outboxmessage"),
                    },
                ],
            },
            {
                "title": "Queue",
                "separator": True,
                "items": [
                    _item("Waiting", "hourglass_empty", "django_q_ormq"),
                    _item("Failed", "error", "django_q_failure"),
                    _item("Done", "check_circle", "django_q_success"),
                    _item("Schedules", "schedule", "django_q_schedule"),
                ],
            },
            {
                "title": "Sign-in",
                "separator": True,
                "items": [
                    _item("Users", "person", "accounts_user"),
                    _item("Staff groups", "badge", "auth_group"),
                ],
            },
        ],
    },
}
