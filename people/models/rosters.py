"""Lists of people as agencies and schools send them, and the accounts that were opened from them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models.core import Membership, Organisation, RoleKind, StaffCategory, User

# So long a list can be undone, and so long its rows are kept.
KEPT = dt.timedelta(days=7)


def private_storage() -> Storage:
    return storages["private"]


def roster_path(roster: RosterImport, name: str) -> str:
    return f"rosters/{roster.pk}"


class RosterKind(models.TextChoices):
    STAFF = "staff", _("Cán bộ, nhân viên")
    TEACHERS = "teachers", _("Giáo viên")
    PUPILS = "pupils", _("Học sinh")


class RosterState(models.TextChoices):
    RECEIVED = "received", _("Đang mở tệp")
    COLUMNS = "columns", _("Chờ bạn chọn cột")
    READING = "reading", _("Đang kiểm tra thử")
    CHECKED = "checked", _("Đã kiểm tra, chưa nhập")
    APPLYING = "applying", _("Đang nhập")
    APPLIED = "applied", _("Đã nhập")
    UNDOING = "undoing", _("Đang hoàn tác")
    UNDONE = "undone", _("Đã hoàn tác")
    REFUSED = "refused", _("Không nhận tệp")
    DROPPED = "dropped", _("Đã bỏ")


# In these states the platform owes work; in the others it waits for a person or nothing is left to do.
OWED = (RosterState.RECEIVED, RosterState.READING, RosterState.APPLYING, RosterState.UNDOING)


class RosterQuerySet(models.QuerySet["RosterImport"]):
    def owed(self) -> RosterQuerySet:
        return self.filter(state__in=OWED)

    def managed_by(self, user: Any) -> RosterQuerySet:
        """Lists of the organisations in which `user` is officer or owner now; an auditor only counts, a teacher never."""
        return self.filter(organisation__in=Organisation.objects.below(managed_roots(user)))


class RosterImport(models.Model):
    """One file for one organisation and what became of it. The row is the log: it stays when its rows are forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="rosters")
    kind = models.CharField(max_length=10, choices=RosterKind.choices)
    # For rows that name no group.
    category = models.CharField(max_length=20, choices=StaffCategory.choices, blank=True)
    # The file holds everybody of the units it names: who is missing in it has left.
    complete = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RosterState.choices, default=RosterState.RECEIVED)
    file = models.FileField(storage=private_storage, upload_to=roster_path, blank=True)
    file_name = models.CharField(max_length=120)
    file_kind = models.CharField(max_length=4)
    reason = models.CharField(max_length=20, blank=True)
    heading_row = models.PositiveIntegerField(default=0)
    headings = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    fields = models.JSONField(default=list)
    read_to = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    failures = models.PositiveSmallIntegerField(default=0)
    # A worker is at it until then; who was killed holds it no longer than this.
    busy_until = models.DateTimeField(null=True, blank=True)
    # Sent from the command line, which is bound by no scope; a sender who was deleted since is not the command line.
    by_shell = models.BooleanField(default=False)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    objects = RosterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-sent_at"], name="roster_by_organisation")]

    def __str__(self) -> str:
        return f"{self.file_name} @ {self.organisation_id}"

    @property
    def is_owed(self) -> bool:
        return self.state in OWED

    @property
    def percent(self) -> int:
        """How far the work is; while a file is read nobody knows how long it is."""
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def acting(self) -> int:
        """How many rows change something when the list is applied."""
        return sum(self.counts.get(status, 0) for status in ACTING)

    @property
    def undo_until(self) -> dt.datetime | None:
        return self.applied_at + KEPT if self.applied_at else None

    def may_be_undone(self, now: dt.datetime) -> bool:
        return self.state == RosterState.APPLIED and self.undo_until is not None and now < self.undo_until


class RowStatus(models.TextChoices):
    NEW = "new", _("Người mới")
    CHANGED = "changed", _("Cập nhật")
    SAME = "same", _("Không đổi")
    MOVED = "moved", _("Chuyển đến")
    LEFT = "left", _("Đã rời")
    AMBIGUOUS = "ambiguous", _("Cần bạn trả lời")
    SKIPPED = "skipped", _("Bỏ qua")
    WRONG = "wrong", _("Dòng lỗi")


# Rows that change something when the list is applied.
ACTING = (RowStatus.NEW, RowStatus.CHANGED, RowStatus.MOVED, RowStatus.LEFT)


class RosterRow(models.Model):
    """A line of the file. `number` is the one a spreadsheet shows; who has left stands in no line and has none.

    `before` is what was written and what stood there before, all that undoing needs.
    """

    roster = models.ForeignKey(RosterImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(null=True)
    values = models.JSONField(default=dict)
    over = models.CharField(max_length=20, blank=True)
    # What rows of one file are compared by.
    code = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=254, blank=True)
    name_key = models.CharField(max_length=140, blank=True)
    status = models.CharField(max_length=10, choices=RowStatus.choices, blank=True)
    # A guardian is asked by letter when the row is applied.
    asks = models.BooleanField(default=False)
    problems = models.JSONField(default=list)
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Memberships among which the importer has to choose, and her answer: one of them, "new" or "skip".
    candidates = models.JSONField(default=list)
    answer = models.CharField(max_length=20, blank=True)
    before = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_note = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["roster", "number"], name="roster_row_once")]
        indexes = [models.Index(fields=["roster", "status", "applied_at"], name="roster_row_work")]

    def __str__(self) -> str:
        return f"{self.roster_id} {self.number}"


class RosterHeading(models.Model):
    """What a heading means in the files of one organisation, as somebody there said once."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    heading = models.CharField(max_length=120)
    field = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "heading"], name="roster_heading_once")]

    def __str__(self) -> str:
        return f"{self.heading} → {self.field}"


class LegalBasis(models.TextChoices):
    """On what the keeping of a person's data rests when it is not her own consent (Luật 91/2025/QH15, Điều 19)."""

    DUTY = "duty", _("Nhiệm vụ của cơ quan nhà nước (Luật 91/2025/QH15, Điều 19)")
    SCHOOL = "school", _("Việc dạy học của nhà trường; cha mẹ đồng ý trên giấy do trường giữ, hoặc được hỏi bằng thư")


class Channel(models.TextChoices):
    LETTER = "letter", _("Thư điện tử")
    SLIP = "slip", _("Giấy")


class OpenedQuerySet(models.QuerySet["OpenedAccount"]):
    def waiting(self) -> OpenedQuerySet:
        return self.filter(activated_at__isnull=True, user__is_active=True)

    def managed_by(self, user: Any) -> OpenedQuerySet:
        """Of people who belong to what `user` manages now."""
        return self.below(managed_roots(user))

    def below(self, roots: list[Organisation]) -> OpenedQuerySet:
        here = Membership.objects.current().filter(organisation__in=Organisation.objects.below(roots))
        return self.filter(user_id__in=here.values("user_id"))


class OpenedAccount(models.Model):
    """An account that an organisation opened for a person, until and after she took it over.

    Nobody knows a password of it: she sets one with a code from a paper or with the link of a letter. Only the digest
    of the last code is kept, so a new one ends the old one.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="opened")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=10, choices=LegalBasis.choices)
    opened_at = models.DateTimeField()
    # The address typed into the list. It proves nothing until its owner opens the link sent to it.
    address = models.EmailField(blank=True)
    letter_owed = models.BooleanField(default=False)
    letter_sent_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    objects = OpenedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], condition=~Q(digest=""), name="opened_account_digest_unique")
        ]
        indexes = [models.Index(fields=["letter_owed"], name="opened_account_letters", condition=Q(letter_owed=True))]

    def __str__(self) -> str:
        return f"{self.user_id} by {self.organisation_id}"


def managed_roots(user: Any) -> list[Organisation]:
    """Where `user` is officer or owner now: whose lists she may import. One query, kept on the user object."""
    if not user.is_authenticated:
        return []
    if not hasattr(user, "_managed_roots"):
        user._managed_roots = list(Organisation.objects.held_by(user, [RoleKind.OFFICER, RoleKind.OWNER]).order_by("path"))
    return list(user._managed_roots)
