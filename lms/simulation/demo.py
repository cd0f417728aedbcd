"""The demo city: four people with a log-in each, a class of forty-five, and a city around them."""

from __future__ import annotations

import datetime as dt
import random
import secrets
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from certificates.actions import issue_owed
from classes.actions import (
    add_learners,
    add_session,
    assign,
    change_rules,
    count_agencies,
    create_class,
    mark,
    mark_rest_absent,
    nominate,
    require_course,
)
from classes.models import ClassKind, ClassMember, TrainingClass
from classes.queries import roster_plan, staff_of
from courses.models import CoursePage
from courses.queries import course_outline
from lms.simulation.city import FAMILY, GIVEN, MIDDLE, Simulation, Size, ensure_places
from lms.simulation.play import PATTERNS, play
from people.actions.accounts import ensure_groups, grant_role
from people.models import Audience, Membership, Organisation, RoleKind, StaffCategory, User
from people.text import fold
from plans.actions import ensure_periods, enter_measurement, measure, reporting_year
from plans.models import Indicator, Plan, PlanStatus, ReportingPeriod

SEED = 4738


@dataclass(frozen=True, kw_only=True)
class Login:
    username: str
    who: str
    opens: str


LOGINS = (
    Login(username="an", who="An, học viên", opens="/learn/"),
    Login(username="binh", who="Bình, giáo viên THPT Hoa Xoan", opens="/classes/"),
    Login(username="ha", who="Hà, báo cáo viên lớp bồi dưỡng của Sở Nội vụ", opens="/classes/"),
    Login(username="chi", who="Chi, Sở Nội vụ, theo dõi toàn Thành phố", opens="/agencies/"),
    Login(username="giang", who="Giang, cán bộ phường Hoa Sen", opens="/agencies/"),
    Login(username="dung", who="Dũng, chủ trì chương trình", opens="/plans/4738/"),
    Login(username="em", who="Em, biên tập viên", opens="/cms/"),
)


def password_file() -> Path:
    return Path(settings.VAR_DIR) / "demo-password"


def demo_password() -> str:
    """One pass phrase for this installation's demo people, made once and kept beside the database."""
    path = password_file()
    if not path.exists():
        words = ["sen", "mai", "cau", "tre", "lua", "dua", "man", "oi", "xoai", "khe"]
        phrase = "-".join([*(secrets.choice(words) for _place in range(3)), str(secrets.randbelow(900) + 100)])
        path.write_text(phrase, encoding="utf-8")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()


def is_made() -> bool:
    return User.objects.filter(is_demo=True).exists()


@transaction.atomic
def make_demo(*, learners: int, now: dt.datetime) -> None:
    """The curriculum, the tree and the plans must be loaded. Made already: only the passwords are set again."""
    if is_made():
        for user in User.objects.filter(is_demo=True):
            user.set_password(demo_password())
            user.is_active = True
            user.save(update_fields=["password", "is_active"])
        return
    places = ensure_places(wards=12, schools=6, today=timezone.localdate(now))
    cast = _cast(now, places.units[0], places.schools[0])
    Simulation(size=Size(learners=learners, classes=12, days=240, seed=SEED), now=now, say=lambda _text: None).run()
    _an(cast["an"], now)
    _class_10a1(cast["binh"], places.schools[0], now)
    _training_class(cast["ha"], cast["chi"], now)
    _requirements(cast["chi"], now)
    _plan(cast["dung"], now)
    issue_owed(now=now, limit=10_000)
    count_agencies(now=now)


def remove_demo() -> int:
    """Nobody of the demo can sign in any more; what they did stays, because records are never deleted."""
    password_file().unlink(missing_ok=True)
    return User.objects.filter(is_demo=True).update(is_active=False, password="!removed")  # noqa: S106


def _cast(now: dt.datetime, ward: Organisation, school: Organisation) -> dict[str, User]:
    city = Organisation.objects.get(code="UBND-TP")
    home_affairs = Organisation.objects.get(code="SNV")
    science = Organisation.objects.get(code="SKHCN")
    ensure_groups()
    people: dict[str, tuple[str, int, str, Organisation | None, str, str | None, Organisation | None]] = {
        "an": ("Nguyễn Thị An", 1956, Audience.PUBLIC, None, "", None, None),
        "binh": ("Trần Thị Bình", 1988, Audience.TEACHER, school, StaffCategory.PUBLIC_EMPLOYEE, RoleKind.TEACHER, school),
        "ha": ("Bùi Thu Hà", 1980, Audience.STAFF, home_affairs, StaffCategory.PUBLIC_EMPLOYEE, RoleKind.TEACHER, home_affairs),
        "chi": ("Lê Thị Kim Chi", 1983, Audience.STAFF, home_affairs, StaffCategory.CIVIL_SERVANT, RoleKind.OFFICER, city),
        "giang": ("Võ Hương Giang", 1991, Audience.STAFF, ward, StaffCategory.CIVIL_SERVANT, RoleKind.OFFICER, ward),
        "dung": ("Phạm Quốc Dũng", 1975, Audience.STAFF, science, StaffCategory.CIVIL_SERVANT, RoleKind.OWNER, city),
        "em": ("Đặng Ngọc Em", 1994, Audience.STAFF, science, StaffCategory.PUBLIC_EMPLOYEE, RoleKind.EDITOR, city),
    }
    made = {}
    for username, (name, born, audience, place, category, role, where) in people.items():
        user = User.objects.create_user(
            username=username, password=demo_password(), full_name=name, name_folded=fold(name), birth_year=born,
            audience=audience, is_demo=True,
        )  # fmt: skip
        if place:
            Membership.objects.create(user=user, organisation=place, category=category, since=dt.date(2025, 7, 1))
        if role and where:
            grant_role(user=user, kind=role, organisation=where, by=None, now=now)
        made[username] = user
    return made


def _an(an: User, now: dt.datetime) -> None:
    course = CoursePage.objects.live().filter(code="CD-1").first()
    if course:
        nearly = next(one for one in PATTERNS if one.name == "nearly there")
        play(learner=an, course=course, pattern=nearly, start=now - dt.timedelta(days=6), seed=1)


def _class_10a1(binh: User, school: Organisation, now: dt.datetime) -> None:
    """Forty-five pupils by a pasted list, three lessons given with due dates, everybody at her own pace."""
    rng = random.Random(SEED)  # noqa: S311
    begun = now - dt.timedelta(days=12)
    klass = create_class(
        key=uuid.uuid5(uuid.NAMESPACE_URL, "demo/10A1"), teacher=binh, name="10A1", kind=ClassKind.SCHOOL, organisation=school,
        starts_on=begun.date(), ends_on=None, now=begun,
    )  # fmt: skip
    names = "\n".join(f"{FAMILY[n % len(FAMILY)]} {rng.choice(MIDDLE)} {GIVEN[n % len(GIVEN)]}" for n in range(45))
    plan = roster_plan(training_class=klass, text=names, keep_namesakes=False)
    add_learners(training_class=klass, text=names, start=plan.start, now=begun, birth_year=2010)
    course = CoursePage.objects.live().filter(code="HS-1").first()
    if course is None:
        return
    for place, part in enumerate(course_outline(course).parts[:4]):
        due = timezone.localtime(begun + dt.timedelta(days=4 * (place + 1))).replace(hour=23, minute=59, second=0, microsecond=0)
        assign(training_class=klass, teacher=binh, course=course, part=part.key, due_at=due, now=begun)
    _pupils_learn(klass, course, school, begun, rng)


def _pupils_learn(klass: TrainingClass, course: CoursePage, school: Organisation, begun: dt.datetime, rng: random.Random) -> None:
    ways = [one for one in PATTERNS for _times in range(one.weight)]
    for member in klass.members.select_related("learner").order_by("number"):
        if rng.random() < 0.06:
            continue  # has not opened anything yet
        play(
            learner=member.learner, course=course, pattern=rng.choice(ways), start=begun + dt.timedelta(days=1),
            seed=rng.getrandbits(30), organisation=school, source="class",
        )  # fmt: skip


def _training_class(ha: User, chi: User, now: dt.datetime) -> None:
    """Thirty places for staff sent by their agencies, two sessions held, the third in two days; two more people wait."""
    held_by = Organisation.objects.get(code="SNV")
    begun = now - dt.timedelta(days=24)
    klass = create_class(
        key=uuid.uuid5(uuid.NAMESPACE_URL, "demo/BD-01"), teacher=ha, name="Dùng AI trong công việc, khóa 1", code="BD-01",
        kind=ClassKind.TRAINING, organisation=held_by, starts_on=timezone.localdate(begun),
        ends_on=timezone.localdate(now + dt.timedelta(days=9)), now=begun,
    )  # fmt: skip
    change_rules(training_class=klass, capacity=30, by_nomination=True, attendance_needed=2, by=ha, now=begun)
    topics = ("AI làm được gì, chưa làm được gì", "Viết câu lệnh cho việc văn phòng", "Kiểm lại kết quả, giữ bí mật công vụ")
    sessions = []
    for place, days in enumerate((-14, -7, 2)):
        starts = timezone.localtime(now + dt.timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        sessions.append(
            add_session(
                key=uuid.uuid5(klass.pk, topics[place]), training_class=klass, starts_at=starts,
                ends_at=starts + dt.timedelta(hours=3), place="Phòng họp số 2, Sở Nội vụ", link="", trainer=ha,
                topic=topics[place],
            )  # fmt: skip
        )
    taken = ClassMember.objects.current().values("learner_id")
    free = staff_of(chi).filter(is_demo=False).exclude(pk__in=taken).order_by("pk")
    nominate(training_class=klass, people=list(free[:32]), officer=chi, now=begun + dt.timedelta(days=2))
    course = CoursePage.objects.live().filter(code="CB-1").first()
    if course:
        assign(training_class=klass, teacher=ha, course=course, part=None, due_at=now + dt.timedelta(days=9), now=begun)
    rng = random.Random(SEED + 1)  # noqa: S311
    for session in sessions[:2]:
        numbers = klass.members.current().values_list("number", flat=True)
        came = {number: "present" if rng.random() < 0.85 else "late" for number in numbers if rng.random() < 0.93}
        mark(session=session, marks=came, by=ha, now=session.ends_at)
        mark_rest_absent(session=session, by=ha, now=session.ends_at)


def _requirements(chi: User, now: dt.datetime) -> None:
    course = CoursePage.objects.live().filter(code="CB-1").first()
    if course:
        due = timezone.localtime(now + dt.timedelta(days=9)).replace(hour=23, minute=59, second=0, microsecond=0)
        city = Organisation.objects.get(code="UBND-TP")
        require_course(organisation=city, course=course, due_at=due, officer=chi, now=now - dt.timedelta(days=30))


def _plan(dung: User, now: dt.datetime) -> None:
    plan = Plan.objects.get(code="4738")
    today = timezone.localdate(now)
    ensure_periods(plan=plan, year=reporting_year(today))
    period = ReportingPeriod.objects.filter(plan=plan, starts_on__lte=today, ends_on__gte=today).first()
    if period:
        for code, value in (("TG-0403", 12), ("TG-0502", 2), ("TG-0101", 64)):
            enter_measurement(
                indicator=Indicator.objects.get(code=code), period=period, value=Decimal(value), by=dung, now=now,
                evidence="Số liệu giả định của thành phố mẫu.",
            )  # fmt: skip
    for active in Plan.objects.filter(status=PlanStatus.ACTIVE):
        measure(plan=active, now=now)
