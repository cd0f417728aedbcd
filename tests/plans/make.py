"""Rows the machine can count, and targets, in one line each."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from certificates.models import Certificate
from classes.models import Assignment, ClassMember, TrainingClass
from courses.actions import pin_outline
from courses.models import Completion, CoursePage, Enrolment
from people.models import Organisation, User
from plans.models import Indicator, Plan, PlanTask, Target

OWN = [
    ("HA-LOP", "Lớp", "lớp", "classes_held"),
    ("HA-LUOT", "Lượt tham gia", "lượt", "participations"),
    ("HA-NGUOI", "Người tham gia", "người", "participants"),
    ("HA-HT", "Lượt hoàn thành", "lượt", "completions"),
    ("HA-NGUOIHT", "Người hoàn thành", "người", "completers"),
    ("HA-GIAY", "Giấy xác nhận", "giấy", "certificates"),
]


def target(
    plan: Plan, code: str, operator: str, low: str | None, *, high: str | None = None, unit: str, measured_by: str = "",
    filters: dict[str, Any] | None = None, task: str = "4738-9.3", deadline: str = "2026-Q4",
) -> Target:  # fmt: skip
    indicator = Indicator.objects.create(
        code=code, name=f"Chỉ tiêu {code}", unit=unit, measured_by=measured_by, filters=filters or {},
        definition="Đếm lớp đã kết thúc." if measured_by else "", yes_or_no=operator == "bool", lead="SNV",
    )  # fmt: skip
    indicator.lead_agencies.set(Organisation.objects.filter(code="SNV"))
    return Target.objects.create(
        plan=plan, task=PlanTask.objects.filter(code=task).first(), indicator=indicator, operator=operator,
        value_min=Decimal(low) if low else None, value_max=Decimal(high) if high else None, deadline=deadline,
        quote="Tổ chức khoảng 10 lớp", source="000 §II.9b", status="active",
    )  # fmt: skip


def learners(count: int, audience: str = "cong_dan", prefix: str = "hv") -> list[User]:
    start = User.objects.count()
    return User.objects.bulk_create(
        User(username=f"{prefix}{start + place}", full_name=f"Học viên {place}", audience=audience) for place in range(count)
    )


def enrolment(
    learner: User, course: CoursePage, at: dt.datetime, *, done_at: dt.datetime | None = None, began: bool = True,
    organisation: Organisation | None = None, withdrawn_at: dt.datetime | None = None, source: str = "self", tier: str = "",
) -> Enrolment:  # fmt: skip
    number = Enrolment.objects.filter(learner=learner, course=course).count() + 1
    row = Enrolment.objects.create(
        learner=learner, course=course, outline=pin_outline(course=course, now=at), number=number, audience=learner.audience,
        tier=tier or course.tier, organisation=organisation, enrolled_at=at, completed_at=done_at, withdrawn_at=withdrawn_at,
        source=source,
    )  # fmt: skip
    if began:
        Completion.objects.create(enrolment=row, part=uuid.uuid4(), completed_at=at)
    return row


def certificate(enrolment: Enrolment, at: dt.datetime, *, revoked_at: dt.datetime | None = None) -> Certificate:
    return Certificate.objects.create(
        code=uuid.uuid4().hex, enrolment=enrolment, full_name="Nguyễn Thị An", course_code="X", course_title="X",
        audience=enrolment.audience, tier=enrolment.tier, minutes=60, completed_at=at, issued_at=at, title="t", issuer="i",
        statement="s", notice="n", revoked_at=revoked_at,
    )  # fmt: skip


def training_class(
    organisation: Organisation, course: CoursePage, teacher: User, ends_on: dt.date | None, *, kind: str = "training",
    member: User | None = None, cancelled_at: dt.datetime | None = None, starts_on: dt.date | None = None,
    assigned_at: dt.datetime | None = None,
) -> TrainingClass:  # fmt: skip
    begins = starts_on or (ends_on or dt.date(2026, 10, 20)) - dt.timedelta(days=10)
    noon = dt.datetime.combine(begins, dt.time(12), tzinfo=dt.UTC)
    made = TrainingClass.objects.create(
        name="Lớp", kind=kind, organisation=organisation, join_code=uuid.uuid4().hex[:10], starts_on=begins, ends_on=ends_on,
        created_at=noon, opened_at=noon, cancelled_at=cancelled_at,
    )  # fmt: skip
    if member:
        ClassMember.objects.create(
            training_class=made, learner=member, number=1, shown_as="Học viên", source="list", joined_at=noon
        )
    Assignment.objects.create(
        training_class=made, course=course, title="Khóa", due_at=noon, assigned_by=teacher, assigned_at=assigned_at or noon
    )
    return made
