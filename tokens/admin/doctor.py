"""The doctor as a page: the same lines as `manage.py doctor`, looked at when the page is asked for."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from accounts.staff_site import StaffSite
from tokens.admin.home import may_see
from tokens.doctor_report import by_area, look_over

LOOKS = {"ok": "success", "warning": "warning", "wrong": "danger"}


@require_safe
def doctor(request: HttpRequest) -> HttpResponse:
    """Looks everything over, within twenty seconds, and shows it. Nothing is changed."""
    if not may_see(request):
        raise PermissionDenied
    report = look_over()
    areas = {area: [(each, LOOKS[each.level]) for each in lines] for area, lines in by_area(report.findings).items()}
    numbers = [(level, LOOKS[level], number) for level, number in report.counts.items()]
    context = {**admin.site.each_context(request), "title": "Doctor", "areas": areas, "numbers": numbers}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/doctor.html", context)


cast(StaffSite, admin.site).add_page("doctor/", doctor, "doctor")
