"""Mounts the applications; the paths are the outside contract. `/healthz` is answered in `config.middleware`,
`/readyz` and `/metrics` in `config.status`.
"""

from django.contrib import admin
from django.urls import include, path

from accounts.views import addresses

urlpatterns = [
    path("admin/", admin.site.urls),
    # Before allauth's: ours knows what happens when two accounts want one address.
    path("accounts/email/", addresses.addresses, name="account_email"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("accounts.urls")),
    path("", include("tokens.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler429 = "accounts.rate_limits.too_many"
handler500 = "config.errors.server_error"
