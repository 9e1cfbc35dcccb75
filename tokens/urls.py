from django.urls import path

from tokens.views import (
    callback,
    creators,
    history,
    link,
    mails,
    meta_app,
    meta_callbacks,
    moving,
    paste,
    permissions,
    recovery,
    workspace,
)

CONNECTION = "w/<slug:slug>/connections/<uuid:pk>/"
IMPORT = "w/<slug:slug>/settings/import/"
META_APP = "w/<slug:slug>/settings/meta-app/"
MAILS = "w/<slug:slug>/settings/mails/"

urlpatterns = [
    path("w/<slug:slug>/", workspace.workspace, name="workspace"),
    # Before the flavours: it is none of them.
    path("w/<slug:slug>/connect/paste/", paste.paste_token, name="paste_token"),
    path("w/<slug:slug>/connect/system_user/", paste.add_system_user, name="add_system_user"),
    path("w/<slug:slug>/connect/<slug:flavour>/", workspace.connect, name="connect"),
    path(CONNECTION, workspace.connection, name="connection"),
    path(f"{CONNECTION}reconnect/", workspace.reconnect, name="reconnect"),
    path(f"{CONNECTION}refresh/", workspace.refresh_now, name="refresh_now"),
    path(f"{CONNECTION}check/", workspace.check_now, name="check_now"),
    path(f"{CONNECTION}link/", workspace.send_link, name="send_link"),
    path(f"{CONNECTION}disconnect/", workspace.disconnect, name="disconnect"),
    path(f"{CONNECTION}contact/", workspace.set_contact, name="set_contact"),
    path("w/<slug:slug>/recovery/", recovery.recovery, name="recovery"),
    path("w/<slug:slug>/history/", history.workspace_history, name="workspace_history"),
    path("w/<slug:slug>/creators/", creators.creators, name="creators"),
    path("w/<slug:slug>/creators/invite/", creators.invite_creator, name="invite_creator"),
    path("w/<slug:slug>/creators/invite-many/", creators.invite_creators, name="invite_creators"),
    path("w/<slug:slug>/creators/<uuid:pk>/again/", creators.invite_again, name="invite_creator_again"),
    path("w/<slug:slug>/creators/<uuid:pk>/withdraw/", creators.withdraw_invitation, name="withdraw_creator"),
    path(META_APP, meta_app.meta_app, name="meta_app"),
    path(f"{META_APP}test/", meta_app.test_meta_app, name="test_meta_app"),
    path(f"{META_APP}stop/", meta_app.stop_meta_app, name="stop_meta_app"),
    path(MAILS, mails.mails, name="mails"),
    path(f"{MAILS}<uuid:pk>/again/", mails.address_again, name="address_again"),
    path("w/<slug:slug>/settings/permissions/", permissions.permissions, name="permissions"),
    path("w/<slug:slug>/settings/export/", moving.export_workspace, name="export_workspace"),
    path(IMPORT, moving.imports, name="imports"),
    path(f"{IMPORT}<uuid:pk>/", moving.import_job, name="import_job"),
    path(f"{IMPORT}<uuid:pk>/confirm/", moving.confirm_import, name="confirm_import"),
    path(f"{IMPORT}<uuid:pk>/cancel/", moving.cancel_import, name="cancel_import"),
    path(f"{IMPORT}<uuid:pk>/refused.csv", moving.import_refused, name="import_refused"),
    path(
        "oauth/callback/instagram/",
        callback.oauth_callback,
        {"flavour": "instagram_login"},
        name="instagram_callback",
    ),
    path("oauth/callback/facebook/", callback.oauth_callback, {"flavour": "facebook_login"}, name="facebook_callback"),
    path("connect/outcome/<uuid:pk>/", callback.connect_result, name="connect_result"),
    path("connect/outcome/<uuid:pk>/stopped/", callback.connect_stopped, name="connect_stopped"),
    path("connect/outcome/<uuid:pk>/finish/", callback.finish_connecting, name="finish_connecting"),
    path("connect/outcome/<uuid:pk>/again/", callback.try_again, name="connect_again"),
    path("meta/deauthorize/", meta_callbacks.deauthorize, name="meta_deauthorize"),
    path("meta/data-deletion/", meta_callbacks.data_deletion, name="meta_data_deletion"),
    path("meta/data-deletion/<slug:code>/", meta_callbacks.deletion_status, name="deletion_status"),
    path("meta/<uuid:meta_app>/deauthorize/", meta_callbacks.deauthorize, name="own_deauthorize"),
    path("meta/<uuid:meta_app>/data-deletion/", meta_callbacks.data_deletion, name="own_data_deletion"),
    path("link/<str:token>/", link.link, name="link"),
    path("link/<str:token>/new/", link.new_link, name="new_link"),
]
