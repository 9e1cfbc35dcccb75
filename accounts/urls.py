from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import TemplateView

from accounts.views import invitation, landing, mail_choices, own_account, team, workspaces

TEAM = "w/<slug:slug>/team/"

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("accounts/data/", own_account.account_data, name="account_data"),
    path("accounts/language/", own_account.account_language, name="account_language"),
    path("accounts/delete/", own_account.account_delete, name="account_delete"),
    path("accounts/deleted/", own_account.account_deleted, name="account_deleted"),
    path("workspaces/new/", workspaces.new_workspace, name="new_workspace"),
    path("w/<slug:slug>/settings/", workspaces.workspace_settings, name="workspace_settings"),
    path("w/<slug:slug>/settings/notifications/", mail_choices.notifications, name="notifications"),
    path("w/<slug:slug>/settings/delete/", workspaces.delete_workspace, name="delete_workspace"),
    path("w/<slug:slug>/team/leave/", workspaces.leave_workspace, name="leave_workspace"),
    path("w/<slug:slug>/deleted/", workspaces.workspace_deleted, name="workspace_deleted"),
    path("w/<slug:slug>/undo-delete/", workspaces.undo_delete, name="undo_delete"),
    path(TEAM, team.team, name="team"),
    path(f"{TEAM}invite/", team.invite_member, name="invite_member"),
    path(f"{TEAM}members/<int:member>/role/", team.change_role, name="change_role"),
    path(f"{TEAM}members/<int:member>/remove/", team.remove_member, name="remove_member"),
    path(f"{TEAM}invitations/<uuid:pk>/send/", team.send_invitation_again, name="send_invitation_again"),
    path(f"{TEAM}invitations/<uuid:pk>/withdraw/", team.withdraw_invitation, name="withdraw_invitation"),
    path("invitation/", invitation.kept_invitation, name="kept_invitation"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
    *(
        path(
            f"{page}/",
            login_not_required(TemplateView.as_view(template_name=f"accounts/{name}.html")),
            name=name,
        )
        for page, name in [("privacy", "privacy"), ("terms", "terms"), ("data-deletion", "data_deletion")]
    ),
]
