"""Accepts an invitation: whoever is invited becomes a member, and their address counts as confirmed."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import events
from accounts.models import Invitation, Membership, User
from accounts.services import addressee, invitations
from accounts.services.addressee import Standing
from accounts.services.last_owner import lock_memberships
from accounts.services.lock_living import lock_living
from notifications.services import notify


class Closed(Exception):
    """The invitation does not open, or not any more."""


class NotTheirs(Exception):
    """Another account holds the address by now: the page has to be asked for anew."""


def accept_invitation(invitation: Invitation, *, user: User) -> Membership:
    """Makes the signed-in user a member.

    Raises:
        Closed: somebody else was faster, or it was withdrawn.
        NotTheirs: the address is not the user's.
    """
    try:
        with transaction.atomic():
            locked = _locked(invitation)
            if not addressee.is_of(locked.email, user):
                raise NotTheirs
            return _join(locked, user)
    except IntegrityError:  # the address was confirmed for another account in the same moment
        raise NotTheirs from None


def accept_with_password(invitation: Invitation, *, password: str) -> User:
    """Makes an account for the invited address, or hands them the one that nobody ever confirmed.

    A new password ends every session of such an account and every link that was mailed for the old one.

    Returns:
        Who can be signed in now.

    Raises:
        Closed: somebody else was faster, or it was withdrawn.
        NotTheirs: there is an account by now, which has to sign in.
    """
    # Takes its time on purpose: before the transaction, which nobody else can write beside on SQLite.
    hashed = make_password(password)
    try:
        with transaction.atomic():
            locked = _locked(invitation)
            standing, user = addressee.account_of(locked.email)
            if standing == Standing.KNOWN:
                raise NotTheirs
            if user is None:
                addressee.make_way(locked.email)
                user = User(email=locked.email)
            user.password = hashed
            user.save()
            _join(locked, user)
    except IntegrityError:  # somebody signed up with the address in the same moment
        raise NotTheirs from None
    return user


def _locked(invitation: Invitation) -> Invitation:
    """The row as it is now; of several who accept it at the same moment the first one wins."""
    # The workspace first, then the team, as everywhere: nobody waits for each other in a circle.
    if lock_living(invitation.tenant_id) is None:
        raise Closed
    lock_memberships(invitation.tenant_id)
    row = Invitation.objects.select_for_update().filter(pk=invitation.pk, token_hash=invitation.token_hash).first()
    if row is None or invitations.trouble(row):
        raise Closed
    return row


def _join(invitation: Invitation, user: User) -> Membership:
    now = timezone.now()
    addressee.prove(invitation.email, user)
    membership, is_new = Membership.objects.get_or_create(
        tenant_id=invitation.tenant_id, user=user, defaults={"role": invitation.role}
    )
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if is_new:
        _tell(invitation, membership)
    return membership


def _tell(invitation: Invitation, membership: Membership) -> None:
    user, inviter = membership.user, invitation.invited_by
    invited_as = "" if user.email == invitation.email else f" (invited as {invitation.email})"
    events.record(
        tenant=invitation.tenant_id,
        kind="member_joined",
        text=f"{user.email}{invited_as} joined the team as {membership.get_role_display().lower()}.",
        actor=user.email,
        detail={"role": membership.role, "invited_by": inviter.email if inviter else ""},
    )
    is_member = Membership.objects.filter(tenant_id=invitation.tenant_id, user=inviter, user__is_active=True)
    if inviter is not None and is_member.exists():
        notify(
            kind="member_joined",
            recipients=[inviter.email],
            tenant_id=invitation.tenant_id,
            subject_id=invitation.pk,
            dedupe_key=f"member_joined:{invitation.pk}",
        )
