"""What people ask about their data and what came of it: requests, erasures done, files still to be removed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from people.models.core import Membership, Organisation, RoleKind, User


class RequestKind(models.TextChoices):
    """What the law lets everybody ask (Luật 91/2025/QH15, Điều 4)."""

    SEE = "see", _("Cho tôi xem dữ liệu về tôi")
    CORRECT = "correct", _("Sửa dữ liệu sai về tôi")
    EXPORT = "export", _("Gửi tôi một bản sao")
    RESTRICT = "restrict", _("Hạn chế dùng dữ liệu của tôi")
    WITHDRAW = "withdraw", _("Rút sự đồng ý của tôi")
    ERASE = "erase", _("Xóa tài khoản và dữ liệu của tôi")


class RequestState(models.TextChoices):
    FILED = "filed", _("Đã gửi")
    ACKNOWLEDGED = "acknowledged", _("Đã nhận, đang giải quyết")
    # For an erasure: its letter goes out first, because afterwards there is no address.
    ACCEPTED = "accepted", _("Đã chấp nhận, sắp xóa")
    DONE = "done", _("Đã xong")
    REFUSED = "refused", _("Không thực hiện được")
    CANCELLED = "cancelled", _("Bạn đã rút yêu cầu")


OPEN_STATES = [RequestState.FILED, RequestState.ACKNOWLEDGED, RequestState.ACCEPTED]
HANDLING = [RoleKind.OWNER, RoleKind.SUPPORT]


def people_handled_by(user: Any) -> models.QuerySet[User]:
    """Whose requests `user` answers as owner or support: members below him and, from the top of the tree, everybody."""
    if not user.is_authenticated:
        return User.objects.none()
    if user.is_superuser:
        return User.objects.all()
    roots = list(Organisation.objects.held_by(user, HANDLING))
    if any(root.depth == 1 for root in roots):
        return User.objects.all()
    members = Membership.objects.current().filter(organisation__in=Organisation.objects.below(roots))
    return User.objects.filter(pk__in=members.values("user_id"))


class RequestQuerySet(models.QuerySet["DataRequest"]):
    def open(self) -> RequestQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def to_handle(self, user: Any) -> RequestQuerySet:
        """The one gate of the queue."""
        return self.filter(person__in=people_handled_by(user))

    def most_urgent_first(self) -> RequestQuerySet:
        """By the next moment the law names, so that what is overdue stands on top."""
        waiting = When(acknowledged_at__isnull=True, then=F("acknowledge_by"))
        return self.annotate(next_at=Case(waiting, default=F("due_at"))).order_by("next_at", "filed_at")


class DataRequest(models.Model):
    """What somebody asks about her data, with the clocks of the law fixed when she sent it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="data_requests")
    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    words = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=RequestState.choices, default=RequestState.FILED)
    filed_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    handled_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(state__in=["filed", "acknowledged", "accepted"]),
                name="data_request_once_open",
            )
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="data_request_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def overdue(self, now: dt.datetime) -> bool:
        return self.is_open and (self.due_at < now or (self.acknowledged_at is None and self.acknowledge_by < now))


class StepKind(models.TextChoices):
    FILED = "filed", _("Yêu cầu được gửi")
    ACKNOWLEDGED = "acknowledged", _("Đã báo nhận")
    EXTENDED = "extended", _("Đã gia hạn")
    ACCEPTED = "accepted", _("Đã chấp nhận xóa")
    DONE = "done", _("Đã làm xong")
    REFUSED = "refused", _("Đã từ chối")
    CANCELLED = "cancelled", _("Người yêu cầu rút lại")


class DataRequestStep(models.Model):
    """One change of a request, and the letter about it: owed while `told_at` is empty and `try_after` is not."""

    request = models.ForeignKey(DataRequest, models.CASCADE, related_name="steps")
    what = models.CharField(max_length=20, choices=StepKind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    note = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["try_after"], condition=Q(told_at__isnull=True), name="request_letter_owed")]

    def __str__(self) -> str:
        return f"{self.what} {self.request_id}"


class Erasure(models.Model):
    """That an account was erased. Nothing in it says whose it was, so it may be kept outside the database for ever.

    `proof` is a digest of the random identifier the account had: after a restore it tells the person from a stranger who
    was given the same number since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.BigIntegerField(unique=True)
    proof = models.CharField(max_length=64)
    reason = models.TextField()
    erased_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Empty: the line in the ledger outside the database is owed.
    noted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account}"


class OwedRemoval(models.Model):
    """A stored file of somebody erased, to be removed; the row is gone when the file is."""

    model = models.CharField(max_length=80)
    row = models.CharField(max_length=40)
    field = models.CharField(max_length=80)
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "row", "field"], name="owed_removal_once")]

    def __str__(self) -> str:
        return self.name


class ReadingKind(models.TextChoices):
    UNIT = "unit", _("Danh sách người của một đơn vị")
    UNIT_FILE = "unit_file", _("Tải danh sách người của một đơn vị")
    CLASS = "class", _("Bảng của lớp")
    CLASS_FILE = "class_file", _("Tải bảng của lớp")
    SLIPS = "slips", _("Thẻ đăng nhập của lớp")
    PERSON = "person", _("Trang của riêng bạn")
    TERMS = "terms", _("Quy định riêng của bạn khi làm bài kiểm tra")
    VIEW_AS = "view_as", _("Xem trang như bạn thấy, không sửa được gì")


class Reading(models.Model):
    """That a member of staff read personal data: one row a request, with the list and how long it was.

    Who stood on the list follows from where it was: `organisation` with the memberships of that day, `group` (the
    identifier of a class, which lies above this app) with its members; `person` where it was one person's page.
    """

    reader = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=ReadingKind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    group = models.UUIDField(null=True)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    people = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "at"], name="reading_organisation"),
            models.Index(fields=["group", "at"], name="reading_group"),
            models.Index(fields=["person", "at"], name="reading_person"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} {self.kind}"
