"""Where somebody is signed in; what was done to her way into the account, and by whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models.core import Organisation, RoleKind, User


class AccountEventKind(models.TextChoices):
    SECOND_FACTOR_RESET = "second_factor_reset", _("Đặt lại xác thực hai bước")


class AccountEventQuerySet(models.QuerySet["AccountEvent"]):
    def untold(self) -> AccountEventQuerySet:
        """Those about which a letter is owed: nobody is written to without a proven address."""
        return self.filter(told_at__isnull=True).exclude(user__email="").filter(user__is_active=True)


class AccountEvent(models.Model):
    """Kept for good. `by` empty is the command line."""

    kind = models.CharField(max_length=40, choices=AccountEventKind.choices)
    user = models.ForeignKey(User, models.CASCADE, related_name="account_events")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    objects = AccountEventQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="account_event_has_a_reason", condition=~Q(reason=""))]
        indexes = [models.Index(fields=["user", "-at"], name="account_event_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"


class SignIn(models.Model):
    """A session as its owner knows it: on which device, since when, last used. No network address is kept.

    `seen_at` is good to the hour: it is written once an hour, so that ordinary pages cost nothing.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.browser}/{self.system}"


class RoleRequestQuerySet(models.QuerySet["RoleRequest"]):
    def pending(self) -> RoleRequestQuerySet:
        return self.filter(decided_at__isnull=True)


class RoleRequest(models.Model):
    """A role so heavy that a second person must agree. Decided once, kept for good."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_requests")
    kind = models.CharField(max_length=20, choices=RoleKind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    agreed = models.BooleanField(null=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "organisation"], condition=Q(decided_at__isnull=True), name="role_asked_for_once"
            ),
            models.CheckConstraint(
                name="role_request_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("asked_by")) & ~Q(decided_by=models.F("user")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} @ {self.organisation_id}"
