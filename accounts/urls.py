from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import TemplateView

from accounts import views

urlpatterns = [
    path("", views.landing, name="landing"),
    *(
        path(
            f"{page}/",
            login_not_required(TemplateView.as_view(template_name=f"accounts/{name}.html")),
            name=name,
        )
        for page, name in [("privacy", "privacy"), ("terms", "terms"), ("data-deletion", "data_deletion")]
    ),
]
