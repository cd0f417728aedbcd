"""Asking a child's guardian, holding back a person's data, looking as another: what limits the use of data."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models.core import User
from people.models.privacy import DataRequest


class GuardianState(models.TextChoices):
    WAITING = "waiting", _("Đang chờ trả lời")
    AGREED = "agreed", _("Đã đồng ý")
    REFUSED = "refused", _("Không đồng ý")
    WITHDRAWN = "withdrawn", _("Đã rút đồng ý")


class GuardianLetter(models.TextChoices):
    ASK = "ask", _("Thư xin đồng ý")
    AGAIN = "again", _("Liên kết mới")
    ANSWERED = "answered", _("Xác nhận điều đã chọn")


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


class GuardianQuestionQuerySet(models.QuerySet["GuardianQuestion"]):
    def standing(self) -> GuardianQuestionQuerySet:
        """Answered, or still to be answered: an unanswered question whose address is gone is over."""
        return self.exclude(state=GuardianState.WAITING, address="")


class GuardianQuestion(models.Model):
    """A guardian who is asked by letter. The address goes as soon as it is of no more use (people.actions.guardians.forget)."""

    child = models.ForeignKey(User, models.CASCADE, related_name="guardian_questions")
    address = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=GuardianState.choices, default=GuardianState.WAITING)
    # The child herself at sign-up, or who works at her school.
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    # The account rests on this answer alone and stays shut without it; a school's does not.
    holds_account = models.BooleanField(default=False)
    # Stands in the link; a new one at each answer, so that a link works once.
    nonce = models.CharField(max_length=32, default=new_nonce)
    # The letter that is owed while `try_after` is set.
    letter = models.CharField(max_length=10, choices=GuardianLetter.choices, default=GuardianLetter.ASK)
    try_after = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = GuardianQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "address"], condition=~Q(address=""), name="guardian_asked_once"),
        ]
        indexes = [models.Index(fields=["try_after"], condition=Q(try_after__isnull=False), name="guardian_letter_owed")]

    def __str__(self) -> str:
        return f"{self.state} {self.child_id}"


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def current(self) -> RestrictionQuerySet:
        return self.filter(until__isnull=True)


class Restriction(models.Model):
    """From `since` until `until` a person's data is kept and used for nothing but her own learning."""

    person = models.ForeignKey(User, models.CASCADE, related_name="restrictions")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    request = models.ForeignKey(DataRequest, models.SET_NULL, null=True, related_name="+")

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(until__isnull=True), name="restriction_once_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} since {self.since:%Y-%m-%d}"


class UnusedAccount(models.Model):
    """Nobody signed in for long: told by letter, erased at `erase_at` unless somebody signs in."""

    person = models.OneToOneField(User, models.CASCADE, related_name="unused")
    noticed_at = models.DateTimeField()
    erase_at = models.DateTimeField()
    try_after = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} until {self.erase_at:%Y-%m-%d}"


class ImpersonationQuerySet(models.QuerySet["Impersonation"]):
    def live(self, now: dt.datetime) -> ImpersonationQuerySet:
        return self.filter(ended_at__isnull=True, until__gt=now)


class Impersonation(models.Model):
    """Somebody of staff looked at the site as a learner sees it: why, from when, at the longest until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    viewer = models.ForeignKey(User, models.PROTECT, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    # The class as whose teacher she looks (it lies above this app); empty: as owner or support.
    group = models.UUIDField(null=True)
    reason = models.TextField()
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ImpersonationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["viewer"], condition=Q(ended_at__isnull=True), name="impersonation_once_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.viewer_id} as {self.person_id}"


def restricted_people() -> Any:
    """The keys of those whose data is held back now, as a sub-query."""
    return Restriction.objects.current().values("person_id")
