"""The tree of organisations as it is looked at: search, one organisation with its history, and who may change what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.utils.translation import gettext as _

from classes.models import AgencyCount, TrainingClass
from classes.queries.places import then_under
from classes.queries.reorganisation import Plan
from courses.models import Enrolment
from people.models import (
    OVERSEEING,
    Membership,
    OperationKind,
    Organisation,
    OrganisationChange,
    OrganisationOperation,
    Part,
    Role,
    RoleKind,
    User,
)
from people.text import fold

STEP = Organisation.steplen
PAGE = 100
FOUND = 50
UNDO_DAYS = 30


# --- who may ------------------------------------------------------------------------------------------------------------


def in_charge(user: User | None, plan: Plan) -> bool:
    """Whether `user` may do it: an owner over all that is touched; an officer gives a new name in his scope.

    Nobody (None) is the command line. Only it makes an organisation with none above it.
    """
    roots = any(not unit.parent for unit in plan.tree.make)
    return user is None or (not roots and _reaches(user, plan.tree.kind, plan.touched))


def may_undo(user: User | None, operation: OrganisationOperation) -> bool:
    """Who may do it may take it back."""
    codes = operation.changes.filter(organisation__isnull=False).values_list("organisation__code", flat=True)
    return user is None or _reaches(user, operation.kind, list(codes))


def _reaches(user: User, kind: str, codes: Collection[str]) -> bool:
    held = held_paths(user, rename=kind == OperationKind.RENAME)
    for place in range(0, len(codes), 500):
        touched = Organisation.objects.filter(code__in=list(codes)[place : place + 500]).values_list("path", flat=True)
        if not all(path.startswith(held) for path in touched):
            return False
    return bool(held)


def held_paths(user: User, *, rename: bool = False) -> tuple[str, ...]:
    """Where `user` may change the tree: the paths under which he is owner (or, for a new name, officer)."""
    kinds = [RoleKind.OWNER, RoleKind.OFFICER] if rename else [RoleKind.OWNER]
    held = Role.objects.current().filter(user=user, kind__in=kinds)
    return tuple(held.values_list("organisation__path", flat=True))


def may_change(user: User, unit: Organisation, *, rename: bool = False) -> bool:
    return bool(unit.path) and unit.path.startswith(held_paths(user, rename=rename))


def own_units(user: User) -> QuerySet[Organisation]:
    """The organisations `user` is owner over."""
    return Organisation.objects.below(list(Organisation.objects.held_by(user, [RoleKind.OWNER])))


# --- the tree -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TreeRow:
    """An organisation in a list: what stands above it, and a former name when it was found by that."""

    unit: Organisation
    above: str
    ended: bool
    former: str = ""


def tree_page(user: User, *, words: str, ended: bool, page: int | str, today: dt.date) -> tuple[list[TreeRow], Page[Any] | None]:
    """What is found by `words` in the scope (fifty at most), or the tops of the scope. Four queries at most."""
    scope = Organisation.objects.visible_to(user)
    if not ended:
        scope = scope.current(today)
    if fold(words):
        return _rows(list(scope.called(words).order_by("depth", "path")[:FOUND]), today, words), None
    tops = _tops(user)
    shown = Paginator(Organisation.objects.filter(pk__in=[unit.pk for unit in tops]).order_by("path"), PAGE).get_page(page)
    return _rows(list(shown.object_list), today), shown


def _tops(user: User) -> list[Organisation]:
    held = Role.objects.current().filter(user=user, kind__in=OVERSEEING).values("organisation_id")
    kept: list[Organisation] = []
    for unit in Organisation.objects.filter(pk__in=held).order_by("path"):
        if not any(unit.path.startswith(above.path) for above in kept):
            kept.append(unit)
    return kept


def _rows(units: Sequence[Organisation], today: dt.date, words: str = "") -> list[TreeRow]:
    paths = {unit.path[:length] for unit in units for length in range(STEP, len(unit.path), STEP)}
    labels = {one.path: one.label for one in Organisation.objects.filter(path__in=paths).only("path", "name", "short_name")}
    former = _former(units, words) if words else {}
    return [
        TreeRow(
            unit=unit, former=former.get(unit.pk, ""), ended=_ended(unit, today),
            above=" › ".join(labels[unit.path[:length]] for length in range(STEP, len(unit.path), STEP)),
        )
        for unit in units
    ]  # fmt: skip


def _former(units: Sequence[Organisation], words: str) -> dict[int, str]:
    """The former name by which each was found, if it was not by the present one."""
    wanted = fold(words).split()
    hidden = [unit.pk for unit in units if not all(word in unit.folded for word in wanted)]
    renamed = OrganisationChange.objects.filter(organisation__in=hidden, operation__undone_at__isnull=True)
    return {
        change.organisation_id: change.before.get("name") or change.before.get("short_name", "")
        for change in renamed.exclude(former_folded="").order_by("operation__done_at")
        if change.organisation_id and all(word in change.former_folded for word in wanted)
    }


def _ended(unit: Organisation, today: dt.date) -> bool:
    return unit.valid_to is not None and unit.valid_to <= today


# --- one organisation ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of an organisation's history."""

    operation: OrganisationOperation
    text: str


@dataclass(frozen=True, kw_only=True)
class BothWays:
    """The same learning counted by the agency then (frozen on the enrolment) and by the agency now."""

    then_participations: int
    then_people: int
    then_completed: int
    now_participations: int
    now_people: int
    now_completed: int


@dataclass(frozen=True, kw_only=True)
class UnitPage:
    unit: Organisation
    above: tuple[Organisation, ...]
    children: Page[Any]
    child_rows: tuple[TreeRow, ...]
    predecessors: tuple[Organisation, ...]
    former_names: tuple[tuple[str, dt.date], ...]
    events: tuple[Event, ...]
    counts: BothWays
    staff: int
    open_classes: int


def unit_page(
    unit: Organisation, *, viewer_above: Sequence[Organisation], page: int | str, ended: bool, today: dt.date
) -> UnitPage:  # fmt: skip
    """Twelve queries for any number of sub-units and operations."""
    children = unit.get_children().order_by("path")
    shown = Paginator(children if ended else children.current(today), PAGE).get_page(page)
    events, former = _history(unit)
    inside = Organisation.objects.below([unit])
    return UnitPage(
        unit=unit, above=tuple(viewer_above), children=shown,
        child_rows=tuple(TreeRow(unit=one, above="", ended=_ended(one, today)) for one in shown.object_list),
        predecessors=tuple(Organisation.objects.filter(successor=unit).order_by("valid_to", "code")),
        former_names=former, events=events, counts=counted_both_ways(unit),
        staff=Membership.objects.current().filter(organisation__in=inside).values("user_id").distinct().count(),
        open_classes=TrainingClass.objects.open().filter(organisation__in=inside).count(),
    )  # fmt: skip


def counted_both_ways(unit: Organisation) -> BothWays:
    """What was learnt under the organisation and those below it as they were then, and by who belongs there now.

    An organisation that ended keeps what it had, that of branches moved on since included; who went on to its successor
    is counted there now.
    """
    inside = Organisation.objects.below([unit])
    measures = {
        "participations": Count("pk"), "people": Count("learner", distinct=True),
        "completed": Count("learner", distinct=True, filter=Q(completed_at__isnull=False)),
    }  # fmt: skip
    then = Enrolment.objects.counted().filter(then_under(unit, moment="enrolled_at")).aggregate(**measures)
    members = Membership.objects.current().filter(organisation__in=inside).values("user_id")
    now = Enrolment.objects.counted().filter(learner__in=members, organisation__isnull=False).aggregate(**measures)
    counted = {f"{when}_{name}": value for when, row in (("then", then), ("now", now)) for name, value in row.items()}
    return BothWays(**counted)


def _history(unit: Organisation) -> tuple[tuple[Event, ...], tuple[tuple[str, dt.date], ...]]:
    """Latest first; names given up with the day they were. Two queries."""
    changes = (
        OrganisationChange.objects.filter(organisation=unit)
        .select_related("operation__done_by", "operation__undone_by")
        .prefetch_related(Prefetch("operation__changes", OrganisationChange.objects.order_by("pk").defer("before", "after")))
        .order_by("-operation__done_at", "-pk")
    )
    events, names = [], []
    for change in changes:
        events.append(Event(operation=change.operation, text=_event(change)))
        if change.operation.undone_at is None and change.before.get("name"):
            names.append((str(change.before["name"]), change.operation.on))
    return tuple(events), tuple(names)


def _event(change: OrganisationChange) -> str:
    """What happened to this organisation, in a sentence."""
    others = [one for one in change.operation.changes.all() if one.code != change.code]

    def named(*parts: str) -> str:
        return ", ".join(one.name for one in others[:20] if one.part in parts)

    if change.part == Part.ENDED:
        texts = {
            OperationKind.MERGE: _("Sáp nhập vào %(names)s") % {"names": named(Part.MADE, Part.RECEIVED)},
            OperationKind.SPLIT: _("Chia thành %(names)s") % {"names": named(Part.MADE)},
        }
        closed = _("Giải thể; %(names)s tiếp nhận") % {"names": named(Part.RECEIVED)} if named(Part.RECEIVED) else _("Giải thể")
        return texts.get(OperationKind(change.operation.kind), closed)
    if change.part == Part.RECEIVED:
        if change.operation.kind == OperationKind.SPLIT:
            return _("Tách ra %(names)s") % {"names": named(Part.MADE)}
        return _("Tiếp nhận %(names)s") % {"names": named(Part.ENDED)}
    if change.part == Part.MADE:
        from_whom = named(Part.ENDED, Part.RECEIVED)
        return _("Được lập từ %(names)s") % {"names": from_whom} if from_whom else _("Được lập")
    if change.part == Part.MOVED:
        places = {"old": change.before.get("parent") or "–", "new": change.after["parent"]}
        return _("Chuyển cấp trên từ %(old)s sang %(new)s") % places
    if "name" in change.before:
        return _("Đổi tên từ “%(old)s” thành “%(new)s”") % {"old": change.before["name"], "new": change.after["name"]}
    return _("Sửa: %(fields)s") % {"fields": ", ".join(change.after)}


def near(unit: Organisation, user: User) -> list[Organisation]:
    """What a form offers while a code is typed: the organisations beside `unit` and the one above, three hundred at most."""
    above = unit.path[: -STEP]
    beside = Q(path=above) | Q(path__startswith=above, depth=unit.depth)
    return list(own_units(user).filter(beside, valid_to__isnull=True).exclude(pk=unit.pk).order_by("path")[:300])


# --- operations ---------------------------------------------------------------------------------------------------------


def operations(user: User, *, page: int | str) -> Page[OrganisationOperation]:
    """What was done to organisations the user oversees, latest first."""
    seen = OrganisationChange.objects.filter(organisation__in=Organisation.objects.visible_to(user)).values("operation_id")
    rows = OrganisationOperation.objects.filter(pk__in=seen).select_related("done_by").defer("journal").order_by("-done_at")
    return Paginator(rows, 50).get_page(page)


def visible_operations(user: User) -> QuerySet[OrganisationOperation]:
    seen = OrganisationChange.objects.filter(organisation__in=Organisation.objects.visible_to(user)).values("operation_id")
    return OrganisationOperation.objects.filter(pk__in=seen).select_related("done_by", "undone_by")


def effect_words(operation: OrganisationOperation) -> list[tuple[str, int]]:
    words = {
        "made": _("đơn vị mới"), "units": _("đơn vị"), "people": _("người"), "roles": _("vai trò"), "classes": _("lớp đang mở"),
        "requirements": _("khóa bắt buộc"), "wrong": _("dòng bỏ qua"),
    }  # fmt: skip
    return [(word, operation.effect[name]) for name, word in words.items() if operation.effect.get(name)]


@dataclass(frozen=True, kw_only=True)
class UndoVerdict:
    """Until when it can be taken back, and why it cannot be any more; `behind` are later operations that stand on it."""

    until: dt.datetime
    reasons: tuple[str, ...]
    behind: tuple[OrganisationOperation, ...] = ()

    @property
    def possible(self) -> bool:
        return not self.reasons


def undo_verdict(operation: OrganisationOperation, *, now: dt.datetime) -> UndoVerdict:
    """Whether nothing has been built on it: no later operation on the same organisations, nobody who has left or been

    moved since, no class moved on, nothing new in organisations it made.
    """
    until = operation.done_at + dt.timedelta(days=UNDO_DAYS)
    if operation.undone_at:
        return UndoVerdict(until=until, reasons=(_("Việc này đã được hoàn tác."),))
    reasons = []
    if now > until:
        reasons.append(_("Đã quá %(n)s ngày từ khi làm.") % {"n": UNDO_DAYS})
    behind = _later(operation)
    if behind:
        told = _("Sau đó đã có %(n)s việc khác trên cùng các đơn vị này; hãy hoàn tác việc mới nhất trước.")
        reasons.append(told % {"n": len(behind)})
    reasons += _edited(operation.journal)
    reasons += _people_went_on(operation.journal)
    reasons += _classes_went_on(operation.journal)
    reasons += _built_in_made(operation.journal)
    return UndoVerdict(until=until, reasons=tuple(reasons), behind=tuple(behind))


def _later(operation: OrganisationOperation) -> list[OrganisationOperation]:
    """Later ones that stand, on an organisation it changed or put something under."""
    mine = set(operation.changes.filter(organisation__isnull=False).values_list("organisation_id", flat=True))
    mine |= {parent for _pk, old, new in operation.journal["places"] for parent in (old, new) if parent}
    rows = OrganisationOperation.objects.standing().filter(done_at__gte=operation.done_at).exclude(pk=operation.pk)
    touching = OrganisationChange.objects.filter(organisation__in=list(mine)).values("operation_id")
    return list(rows.filter(pk__in=touching).defer("journal").order_by("-done_at"))


def _edited(journal: dict[str, Any]) -> list[str]:
    units = {unit.pk: unit for unit in Organisation.objects.filter(pk__in=[pk for pk, _fields in journal["fields"]])}
    for pk, fields in journal["fields"]:
        for name, (_before, after) in fields.items():
            if str(getattr(units[pk], name) or "") != str(after or ""):
                return [_("%(unit)s đã được sửa từ đó.") % {"unit": units[pk].label}]
    olds = [old for _pk, old, _new in journal["places"] if old]
    for unit in Organisation.objects.filter(pk__in=olds, valid_to__isnull=False):
        if unit.pk not in {pk for pk, _fields in journal["fields"]}:
            return [_("Cấp trên cũ %(unit)s đã hết hoạt động.") % {"unit": unit.label}]
    return []


def _people_went_on(journal: dict[str, Any]) -> list[str]:
    made = [new for _old, new in journal["people"] if new]
    old = [pk for pk, _new in journal["people"]]
    back = Membership.objects.current().filter(user=OuterRef("user"), organisation=OuterRef("organisation"))
    left = sum(Membership.objects.filter(pk__in=some, until__isnull=False).count() for some in _slices(made))
    again = sum(Membership.objects.filter(Exists(back), pk__in=some).count() for some in _slices(old))
    told = [_("%(n)s người đã rời hoặc chuyển đi từ đó.") % {"n": left}] if left else []
    return told + ([_("%(n)s người đã được ghi lại vào đơn vị cũ.") % {"n": again}] if again else [])


def _classes_went_on(journal: dict[str, Any]) -> list[str]:
    after = {pk: new for pk, _old, new in journal["classes"]}
    now = TrainingClass.objects.filter(pk__in=after).values_list("pk", "organisation_id")
    moved = sum(1 for pk, organisation in now if after[str(pk)] != organisation)
    return [_("%(n)s lớp đã chuyển đi nơi khác từ đó.") % {"n": moved}] if moved else []


def _built_in_made(journal: dict[str, Any]) -> list[str]:
    """Anything in organisations it made that it did not put there itself: they would have to go."""
    made = journal["made"]
    if not made:
        return []
    ours: dict[str, set[Any]] = {
        "membership": {new for _old, new in journal["people"] if new},
        "role": {pk for _old, new in journal["roles"] for pk in new},
        "trainingclass": {pk for pk, _old, _new in journal["classes"]},
        "staffrequirement": {pk for _old, new, _stays in journal["requirements"] for pk in new},
    }
    built = 0
    for relation in Organisation._meta.related_objects:
        # What is counted follows from the rest and goes with the organisation.
        if relation.related_model in (OrganisationChange, Organisation, AgencyCount):
            continue
        known = ours.get(relation.related_model._meta.model_name or "", set())
        for some in _slices(made):
            rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": some})
            built += sum(1 for pk in rows.values_list("pk", flat=True) if pk not in known and str(pk) not in known)
    put_there = {pk for pk, _old, _new in journal["places"]} | set(made)
    up = Substr("path", 1, Length("path") - STEP)
    for some in _slices(made):
        paths = Organisation.objects.filter(pk__in=some).values("path")
        below = Organisation.objects.annotate(up=up).filter(up__in=paths).values_list("pk", flat=True)
        built += sum(1 for pk in below if pk not in put_there)
    if not built:
        return []
    return [_("Đơn vị mới lập đã có %(n)s thứ gắn vào (người, lớp, lượt học, đơn vị trực thuộc).") % {"n": built}]


def _slices(ids: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(ids[place : place + 500]) for place in range(0, len(ids), 500))
