"""Which site the staff's pages stand on."""

from django.contrib.admin.apps import AdminConfig


class StaffSiteConfig(AdminConfig):
    default_site = "accounts.staff_site.StaffSite"
