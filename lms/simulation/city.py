"""A city of invented people: organisations, learners, classes, and what they have learnt in the last days."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models, transaction

from classes.codes import new_join_code
from classes.models import Assignment, ClassKind, ClassMember, ClassTeacher, MemberSource, TrainingClass
from classes.statements import assigned, was_assigned
from courses.models import CoursePage, Enrolment, EnrolmentSource
from lms.simulation.clone import Handout, Ids, Learner, Template, Writer, capture, clone, ready, ward_of
from lms.simulation.play import PATTERNS
from lrs.actions import record
from lrs.models import Statement
from lrs.statements import statement_id
from people.models import Audience, Membership, Organisation, Role, RoleKind, StaffCategory, User
from people.text import fold
from quizzes.models import Slot

FAMILY = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Đinh", "Mai", "Trương", "Lâm",
)  # fmt: skip
MIDDLE = (
    "Thị", "Văn", "Ngọc", "Minh", "Thanh", "Hữu", "Quốc", "Kim", "Gia", "Bảo", "Anh", "Đức", "Thùy", "Hoài", "Xuân",
    "Mỹ", "Tuấn", "Khánh", "Phương", "Hồng",
)  # fmt: skip
GIVEN = (
    "An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hiếu", "Hoa", "Hòa", "Hùng", "Hương", "Khang",
    "Khoa", "Lan", "Linh", "Long", "Mai", "Minh", "Nam", "Nga", "Ngân", "Nghĩa", "Nhung", "Oanh", "Phúc", "Phước",
    "Quân", "Quyên", "Sơn", "Tâm", "Thảo", "Thắng", "Thu", "Thủy", "Tiến", "Trang", "Trí", "Trinh", "Tú", "Tuyết",
    "Uyên", "Vân", "Vinh", "Vy", "Yến",
)  # fmt: skip
WARD_NAMES = (
    "Hoa Sen", "Bến Cỏ", "An Khúc", "Rạch Lau", "Cầu Mây", "Gò Trâm", "Vườn Nhãn", "Xóm Đò", "Tân Hòa Lau", "Bình Ngân",
    "Phú Thuận Mây", "Long Kiểng Sen",
)  # fmt: skip
CLASS_SIZE = 40
NO_PASSWORD = UNUSABLE_PASSWORD_PREFIX + "simulated"
STAFF = (
    StaffCategory.CIVIL_SERVANT, StaffCategory.PUBLIC_EMPLOYEE, StaffCategory.PUBLIC_EMPLOYEE, StaffCategory.WORKER,
)  # fmt: skip
# The two-tier local government began on this day.
SINCE = dt.date(2025, 7, 1)
SCHOOL_NAMES = ("Hoa Xoan", "Sông Dinh", "Trúc Lâm Xanh", "Bằng Lăng", "Mai Vàng", "Phượng Đỏ")


@dataclass(kw_only=True)
class Places:
    """Where people belong: units of staff, schools, and the wards by path."""

    units: list[Organisation] = field(default_factory=list)
    schools: list[Organisation] = field(default_factory=list)
    wards: dict[str, int] = field(default_factory=dict)


def ensure_places(*, wards: int, schools: int, today: dt.date) -> Places:
    """The demo city's wards (each with a health station) and schools, made where missing, below the city and its
    department of education. The names are invented; the real 168 units are loaded by the owner."""
    city = Organisation.objects.get(code="UBND-TP")
    office = Organisation.objects.get(code="SGDDT")
    places = Places()
    for number in range(1, wards + 1):
        name = WARD_NAMES[number - 1] if number <= len(WARD_NAMES) else f"Mẫu {number:03}"
        ward = _ensure(city, f"DEMO-P{number:03}", f"Ủy ban nhân dân phường {name}", f"Phường {name}", "ward")
        station = _ensure(ward, f"DEMO-P{number:03}-YT", f"Trạm y tế phường {name}", f"Trạm y tế {name}", "clinic")
        places.wards[ward.path] = ward.pk
        places.units += [ward, station]
    for number in range(1, schools + 1):
        name = SCHOOL_NAMES[number - 1] if number <= len(SCHOOL_NAMES) else f"Mẫu {number:03}"
        places.schools.append(_ensure(office, f"DEMO-T{number:03}", f"Trường THPT {name}", f"THPT {name}", "school"))
    places.units += list(Organisation.objects.filter(code__in=["SNV", "SKHCN", "STC", "SYT", "SXD"]).current(today))
    return places


def ensure_stations(places: Places, *, organisations: int) -> None:
    """Further public units below the wards, one each in turn, until so many organisations stand."""
    wards = list(Organisation.objects.filter(pk__in=places.wards.values()).order_by("path"))
    missing = organisations - Organisation.objects.count()
    for number in range(max(0, missing)):
        place, turn = wards[number % len(wards)], number // len(wards) + 1
        name = f"Đơn vị {turn} {place.short_name}"
        places.units.append(_ensure(place, f"{place.code}-DV{turn:03}", name, name, "unit"))


def _ensure(parent: Organisation, code: str, name: str, short_name: str, kind: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    # treebeard keeps the number of children on the object: read the parent again before adding under it
    return found or Organisation.objects.get(pk=parent.pk).add_child(code=code, name=name, short_name=short_name, kind=kind)


@dataclass(frozen=True, kw_only=True)
class Size:
    """`organisations`: so many stand at least. Without `statements` only those of the learners' own acts are left out."""

    learners: int
    classes: int
    days: int
    seed: int
    organisations: int = 0
    statements: bool = True


@dataclass(kw_only=True)
class Person:
    user: User
    place: Organisation | None


class Simulation:
    """Makes one city. The same size and seed give the same people, places and choices."""

    def __init__(self, *, size: Size, now: dt.datetime, say: Callable[[str], None]) -> None:
        self.size, self.now, self.say = size, now, say
        self.rng = random.Random(size.seed)  # noqa: S311
        self.writer = Writer()
        self.memberships: list[Membership] = []
        self.members: list[ClassMember] = []
        self.handouts: dict[uuid.UUID, tuple[Statement, Handout]] = {}
        self.taken: dict[uuid.UUID, int] = {}

    def run(self) -> int:
        """Returns the number of rows written."""
        today = self.now.date()
        wards, schools = min(168, max(12, self.size.learners // 500)), min(60, max(6, self.size.learners // 800))
        with transaction.atomic():
            self.places = ensure_places(wards=wards, schools=schools, today=today)
            ensure_stations(self.places, organisations=self.size.organisations)
        self.say("places stand")
        self.templates = self._templates()
        self.say(f"{sum(map(len, self.templates.values()))} ways to learn were played through")
        with transaction.atomic():
            self.classes = self._classes()
        # Only now: teachers and played attempts have taken numbers too.
        self.users, self.slots = Ids(User), Ids(Slot)
        for done, person in enumerate(self._people(), 1):
            self._learn(person)
            if self.writer.full():
                self._flush()
                self.say(f"{done} learners, {self.writer.count} rows")
        self._flush()
        self.users.settle()
        self.slots.settle()
        return self.writer.count

    # --- what may be learnt -----------------------------------------------------------------------------------------

    def _templates(self) -> dict[str, list[Template]]:
        """By audience, each way of learning as often as its weight says."""
        start = self.now - dt.timedelta(days=self.size.days)
        found: dict[str, list[Template]] = {}
        for course in CoursePage.objects.live().order_by("path"):
            for pattern in PATTERNS:
                for variant in range(2):
                    template = capture(
                        course=course, pattern=pattern, start=start, seed=self.rng.getrandbits(32) + variant,
                        statements=self.size.statements,
                    )  # fmt: skip
                    found.setdefault(course.audience, []).extend([template] * pattern.weight)
        return found

    # --- classes ----------------------------------------------------------------------------------------------------

    def _classes(self) -> dict[int, list[tuple[TrainingClass, Assignment]]]:
        """By organisation: half of them school classes, half training classes, each with its teacher and one course."""
        courses = {course.audience: course for course in CoursePage.objects.live()}
        made: dict[int, list[tuple[TrainingClass, Assignment]]] = {}
        for number in range(self.size.classes):
            school = number % 2 == 0
            spots = self.places.schools if school else self.places.units
            where = spots[(number // 2) % len(spots)]
            course = courses.get(Audience.PUPIL if school else Audience.STAFF)
            if course is None:
                continue
            made.setdefault(where.pk, []).append(self._class(number, where, course, school=school))
        return made

    def _class(self, number: int, where: Organisation, course: CoursePage, *, school: bool) -> tuple[TrainingClass, Assignment]:
        begun = self.now - dt.timedelta(days=self.rng.randint(14, max(15, self.size.days)))
        teacher = User.objects.create(
            username=f"sim{self.size.seed}-gv{number}", full_name=self._name(), audience=Audience.TEACHER, birth_year=1985,
            password=NO_PASSWORD, actor_id=self._uuid(),
        )  # fmt: skip
        Role.objects.create(user=teacher, kind=RoleKind.TEACHER, organisation=where, since=begun)
        name = f"{10 + number // 2 % 3}A{number // 6 + 1}" if school else f"Lớp bồi dưỡng AI {number // 2 + 1}"
        klass = TrainingClass.objects.create(
            id=self._uuid(), name=name, kind=ClassKind.SCHOOL if school else ClassKind.TRAINING, organisation=where,
            join_code=new_join_code(), starts_on=begun.date(), ends_on=(begun + dt.timedelta(days=30)).date(), created_at=begun,
            opened_at=begun,
        )  # fmt: skip
        ClassTeacher.objects.create(training_class=klass, teacher=teacher)
        assignment = Assignment.objects.create(
            id=self._uuid(), training_class=klass, course=course, title=course.title, due_at=begun + dt.timedelta(days=21),
            assigned_by=teacher, assigned_at=begun,
        )  # fmt: skip
        record([assigned(assignment, None)])
        return klass, assignment

    # --- people -----------------------------------------------------------------------------------------------------

    def _people(self) -> Iterator[Person]:
        for number in range(self.size.learners):
            share = self.rng.random()
            audience = Audience.PUBLIC if share < 0.5 else Audience.STAFF if share < 0.85 else Audience.PUPIL
            place = {
                Audience.PUBLIC: None,
                Audience.STAFF: self.rng.choice(self.places.units),
                Audience.PUPIL: self.rng.choice(self.places.schools),
            }[audience]
            born = {Audience.PUBLIC: (1946, 2004), Audience.STAFF: (1966, 2002), Audience.PUPIL: (2008, 2011)}[audience]
            user = User(
                id=self.users.next(), username=f"sim{self.size.seed}-{number}", full_name=self._name(), audience=audience,
                birth_year=self.rng.randint(*born), password=NO_PASSWORD, actor_id=self._uuid(), date_joined=self._past(),
            )  # fmt: skip
            user.name_folded = fold(user.full_name)
            self.writer.add(User, [ready(user)])
            if place:
                category = StaffCategory.PUPIL if audience == Audience.PUPIL else self.rng.choice(STAFF)
                self.memberships.append(Membership(user_id=user.pk, organisation=place, category=category, since=SINCE))
            yield Person(user=user, place=place)

    def _learn(self, person: Person) -> None:
        given = self._join(person)
        # A third of the staff has not begun: that is what an officer wants to see.
        if not given and person.user.audience == Audience.STAFF and self.rng.random() < 0.35:
            return
        for template in self._choose(person.user.audience, in_class=given is not None):
            start = given.assigned_at if given else self._past()
            enrolment = clone(
                template=template, learner=self._learner(person, in_class=given is not None), start=start, writer=self.writer,
                slots=self.slots, rng=self.rng,
            )  # fmt: skip
            if given and self.size.statements:
                self._hand_out(given, person.user, enrolment)

    def _choose(self, audience: str, *, in_class: bool) -> list[Template]:
        own = self.templates.get(audience, [])
        if not own:
            return []
        first = self.rng.choice(own)
        if in_class or self.rng.random() > 0.12:
            return [first]
        other = self.rng.choice([one for some in self.templates.values() for one in some])
        return [first] if other.course == first.course else [first, other]

    def _join(self, person: Person) -> Assignment | None:
        """What she is given in the class of her school or agency that still has room, if chance will have it."""
        open_here = self.classes.get(person.place.pk, []) if person.place else []
        if not open_here or (person.user.audience == Audience.STAFF and self.rng.random() < 0.5):
            return None
        klass, assignment = open_here[0]
        number = self.taken[klass.pk] = self.taken.get(klass.pk, 0) + 1
        if number >= CLASS_SIZE:
            open_here.pop(0)
        self.members.append(
            ClassMember(
                training_class=klass, learner_id=person.user.pk, number=number, shown_as=person.user.full_name,
                source=MemberSource.LIST, joined_at=assignment.assigned_at,
            )  # fmt: skip
        )
        return assignment

    def _hand_out(self, given: Assignment, learner: User, enrolment: uuid.UUID) -> None:
        """The statement that she was assigned it. One is built for the class; tincan takes a millisecond for each."""
        if given.pk not in self.handouts:
            # A statement needs no more of an enrolment than its id and its learner.
            built = was_assigned(given, None, Enrolment(pk=enrolment, learner=learner), given.assigned_at)
            self.handouts[given.pk] = built, Handout(built, learner.actor_id)
        built, handout = self.handouts[given.pk]
        identity = statement_id(learner.actor_id, built.verb, built.activity, enrolment, given.pk)
        self.writer.add(Statement, [handout.to(identity=identity, actor=learner.actor_id, registration=enrolment)])

    def _learner(self, person: Person, *, in_class: bool) -> Learner:
        user, place = person.user, person.place
        return Learner(
            user_id=user.pk, actor=user.actor_id, full_name=user.full_name, audience=user.audience,
            minor=user.is_minor(self.now.date()), organisation=place.pk if place else None,
            ward=ward_of(place, self.places.wards) if place else None,
            source=EnrolmentSource.CLASS if in_class else EnrolmentSource.SELF,
        )  # fmt: skip

    # --- small things -----------------------------------------------------------------------------------------------

    @transaction.atomic
    def _flush(self) -> None:
        self.writer.flush()
        Membership.objects.bulk_create(self.memberships, batch_size=2000)
        self.memberships.clear()
        ClassMember.objects.bulk_create(self.members, batch_size=2000)
        self.members.clear()

    def _name(self) -> str:
        return f"{self.rng.choice(FAMILY)} {self.rng.choice(MIDDLE)} {self.rng.choice(GIVEN)}"

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def _past(self) -> dt.datetime:
        """A moment of the last days; later ones are likelier, as a campaign goes."""
        share = max(self.rng.random(), self.rng.random() * 0.9)
        return self.now - dt.timedelta(days=self.size.days * (1 - share) + 7, minutes=self.rng.randint(0, 1400))


def already_made(seed: int) -> models.QuerySet[User]:
    return User.objects.filter(username__startswith=f"sim{seed}-")
