"""Which site the staff's pages stand on, and what its breadcrumbs call a package's part."""

import gc

from django.apps import apps
from django.contrib.admin.apps import AdminConfig


class StaffSiteConfig(AdminConfig):
    default_site = "accounts.staff_site.StaffSite"

    def ready(self) -> None:
        super().ready()
        # All that staff see of it are their own groups.
        apps.get_app_config("auth").verbose_name = "Staff"
        # Models and pages are loaded: from here on there is garbage, and none of it among these (`config.start`).
        gc.freeze()
        gc.enable()
