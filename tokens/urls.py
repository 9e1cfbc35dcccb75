from django.urls import path

from tokens.views import callback, link, workspace

CONNECTION = "w/<slug:slug>/connections/<uuid:pk>/"

urlpatterns = [
    path("w/<slug:slug>/", workspace.workspace, name="workspace"),
    path("w/<slug:slug>/connect/<slug:flavour>/", workspace.connect, name="connect"),
    path(CONNECTION, workspace.connection, name="connection"),
    path(f"{CONNECTION}reconnect/", workspace.reconnect, name="reconnect"),
    path(f"{CONNECTION}refresh/", workspace.refresh_now, name="refresh_now"),
    path(f"{CONNECTION}check/", workspace.check_now, name="check_now"),
    path(f"{CONNECTION}link/", workspace.send_link, name="send_link"),
    path(f"{CONNECTION}disconnect/", workspace.disconnect, name="disconnect"),
    path(f"{CONNECTION}contact/", workspace.set_contact, name="set_contact"),
    path("oauth/callback/instagram/", callback.instagram_callback, name="instagram_callback"),
    path("connect/outcome/<uuid:pk>/", callback.connect_result, name="connect_result"),
    path("connect/outcome/<uuid:pk>/finish/", callback.finish_connecting, name="finish_connecting"),
    path("connect/outcome/<uuid:pk>/again/", callback.try_again, name="connect_again"),
    path("link/<str:token>/", link.link, name="link"),
    path("link/<str:token>/new/", link.new_link, name="new_link"),
]
