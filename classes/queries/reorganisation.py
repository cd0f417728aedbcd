"""What an operation on organisations would do: planned here, shown before it is done, planned again when it is.

The same request gives the same plan as long as nothing it touches has changed; `Plan.seen` tells the two apart.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from classes.models import ClassTeacher, StaffRequirement, TrainingClass
from people.models import Membership, OperationKind, Organisation, Role, RoleKind
from people.reorganising import NewUnit, TreePlan

FOLLOW, END, STAY, ALL = "follow", "end", "stay", "all"
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Rename:
    code: str
    name: str
    short_name: str
    on: dt.date


@dataclass(frozen=True, kw_only=True)
class Move:
    code: str
    parent: str
    on: dt.date


@dataclass(frozen=True, kw_only=True)
class Merge:
    """`target` is the code of who takes over; `new` makes it first. Roles other than a teacher's follow or end."""

    sources: tuple[str, ...]
    target: str
    new: NewUnit | None = None
    on: dt.date
    roles: str = FOLLOW
    classes: str = FOLLOW
    requirements: str = FOLLOW


@dataclass(frozen=True, kw_only=True)
class Split:
    """What is not named in `people` (user), `children` (code), `classes` and `roles` (id) goes to `default`.

    With `keeps` the source goes on, and its own code is a place like the parts'. A role may also go to ALL or END.
    """

    source: str
    parts: tuple[NewUnit, ...]
    keeps: bool
    default: str
    on: dt.date
    people: Mapping[int, str] = field(default_factory=dict)
    children: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[uuid.UUID, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Close:
    """Without a `receiver` people and roles end and sub-units go up; open classes stay, or END with the unit."""

    code: str
    receiver: str = ""
    on: dt.date
    roles: str = FOLLOW
    classes: str = STAY
    requirements: str = FOLLOW


Wanted = Rename | Move | Merge | Split | Close


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One line of the preview: of which organisation, how many of what, and what becomes of them.

    `names` are whose roles they are: a right over others is never moved unseen.
    """

    unit: str
    what: str
    count: int
    fate: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`touched` are codes one must be in charge of. `requirements` go to codes; their own code among them: it stays."""

    tree: TreePlan
    touched: tuple[str, ...]
    state: tuple[Any, ...]
    classes: tuple[tuple[uuid.UUID, str], ...] = ()
    closing: tuple[uuid.UUID, ...] = ()
    requirements: tuple[tuple[int, tuple[str, ...]], ...] = ()
    effects: tuple[Effect, ...] = ()
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """What the plan would write and what it rests on, in one word: texts and counts are left out."""
        facts = (self.tree, self.touched, self.state, self.classes, self.closing, self.requirements)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


@dataclass(kw_only=True)
class Held:
    """What hangs directly on one organisation now."""

    memberships: list[Membership] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    classes: list[TrainingClass] = field(default_factory=list)
    requirements: list[StaffRequirement] = field(default_factory=list)
    children: list[Organisation] = field(default_factory=list)

    @property
    def people(self) -> int:
        return len(self.memberships)  # open ones: one a person


def plan_for(wanted: Wanted, *, today: dt.date) -> Plan:
    """The plan of any of the operations a person fills in a form for."""
    makers: dict[type, Callable[[Any, dt.date], Plan]] = {
        Rename: _rename, Move: _move, Merge: _merge, Split: _split, Close: _close,
    }  # fmt: skip
    return makers[type(wanted)](wanted, today)


def codes_of(wanted: Wanted) -> tuple[str, ...]:
    """The organisations into which nobody may come while it is done."""
    if isinstance(wanted, Merge):
        return (*wanted.sources, wanted.target)
    if isinstance(wanted, Split):
        return (wanted.source,)
    return (wanted.code, wanted.receiver) if isinstance(wanted, Close) else (wanted.code,)


def held_by(units: Sequence[Organisation]) -> dict[int, Held]:
    """By id of the organisation. Five queries for any number."""
    held = {unit.pk: Held() for unit in units}
    for membership in Membership.objects.current().filter(organisation__in=held).order_by("pk"):
        held[membership.organisation_id].memberships.append(membership)
    for role in Role.objects.current().filter(organisation__in=held).select_related("user").order_by("pk"):
        held[role.organisation_id].roles.append(role)
    for one in TrainingClass.objects.open().filter(organisation__in=held).order_by("pk"):
        held[one.organisation_id].classes.append(one)
    # The strictest first, so that of two on one course the earlier date stays.
    for row in StaffRequirement.objects.current().filter(organisation__in=held).order_by("due_at", "pk"):
        held[row.organisation_id].requirements.append(row)
    paths = {unit.path: unit.pk for unit in units if unit.numchild}
    if paths:
        below = Organisation.objects.below([unit for unit in units if unit.numchild])
        for child in below.filter(valid_to__isnull=True, depth__in={unit.depth + 1 for unit in units}).order_by("path"):
            parent = paths.get(child.path[: -Organisation.steplen])
            if parent:
                held[parent].children.append(child)
    return held


def members_by_name(held: Held) -> list[Membership]:
    """The people of one organisation with their names. One query."""
    members = Membership.objects.filter(pk__in=[row.pk for row in held.memberships])
    return list(members.select_related("user").order_by("user__name_folded", "user_id"))


# --- the five operations ----------------------------------------------------------------------------------------------


def _rename(wanted: Rename, today: dt.date) -> Plan:
    units = _units([wanted.code])
    unit = units[wanted.code]
    checks = _Checks(today)
    checks.day(wanted.on)
    checks.open(unit)
    changes = [
        (unit.code, name, new)
        for name, new in (("name", wanted.name), ("short_name", wanted.short_name))
        if getattr(unit, name) != new
    ]
    if not changes:
        checks.refuse(_("Tên mới giống hệt tên đang dùng."))
    parent = unit.path[: -Organisation.steplen]
    beside = Organisation.objects.current(today).filter(name=wanted.name, depth=unit.depth, path__startswith=parent)
    if beside.exclude(pk=unit.pk).exists():
        checks.warn(_("Ngay cạnh đó đã có một đơn vị tên “%(name)s”.") % {"name": wanted.name})
    counts = _below(unit)
    fate = _("giữ nguyên, từ nay hiện tên mới")
    return Plan(
        tree=TreePlan(kind=OperationKind.RENAME, on=wanted.on, fields=tuple(changes)), touched=(unit.code,),
        state=_state(units), effects=_counted(unit, counts, fate), counts=counts, refusals=checks.refused,
        warnings=tuple(checks.warnings),
    )  # fmt: skip


def _move(wanted: Move, today: dt.date) -> Plan:
    units = _units([wanted.code, wanted.parent])
    unit, parent = units[wanted.code], units[wanted.parent]
    checks = _Checks(today)
    checks.day(wanted.on)
    checks.open(unit, parent)
    old = Organisation.objects.filter(path=unit.path[: -Organisation.steplen]).first()
    if parent.path.startswith(unit.path):
        inside = _("%(parent)s nằm trong %(unit)s nên không thể là cấp trên của nó.")
        checks.refuse(inside % {"parent": parent.label, "unit": unit.label})
    elif old == parent:
        checks.refuse(_("%(unit)s đang trực thuộc %(parent)s rồi.") % {"unit": unit.label, "parent": parent.label})
    checks.depth(unit, parent)
    counts = _below(unit)
    effects = [*_counted(unit, counts, _("đi theo, vẫn ở đơn vị mình"))]
    lost, gained = _from_above(old), _from_above(parent)
    effects += [
        Effect(unit=unit.label, what=_("khóa bắt buộc từ cấp trên"), count=len(lost - gained), fate=_("không còn áp dụng")),
        Effect(unit=unit.label, what=_("khóa bắt buộc từ cấp trên mới"), count=len(gained - lost), fate=_("bắt đầu áp dụng")),
    ]
    return Plan(
        tree=TreePlan(kind=OperationKind.MOVE, on=wanted.on, places=((unit.code, parent.code),)),
        touched=tuple(dict.fromkeys([unit.code, parent.code, *([old.code] if old else [])])),
        state=_state({**units, **({old.code: old} if old else {})}), effects=tuple(effects), counts=counts,
        refusals=checks.refused, warnings=tuple(checks.warnings),
    )  # fmt: skip


def _merge(wanted: Merge, today: dt.date) -> Plan:
    named = [*wanted.sources, *([wanted.new.parent] if wanted.new else [wanted.target])]
    units = _units([code for code in named if code])
    sources = [units[code] for code in dict.fromkeys(wanted.sources) if code != wanted.target]
    checks = _Checks(today)
    checks.day(wanted.on)
    checks.ending(sources, wanted.on)
    if not sources or (wanted.new and len(sources) < 2):
        checks.refuse(_("Sáp nhập cần ít nhất hai đơn vị."))
    target = None if wanted.new else units[wanted.target]
    if wanted.new:
        checks.new([wanted.new], units, sources)
    elif target:
        checks.taking_over(target, sources)
    name = wanted.new.name if wanted.new else units[wanted.target].label
    gathered = _Gathered(wanted.target, name, target, wanted.on, checks)
    gathered.take(sources, wanted.roles, wanted.classes, wanted.requirements)
    return gathered.plan(
        OperationKind.MERGE, _state(units), make=(wanted.new,) if wanted.new else (),
        touched=tuple(dict.fromkeys(code for code in named if code)),
    )  # fmt: skip


def _close(wanted: Close, today: dt.date) -> Plan:
    units = _units([code for code in (wanted.code, wanted.receiver) if code])
    unit, receiver = units[wanted.code], units.get(wanted.receiver)
    checks = _Checks(today)
    checks.day(wanted.on)
    checks.ending([unit], wanted.on)
    if receiver:
        checks.taking_over(receiver, [unit])
        gathered = _Gathered(receiver.code, receiver.label, receiver, wanted.on, checks)
        gathered.take([unit], wanted.roles, wanted.classes, wanted.requirements)
    else:
        above = Organisation.objects.filter(path=unit.path[: -Organisation.steplen]).first()
        if above:
            units[above.code] = above
        gathered = _Gathered("", "", None, wanted.on, checks)
        gathered.let_go(unit, above, wanted.classes)
    touched = tuple(code for code in (wanted.code, wanted.receiver) if code)
    return gathered.plan(OperationKind.CLOSE, _state(units), touched=touched)


def _split(wanted: Split, today: dt.date) -> Plan:
    units = _units([wanted.source, *(part.parent for part in wanted.parts if part.parent)])
    source = units[wanted.source]
    checks = _Checks(today)
    checks.day(wanted.on)
    checks.ending([source], wanted.on)
    checks.new(wanted.parts, units, [] if wanted.keeps else [source])
    parents = [units[part.parent] for part in wanted.parts if part.parent]
    if any(parent != source and parent.path.startswith(source.path) for parent in parents):
        checks.refuse(_("Đơn vị mới không thể trực thuộc một đơn vị bên dưới đơn vị được chia."))
    if len(wanted.parts) + wanted.keeps < 2:
        checks.refuse(_("Chia tách cần ít nhất hai đơn vị sau khi tách."))
    return _Divided(wanted, source, checks).plan(tuple(units), _state(units))


# --- what is gathered at one place (a merger, a closing) ----------------------------------------------------------------


class _Gathered:
    """Everything of some organisations goes to one, or ends."""

    def __init__(self, code: str, name: str, target: Organisation | None, on: dt.date, checks: _Checks) -> None:
        self.code, self.name, self.target, self.on, self.checks = code, name, target, on, checks
        self.fields: list[tuple[str, str, Any]] = []
        self.places: list[tuple[str, str]] = []
        self.people: list[tuple[int, str]] = []
        self.roles: list[tuple[int, tuple[str, ...]]] = []
        self.classes: list[tuple[uuid.UUID, str]] = []
        self.closing: list[uuid.UUID] = []
        self.requirements: list[tuple[int, tuple[str, ...]]] = []
        self.effects: list[Effect] = []
        self.counts: dict[str, int] = {}

    def take(self, sources: Sequence[Organisation], roles: str, classes: str, requirements: str) -> None:
        held = held_by(sources)
        if self.target:
            held |= held_by([self.target])
        there = {row.user_id for row in held[self.target.pk].memberships} if self.target else set()
        required = {row.course_id for row in held[self.target.pk].requirements} if self.target else set()
        going = {unit.code for unit in sources}
        for unit in sources:
            mine = held[unit.pk]
            children = [child for child in mine.children if child.code not in going]
            self.fields += [(unit.code, "valid_to", self.on), (unit.code, "successor", self.code)]
            self.people += [(row.pk, self.code) for row in mine.memberships]
            self.places += [(child.code, self.code) for child in children]
            already = [row for row in mine.memberships if row.user_id in there]
            there |= {row.user_id for row in mine.memberships}
            self._say_people(unit, mine.people, len(already))
            self._roles(unit, mine, roles, classes)
            self._classes(unit, mine, classes)
            self._requirements(unit, mine, requirements, required)
            self._say(unit, _("đơn vị trực thuộc"), len(children), _("chuyển về %(name)s") % {"name": self.name})
        self._count(sources, held)
        if self.target and sources:
            after = Membership.objects.current().filter(organisation__in=Organisation.objects.below([self.target, *sources]))
            everybody = after.values("user_id").distinct().count()
            fate = _("sau khi nhập, kể cả đơn vị trực thuộc, mỗi người đếm một lần")
            self.effects.append(Effect(unit=self.name, what=_("người"), count=everybody, fate=fate))

    def let_go(self, unit: Organisation, above: Organisation | None, classes: str) -> None:
        mine = held_by([unit])[unit.pk]
        self.fields.append((unit.code, "valid_to", self.on))
        self.people = [(row.pk, "") for row in mine.memberships]
        self._say(unit, _("người"), mine.people, _("không còn thuộc đơn vị nào ở đây; kết quả học giữ nguyên"))
        staying = self._teaching(mine) if classes == STAY else set()
        kept = [role for role in mine.roles if role.kind == RoleKind.TEACHER and role.user_id in staying]
        ending = [role for role in mine.roles if role not in kept]
        self.roles = [(role.pk, ()) for role in ending]
        self._say_roles(unit, _("vai trò"), ending, _("kết thúc ngay khi xác nhận"))
        self._say_roles(unit, _("vai trò giáo viên"), kept, _("giữ đến khi lớp đóng"))
        if classes == STAY:
            self._say(unit, _("lớp đang mở"), len(mine.classes), _("ở lại đơn vị cũ cho đến khi đóng"))
        else:
            self.closing = [one.pk for one in mine.classes]
            self._say(unit, _("lớp đang mở"), len(mine.classes), _("đóng ngay khi xác nhận"))
        self.requirements = [(row.pk, ()) for row in mine.requirements]
        self._say(unit, _("khóa bắt buộc"), len(mine.requirements), _("thôi bắt buộc"))
        if mine.children and above is None:
            self.checks.refuse(_("Đơn vị này còn đơn vị trực thuộc và không có cấp trên nhận. Hãy chuyển các đơn vị đó trước."))
        elif above:
            self.places = [(child.code, above.code) for child in mine.children]
            self._say(unit, _("đơn vị trực thuộc"), len(mine.children), _("chuyển lên %(name)s") % {"name": above.label})
        self._count([unit], {unit.pk: mine})

    def _say(self, unit: Organisation, what: str, count: int, fate: str) -> None:
        self.effects.append(Effect(unit=unit.label, what=what, count=count, fate=fate))

    def _say_roles(self, unit: Organisation, what: str, roles: Sequence[Role], fate: str) -> None:
        self.effects.append(Effect(unit=unit.label, what=what, count=len(roles), fate=fate, names=_holders(roles)))

    def _say_people(self, unit: Organisation, people: int, already: int) -> None:
        fate = _("sang %(name)s từ %(day)s") % {"name": self.name, "day": _day(self.on)}
        if already:
            fate += "; " + _("%(n)s người đã có ở đó, không đếm hai lần") % {"n": already}
        self._say(unit, _("người"), people, fate)

    def _roles(self, unit: Organisation, mine: Held, roles: str, classes: str) -> None:
        """A teacher's role goes where her classes go; the others as it was chosen."""
        staying = self._teaching(mine) if classes == STAY else set()
        following: list[Role] = []
        ending: list[Role] = []
        both: list[Role] = []
        for role in mine.roles:
            if role.kind == RoleKind.TEACHER:
                stays = role.user_id in staying
                self.roles.append((role.pk, (unit.code, self.code) if stays else (self.code,)))
                (both if stays else following).append(role)
            else:
                self.roles.append((role.pk, (self.code,) if roles == FOLLOW else ()))
                (following if roles == FOLLOW else ending).append(role)
        self._say_roles(unit, _("vai trò"), following, _("sang %(name)s ngay khi xác nhận") % {"name": self.name})
        self._say_roles(unit, _("vai trò"), ending, _("kết thúc ngay khi xác nhận"))
        self._say_roles(unit, _("vai trò giáo viên"), both, _("có ở cả hai nơi đến khi lớp cũ đóng"))

    def _classes(self, unit: Organisation, mine: Held, classes: str) -> None:
        if classes == FOLLOW:
            self.classes += [(one.pk, self.code) for one in mine.classes]
            self._say(unit, _("lớp đang mở"), len(mine.classes), _("sang %(name)s") % {"name": self.name})
        else:
            self._say(unit, _("lớp đang mở"), len(mine.classes), _("ở lại đơn vị cũ cho đến khi đóng"))

    def _requirements(self, unit: Organisation, mine: Held, requirements: str, required: set[int]) -> None:
        if requirements != FOLLOW:
            self.requirements += [(row.pk, ()) for row in mine.requirements]
            self._say(unit, _("khóa bắt buộc"), len(mine.requirements), _("thôi bắt buộc"))
            return
        self.requirements += [(row.pk, (self.code,)) for row in mine.requirements]
        known = [row for row in mine.requirements if row.course_id in required]
        required |= {row.course_id for row in mine.requirements}
        fate = _("thành bắt buộc với mọi người của %(name)s") % {"name": self.name}
        if known:
            fate += "; " + _("%(n)s khóa ở đó đã bắt buộc, giữ hạn của nơi nhận") % {"n": len(known)}
        self._say(unit, _("khóa bắt buộc"), len(mine.requirements), fate)

    def _teaching(self, mine: Held) -> set[int]:
        teachers = ClassTeacher.objects.filter(training_class__in=[one.pk for one in mine.classes])
        return set(teachers.values_list("teacher_id", flat=True))

    def _count(self, sources: Sequence[Organisation], held: dict[int, Held]) -> None:
        mine = [held[unit.pk] for unit in sources]
        self.counts = {
            "units": len(sources) + sum(len(one.children) for one in mine),
            "people": len({row.user_id for one in mine for row in one.memberships}),
            "roles": sum(len(one.roles) for one in mine), "classes": sum(len(one.classes) for one in mine),
            "requirements": sum(len(one.requirements) for one in mine),
        }  # fmt: skip

    def plan(
        self, kind: str, state: tuple[Any, ...], *, touched: tuple[str, ...], make: tuple[NewUnit, ...] = ()
    ) -> Plan:
        tree = TreePlan(
            kind=kind, on=self.on, make=make, fields=tuple(self.fields), places=tuple(self.places), people=tuple(self.people),
            roles=tuple(self.roles), receives=(self.code,) if self.target else (),
        )  # fmt: skip
        return Plan(
            tree=tree, touched=touched, state=state, classes=tuple(self.classes), closing=tuple(self.closing),
            requirements=tuple(self.requirements), effects=_shown(self.effects), counts=self.counts, refusals=self.checks.refused,
            warnings=tuple(self.checks.warnings),
        )  # fmt: skip


# --- what is divided (a split) ------------------------------------------------------------------------------------------


class _Divided:
    """Everything of one organisation goes to one of several."""

    def __init__(self, wanted: Split, source: Organisation, checks: _Checks) -> None:
        self.wanted, self.source, self.checks = wanted, source, checks
        self.held = held_by([source])[source.pk]
        self.names = {part.code: part.name for part in wanted.parts}
        if wanted.keeps:
            self.names[source.code] = source.label
        if {wanted.default, *wanted.people.values(), *wanted.children.values(), *wanted.classes.values()} - set(self.names):
            checks.refuse(_("Có phần được chia cho một đơn vị không nằm trong các đơn vị sau khi tách."))

    def plan(self, touched: tuple[str, ...], state: tuple[Any, ...]) -> Plan:
        wanted, held, own = self.wanted, self.held, self.source.code
        people = [(row.pk, wanted.people.get(row.user_id, wanted.default)) for row in held.memberships]
        children = [(child.code, wanted.children.get(child.code, wanted.default)) for child in held.children]
        classes = [(one.pk, wanted.classes.get(one.pk, wanted.default)) for one in held.classes]
        roles = self._roles(dict(children), dict(classes))
        everywhere = tuple(self.names)
        fields = () if wanted.keeps else ((own, "valid_to", wanted.on), (own, "successor", wanted.default))
        tree = TreePlan(
            kind=OperationKind.SPLIT, on=wanted.on, make=wanted.parts, fields=fields,
            places=tuple(pair for pair in children if pair[1] != own),
            people=tuple(pair for pair in people if pair[1] != own),
            roles=tuple(pair for pair in roles if pair[1] != (own,)), receives=(own,) if wanted.keeps else (),
        )  # fmt: skip
        return Plan(
            tree=tree, touched=touched, state=state, classes=tuple(pair for pair in classes if pair[1] != own),
            requirements=tuple((row.pk, everywhere) for row in held.requirements),
            effects=self._effects(people, children, classes, roles), counts=self._counts(), refusals=self.checks.refused,
            warnings=tuple(self.checks.warnings),
        )  # fmt: skip

    def _roles(self, children: dict[str, str], classes: dict[uuid.UUID, str]) -> list[tuple[int, tuple[str, ...]]]:
        """A teacher's role goes wherever a class of hers goes, those of sub-units included."""
        paths = {child.path: children[child.code] for child in self.held.children}
        where: dict[int, set[str]] = {}
        taught = ClassTeacher.objects.filter(
            training_class__in=TrainingClass.objects.open().filter(organisation__in=Organisation.objects.below([self.source]))
        ).values_list("teacher_id", "training_class_id", "training_class__organisation__path")
        for teacher, one, path in taught:
            place = classes.get(one) or paths.get(path[: len(self.source.path) + Organisation.steplen])
            if place:
                where.setdefault(teacher, set()).add(place)
        plans = []
        for role in self.held.roles:
            chosen = self.wanted.roles.get(role.pk, self.wanted.default)
            if role.kind == RoleKind.TEACHER:
                codes = tuple(sorted(where.get(role.user_id, {self.wanted.default})))
            else:
                codes = {ALL: tuple(self.names), END: ()}.get(chosen, (chosen,))
            if set(codes) - set(self.names):
                self.checks.refuse(_("Có vai trò được chia cho một đơn vị không nằm trong các đơn vị sau khi tách."))
            plans.append((role.pk, codes))
        return plans

    def _effects(
        self, people: Iterable[tuple[int, str]], children: Iterable[tuple[str, str]], classes: Iterable[tuple[uuid.UUID, str]],
        roles: Iterable[tuple[int, tuple[str, ...]]],
    ) -> tuple[Effect, ...]:  # fmt: skip
        effects = []
        ways: list[tuple[str, Collection[tuple[Any, str]]]] = [
            (_("người"), list(people)), (_("đơn vị trực thuộc"), list(children)), (_("lớp đang mở"), list(classes)),
        ]  # fmt: skip
        holders = {role.pk: role for role in self.held.roles}
        for code, name in self.names.items():
            fate = _("ở lại") if code == self.source.code else _("từ %(day)s") % {"day": _day(self.wanted.on)}
            for what, pairs in ways:
                count = sum(1 for _one, place in pairs if place == code)
                effects.append(Effect(unit=name, what=what, count=count, fate=fate))
            mine = [holders[pk] for pk, codes in roles if code in codes]
            at_once = _("ở lại") if code == self.source.code else _("ngay khi xác nhận")
            effects.append(Effect(unit=name, what=_("vai trò"), count=len(mine), fate=at_once, names=_holders(mine)))
        source, asked = self.source.label, len(self.held.requirements)
        over = [holders[pk] for pk, codes in roles if not codes]
        everywhere, ends = _("bắt buộc ở mọi đơn vị sau khi tách, cùng hạn"), _("kết thúc ngay khi xác nhận")
        effects.append(Effect(unit=source, what=_("khóa bắt buộc"), count=asked, fate=everywhere))
        effects.append(Effect(unit=source, what=_("vai trò"), count=len(over), fate=ends, names=_holders(over)))
        return _shown(effects)

    def _counts(self) -> dict[str, int]:
        held = self.held
        return {
            "units": 1 + len(held.children), "people": held.people, "roles": len(held.roles), "classes": len(held.classes),
            "requirements": len(held.requirements),
        }  # fmt: skip


# --- small parts --------------------------------------------------------------------------------------------------------


class _Checks:
    """Why an operation cannot be done, and what to think of before it is."""

    DEEPEST = 60  # a path holds 63 steps

    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.refusals: list[str] = []
        self.warnings: list[str] = []

    @property
    def refused(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.refusals))

    def refuse(self, text: str) -> None:
        self.refusals.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def day(self, on: dt.date) -> None:
        if on > self.today:
            self.refuse(_("Ngày áp dụng còn ở phía trước. Hãy làm việc này vào đúng ngày đó hoặc sau đó."))

    def open(self, *units: Organisation) -> None:
        for unit in units:
            if unit.valid_to:
                told = _("%(unit)s đã hết hoạt động từ %(day)s.")
                self.refuse(told % {"unit": unit.label, "day": _day(unit.valid_to)})

    def ending(self, units: Sequence[Organisation], on: dt.date) -> None:
        self.open(*units)
        for unit in units:
            if unit.valid_from and unit.valid_from >= on:
                told = _("%(unit)s mới có từ %(day)s; ngày áp dụng phải sau ngày đó.")
                self.refuse(told % {"unit": unit.label, "day": _day(unit.valid_from)})

    def taking_over(self, target: Organisation, sources: Sequence[Organisation]) -> None:
        self.open(target)
        for unit in sources:
            if target == unit:
                self.refuse(_("Nơi nhận phải là một đơn vị khác."))
            elif target.path.startswith(unit.path):
                told = _("%(target)s đang trực thuộc %(unit)s. Hãy chuyển cấp trên của %(target)s trước.")
                self.refuse(told % {"target": target.label, "unit": unit.label})

    def new(self, parts: Sequence[NewUnit], units: Mapping[str, Organisation], ending: Sequence[Organisation]) -> None:
        codes = [part.code for part in parts]
        taken = set(Organisation.objects.filter(code__in=codes).values_list("code", flat=True))
        for code in sorted(taken | {code for code in codes if codes.count(code) > 1}):
            self.refuse(_("Mã %(code)s đã có. Hãy chọn mã khác cho đơn vị mới.") % {"code": code})
        for parent in {part.parent for part in parts if part.parent}:
            self.open(units[parent])
            if any(units[parent].path.startswith(unit.path) for unit in ending):
                self.refuse(_("Đơn vị mới không thể trực thuộc một đơn vị sắp hết hoạt động."))

    def depth(self, unit: Organisation, parent: Organisation) -> None:
        deepest = Organisation.objects.below([unit]).order_by("-depth").values_list("depth", flat=True).first() or unit.depth
        if deepest - unit.depth + parent.depth + 1 > self.DEEPEST:
            self.refuse(_("Cây sẽ sâu quá %(n)s cấp.") % {"n": self.DEEPEST})


def _units(codes: Sequence[str]) -> dict[str, Organisation]:
    found = {unit.code: unit for unit in Organisation.objects.filter(code__in=codes)}
    if set(codes) - set(found):
        raise Organisation.DoesNotExist(", ".join(sorted(set(codes) - set(found))))
    return {code: found[code] for code in dict.fromkeys(codes)}


def _state(units: Mapping[str, Organisation]) -> tuple[Any, ...]:
    """What a plan rests on: changed meanwhile, it must be looked at again."""
    return tuple(
        (one.code, one.pk, one.path, one.name, one.short_name, one.valid_from, one.valid_to, one.successor_id)
        for one in sorted(units.values(), key=lambda one: one.code)
    )


def _below(unit: Organisation) -> dict[str, int]:
    inside = Organisation.objects.below([unit])
    return {
        "units": inside.filter(valid_to__isnull=True).count(),
        "people": Membership.objects.current().filter(organisation__in=inside).values("user_id").distinct().count(),
        "roles": Role.objects.current().filter(organisation__in=inside).count(),
        "classes": TrainingClass.objects.open().filter(organisation__in=inside).count(),
        "requirements": StaffRequirement.objects.current().filter(organisation__in=inside).count(),
    }


def _counted(unit: Organisation, counts: Mapping[str, int], fate: str) -> tuple[Effect, ...]:
    what = {
        "people": _("người"), "roles": _("vai trò"), "classes": _("lớp đang mở"), "requirements": _("khóa bắt buộc"),
        "units": _("đơn vị, kể cả trực thuộc"),
    }  # fmt: skip
    return tuple(Effect(unit=unit.label, what=word, count=counts[name], fate=fate) for name, word in what.items())


def _from_above(unit: Organisation | None) -> set[int]:
    """The requirements that reach whoever stands under `unit`."""
    if unit is None:
        return set()
    steps = [unit.path[:length] for length in range(Organisation.steplen, len(unit.path) + 1, Organisation.steplen)]
    return set(StaffRequirement.objects.current().filter(organisation__path__in=steps).values_list("pk", flat=True))


def _holders(roles: Sequence[Role]) -> tuple[str, ...]:
    named = [f"{role.user.full_name} ({role.get_kind_display()})" for role in roles[:SHOWN]]
    return tuple(named + ["…"] * (len(roles) > SHOWN))


def _shown(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    return tuple(effect for effect in effects if effect.count)


def _day(day: dt.date) -> str:
    return date_format(day, "d/m/Y")
