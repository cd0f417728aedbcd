"""The city's plans beside what was counted: tasks, indicators, targets, measurements, reporting periods."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from people.models import Audience, Organisation, RoleKind, Tier


def private_storage() -> Storage:
    return storages["private"]


def evidence_path(measurement: Measurement, filename: str) -> str:
    return str(PurePath("evidence", str(measurement.indicator_id), PurePath(filename).name))


class PlanStatus(models.TextChoices):
    ACTIVE = "active", _("Đang thực hiện")
    HISTORICAL = "historical", _("Lưu lịch sử")
    SUPERSEDED = "superseded", _("Đã thay thế")


class Plan(models.Model):
    code = models.CharField(_("mã"), max_length=20, unique=True)
    symbol = models.CharField(_("số, ký hiệu"), max_length=60)
    title = models.TextField(_("trích yếu"))
    issued_on = models.DateField(_("ngày ban hành"), null=True, blank=True)
    issued_note = models.TextField(blank=True)
    standing_agency = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=20, choices=PlanStatus.choices)

    def __str__(self) -> str:
        return self.symbol


class PlanTask(models.Model):
    """A task of a plan, in the plan's own words. `deadline` is text: a quarter must not be forced into a date."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks")
    code = models.CharField(max_length=40, unique=True)
    order = models.PositiveSmallIntegerField()
    title = models.TextField()
    kind = models.CharField(max_length=40)
    lead = models.CharField(max_length=255)
    lead_agencies = models.ManyToManyField(Organisation, related_name="led_tasks", blank=True)
    coordinating = models.TextField(blank=True)
    coordinating_agencies = models.ManyToManyField(Organisation, related_name="coordinated_tasks", blank=True)
    deliverable = models.TextField(blank=True)
    deadline = models.CharField(max_length=120)
    # CORE: the platform delivers it. SUPPORT: a page or form serves it. TRACK-ONLY: only its state is followed.
    product_class = models.CharField(max_length=20)
    source = models.CharField(max_length=255)
    status = models.CharField(max_length=20, choices=PlanStatus.choices)

    class Meta:
        indexes = [models.Index(fields=["plan", "order"], name="plan_task_order")]

    def __str__(self) -> str:
        return self.code


class MeasuredBy(models.TextChoices):
    """The named functions of `plans.measures`; empty means entered by hand."""

    CLASSES = "classes_held", _("Đếm lớp đã tổ chức")
    PARTICIPATIONS = "participations", _("Đếm lượt tham gia")
    PARTICIPANTS = "participants", _("Đếm người tham gia")
    COMPLETIONS = "completions", _("Đếm lượt hoàn thành")
    COMPLETERS = "completers", _("Đếm người hoàn thành")
    CERTIFICATES = "certificates", _("Đếm giấy xác nhận")
    SCHOOL_LEVELS = "school_levels", _("Đếm trường có lớp được giao bài")


class Indicator(models.Model):
    """How something is counted, with its unit and the words that define it.

    `filters` narrows a counted indicator: {"audience": [...], "kind": [...]}.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.TextField()
    unit = models.CharField(max_length=60)
    measured_by = models.CharField(max_length=30, choices=MeasuredBy.choices, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    definition = models.TextField(blank=True)
    yes_or_no = models.BooleanField(default=False)
    lead = models.CharField(max_length=120, blank=True)
    lead_agencies = models.ManyToManyField(Organisation, related_name="led_indicators", blank=True)
    # An indicator of our own, without a target, is shown beside this plan ("Số do nền tảng đếm").
    shown_in = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, related_name="own_indicators")

    def __str__(self) -> str:
        return self.code


class Operator(models.TextChoices):
    AT_LEAST = ">=", _("ít nhất")
    MORE_THAN = ">", _("hơn")
    EQUAL = "=", _("bằng")
    ABOUT = "~", _("khoảng")
    BETWEEN = "between", _("từ … đến …")
    GROWTH = "yoy>=", _("tăng ít nhất mỗi năm")
    COUNT = "count", _("chỉ theo dõi")
    YES = "bool", _("đạt hay chưa")
    INCREASE = "increase", _("tăng")


class Target(models.Model):
    """What the plan says, operator kept: "khoảng 10" is about ten, and nine is not a failure.

    `tolerance` (a share, 0.1 = ±10 %) is the owner's reading of "khoảng"; the plan gives none.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets")
    task = models.ForeignKey(PlanTask, models.SET_NULL, null=True, blank=True, related_name="targets")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets")
    operator = models.CharField(max_length=10, choices=Operator.choices)
    value_min = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    value_max = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    tolerance = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    deadline = models.CharField(max_length=60)
    quote = models.TextField(blank=True)
    source = models.CharField(max_length=255)
    note = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=PlanStatus.choices)
    outside_seed = models.BooleanField(default=False, help_text="From later public sources, not from the plan's text.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "indicator", "deadline"], name="target_once"),
            models.CheckConstraint(
                name="target_between_has_both",
                condition=~Q(operator="between") | Q(value_min__isnull=False, value_max__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.indicator_id} {self.operator}"


class ReportingPeriod(models.Model):
    """A quarter of a plan. Both days of the window are inside it.

    The due date falls before the quarter ends (the 25th of its last month), so the window that is counted
    runs from the 15th to the 14th unless the owner edits it (Nghị định 09/2019/NĐ-CP, Điều 12).
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="periods")
    code = models.CharField(max_length=10, help_text="2026-Q4")
    name = models.CharField(max_length=60)
    starts_on = models.DateField()
    ends_on = models.DateField()
    cutoff_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # SHA-256 of the figures as they stood when the period was closed (plans.queries.figures_digest).
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="reporting_period_once"),
            models.CheckConstraint(name="reporting_period_order", condition=Q(ends_on__gt=models.F("starts_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.code}"


class Span(models.TextChoices):
    """Heads cannot be added up from quarter to quarter, so both are measured."""

    PERIOD = "period", _("Trong kỳ")
    TOTAL = "total", _("Lũy kế")


class Measurement(models.Model):
    """A value of an indicator in a period, counted by machine or entered by hand; the newest of its cell counts.

    Empty audience, tier and organisation mean all of them. An organisation's figure covers its sub-tree.
    What is entered by hand is the running total at the end of the period. `measured_at` is when the value was
    last found to hold; a changed value is a new row and the old one is `replaced`.
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="measurements")
    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="measurements")
    audience = models.CharField(max_length=20, choices=Audience.choices, blank=True)
    tier = models.CharField(max_length=20, choices=Tier.choices, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    span = models.CharField(max_length=10, choices=Span.choices, default=Span.TOTAL)
    value = models.DecimalField(max_digits=16, decimal_places=2)
    measured_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    evidence = models.TextField(blank=True)
    evidence_url = models.URLField(blank=True)
    evidence_file = models.FileField(upload_to=evidence_path, storage=private_storage, blank=True)
    replaced = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "indicator",
                "period",
                "audience",
                "tier",
                "span",
                Coalesce("organisation", 0),  # SQLite holds two NULLs to be different
                condition=Q(replaced=False),
                name="measurement_one_current",
            ),
            models.CheckConstraint(
                name="measurement_by_hand_has_evidence", condition=Q(entered_by__isnull=True) | ~Q(evidence="")
            ),
        ]
        indexes = [models.Index(fields=["period", "indicator"], name="measurement_period")]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.period_id} {self.value}"


def may_own(user: Any) -> bool:
    """Whether `user` owns the programme: enters figures, signs reports."""
    return bool(user.is_authenticated and user.roles.current().filter(kind=RoleKind.OWNER).exists())
