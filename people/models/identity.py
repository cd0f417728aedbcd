"""Where somebody is signed in; what was done to her way into the account, and by whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models.core import Organisation, RoleKind, User


class AccountEventKind(models.TextChoices):
    SECOND_FACTOR_RESET = "second_factor_reset", _("Đặt lại xác thực hai bước")
    IDENTITY_LINKED = "identity_linked", _("Nối một cách đăng nhập")
    IDENTITY_UNLINKED = "identity_unlinked", _("Gỡ một cách đăng nhập")
    MERGED = "merged", _("Gộp tài khoản")
    UNMERGED = "unmerged", _("Tách lại tài khoản đã gộp")


class AccountEventQuerySet(models.QuerySet["AccountEvent"]):
    def untold(self) -> AccountEventQuerySet:
        """Those about which a letter is owed: nobody is written to without a proven address. A closed account is told that it
        was merged: it may be somebody else's."""
        merged = Q(kind=AccountEventKind.MERGED)
        return self.filter(told_at__isnull=True).exclude(user__email="").filter(merged | Q(user__is_active=True))


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


class PersonalIdKey(models.Model):
    """By which accounts of one person find each other: a keyed digest of her personal ID number (people/personal_id.py).

    `proven`: she came with it from a national sign-in. Otherwise an organisation wrote it of her, which opens nothing
    that somebody has taken over already.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="personal_id_keys")
    digest = models.CharField(max_length=64)
    proven = models.BooleanField(default=False)
    noted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="personal_id_key_once"),
            models.UniqueConstraint(fields=["digest"], condition=Q(proven=True), name="personal_id_key_proven_by_one"),
        ]
        indexes = [models.Index(fields=["digest"], name="personal_id_key_digest")]

    def __str__(self) -> str:
        return f"{self.user_id}"


class MergeQuerySet(models.QuerySet["AccountMerge"]):
    def standing(self) -> MergeQuerySet:
        return self.filter(undone_at__isnull=True)


class AccountMerge(models.Model):
    """`closed` was a second account of the person whose account is `kept`. What moved stands in `journal` until it is final.

    `journal`: rows as [model, key, {column: [before, after]}], in the order in which they were changed. `counts`: model → how
    many rows moved. `reason` is read by the person. `by` empty is the command line.
    """

    kept = models.ForeignKey(User, models.CASCADE, related_name="merges")
    closed = models.ForeignKey(User, models.CASCADE, related_name="merged_into")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    counts = models.JSONField(default=dict)
    journal = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # From then on it cannot be undone: the journal is empty.
    final_at = models.DateTimeField(null=True, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["closed"], condition=Q(undone_at__isnull=True), name="account_merged_once"),
            models.CheckConstraint(name="account_merge_of_two", condition=~Q(kept=models.F("closed"))),
            models.CheckConstraint(name="account_merge_has_a_reason", condition=~Q(reason="")),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(final_at__isnull=True), name="account_merge_not_final")]

    def __str__(self) -> str:
        return f"{self.closed_id} → {self.kept_id}"
