"""Moving in and out: the export of a workspace and the import of tokens, for its owners."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.http import TenantRequest, right_required, tenant_row
from accounts.models import Tenant
from accounts.rights import Right
from tokens.forms import UploadForm
from tokens.import_report import past_imports, refused_lines, refused_page, report_of
from tokens.importing import apps_for, flavours_in
from tokens.models import Flavour, TokenImport
from tokens.services.brake import holding
from tokens.services.cancel_import import cancel_import as cancel_service
from tokens.services.confirm_import import confirm_import as confirm_service
from tokens.services.export_tenant import export_tenant
from tokens.services.import_content import samples
from tokens.services.preview_import import TOO_LARGE, NotTaken, preview_import

can_move = right_required(Right.MOVE_DATA)
# While it runs the list would lag behind the numbers beside it.
SHOW_REFUSED = ("preview", "finished", "stopped")
NOT_SET_UP = "No Meta app is set up on this installation yet: nothing can be imported."


@can_move
@require_http_methods(["GET", "HEAD", "POST"])
def export_workspace(request: TenantRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """GET says what the file holds; POST streams it, line by line."""
    if request.method != "POST":
        return render(request, "tokens/export.html")
    file_name = f"{request.tenant.slug}-{timezone.now():%Y-%m-%d}.jsonl"
    return StreamingHttpResponse(
        _json_lines(request.tenant), content_type="application/x-ndjson; charset=utf-8", headers=_as_file(file_name)
    )


@can_move
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: TenantRequest, slug: str) -> HttpResponse:
    """GET shows past imports and the form; POST takes up a file and shows what would happen with it."""
    form = _uploaded(request) if request.method == "POST" else UploadForm()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if not apps_for(request.tenant, Flavour.values, save=False):
                raise NotTaken(NOT_SET_UP)
            job = preview_import(tenant=request.tenant, user=request.user, file_name=upload.name, content=upload.read())
        except NotTaken as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("import_job", slug=slug, pk=job.pk)
    context = {
        "form": form,
        "page": past_imports(request.tenant, request.GET.get("page", "")),
    }
    return render(request, "tokens/imports.html", context, status=400 if form.errors else 200)


@can_move
@require_safe
def import_job(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """A preview, then its progress, then the report. htmx gets the progress alone, as long as there is any."""
    job, now = _load(request, pk), timezone.now()
    report = report_of(job, now)
    if request.htmx and not request.htmx.history_restore_request and report.state != "running":
        return HttpResponseClientRefresh()
    context: dict[str, Any] = {"report": report, "job": job}
    if report.state == "running":
        context["obstacle"] = _obstacle(job)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "tokens/_import_progress.html", context)
    if report.state == "preview":
        context["samples"] = list(samples(job))
    if report.refused and report.state in SHOW_REFUSED:
        context["refused"] = refused_page(job, request.GET.get("page", ""))
    return render(request, "tokens/import_job.html", context)


@can_move
@require_POST
def confirm_import(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    job = _load(request, pk)
    if not confirm_service(job, by=request.user):
        messages.info(request, "There is nothing to start: it was started or thrown away already.")
    return redirect("import_job", slug=slug, pk=job.pk)


@can_move
@require_POST
def cancel_import(request: TenantRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    """Throws a preview away, or stops an import that runs."""
    job = _load(request, pk)
    if not cancel_service(job, by=request.user):
        messages.info(request, "It had ended already; nothing was changed.")
    elif job.confirmed_at is None:
        messages.success(request, "The file was thrown away. Nothing of it is kept.")
        return redirect("imports", slug=slug)
    else:
        messages.success(request, "The import is stopped. What was imported stays; the rest of the file is erased.")
    return redirect("import_job", slug=slug, pk=job.pk)


@can_move
@require_safe
def import_refused(request: TenantRequest, slug: str, pk: uuid.UUID) -> StreamingHttpResponse:
    """The refused lines as CSV: numbers and reasons, never what stood in them."""
    job = _load(request, pk)
    file_name = f"{request.tenant.slug}-refused-{job.created_at:%Y-%m-%d}.csv"
    return StreamingHttpResponse(_refused_csv(job), content_type="text/csv; charset=utf-8", headers=_as_file(file_name))


def _uploaded(request: TenantRequest) -> UploadForm:
    too_large = int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    return UploadForm(request.POST, request.FILES, too_large=TOO_LARGE if too_large else "")


def _load(request: TenantRequest, pk: uuid.UUID) -> TokenImport:
    return tenant_row(request, TokenImport.objects.select_related("user"), pk)


def _json_lines(tenant: Tenant) -> Iterator[str]:
    for row in export_tenant(tenant):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _refused_csv(job: TokenImport) -> Iterator[str]:
    yield "\ufeff"  # by which a spreadsheet knows that it is UTF-8
    yield _csv_row("line", "reason")
    for line in refused_lines(job):
        yield _csv_row(line.number, line.sentence)


def _csv_row(*values: object) -> str:
    target = io.StringIO()
    csv.writer(target).writerow(values)
    return target.getvalue()


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"}


def _obstacle(job: TokenImport) -> str:
    """What keeps workers from going on; empty where nothing does."""
    apps = apps_for(job.tenant, flavours_in(job.columns))
    if not apps:
        return "not_set_up"
    return "brake" if any(holding(app.pk) for app in apps.values()) else ""
