"""Operations on the tree: what a plan says is done to organisations, memberships and roles, and taken back.

Each runs inside the transaction of whoever composes the whole operation, because classes and requirements move with it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Greatest

from people.actions.accounts import match_groups
from people.actions.organisations import plant, uproot
from people.models import (
    Membership,
    OperationKind,
    Organisation,
    OrganisationChange,
    OrganisationOperation,
    Part,
    Role,
    StaffCategory,
    User,
)
from people.reorganising import TreePlan
from people.text import fold

BATCH = 2000


def lock_tree(codes: Collection[str]) -> None:
    """One operation on the tree at a time; nobody comes into the organisations named until it is over.

    The roots stand for the tree: paths of a whole branch change at once.
    """
    list(Organisation.objects.filter(depth=1).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    list(Organisation.objects.filter(code__in=codes).order_by("pk").select_for_update().values_list("pk"))


@transaction.atomic
def carry_out(*, key: uuid.UUID, plan: TreePlan, by: User | None, reason: str, now: dt.datetime) -> OrganisationOperation:
    """Do what `plan` says. `key` becomes the operation's id; its effect counts are the caller's to write."""
    work = _Work(plan)
    work.make()
    work.set_fields()
    work.move()
    work.carry_people()
    work.carry_roles(by, now)
    operation = OrganisationOperation.objects.create(
        pk=key, kind=OperationKind(plan.kind), on=plan.on, reason=reason, journal=work.journal, done_by=by, done_at=now,
    )  # fmt: skip
    OrganisationChange.objects.bulk_create(work.changes(operation), batch_size=500)
    return operation


class _Work:
    """One plan being carried out, and the journal of it."""

    def __init__(self, plan: TreePlan) -> None:
        self.plan = plan
        self.journal: dict[str, Any] = {"made": [], "fields": [], "places": [], "people": [], "roles": []}
        self.new = {unit.code for unit in plan.make}
        named = {code for code, _field, _value in plan.fields} | {code for code, _parent in plan.places} | set(plan.receives)
        named |= {code for _code, code in plan.places} | {code for _pk, code in plan.people}
        named |= {code for _pk, codes in plan.roles for code in codes}
        named |= {value for _code, field, value in plan.fields if field == "successor"}
        self.units = {unit.code: unit for unit in Organisation.objects.filter(code__in=named - self.new - {""})}
        self.before: dict[str, dict[str, Any]] = defaultdict(dict)
        self.after: dict[str, dict[str, Any]] = defaultdict(dict)

    def make(self) -> None:
        made = plant(units=self.plan.make)
        self.journal["made"] = list(made.values())
        self.units |= {one.code: one for one in _chunked(Organisation.objects.all(), list(made.values()))}

    def set_fields(self) -> None:
        wanted: dict[str, dict[str, Any]] = defaultdict(dict)
        for code, field, value in self.plan.fields:
            wanted[code][field] = value
        for code, values in wanted.items():
            unit = self.units[code]
            kept = {}
            for field, value in values.items():
                column = "successor_id" if field == "successor" else field
                new = self.units[value].pk if field == "successor" and value else value
                kept[column] = [getattr(unit, column), new]
                self.before[code][field] = _successor(unit) if field == "successor" else getattr(unit, field)
                self.after[code][field] = value
                setattr(unit, column, new or None if field == "successor" else new)
            unit.save(update_fields=[*kept, "folded"])
            self.journal["fields"].append([unit.pk, kept])

    def move(self) -> None:
        for code, parent in self.plan.places:
            unit = Organisation.objects.get(pk=self.units[code].pk)  # its path may have changed with another's
            old = unit.get_parent()
            unit.move(Organisation.objects.get(pk=self.units[parent].pk), "last-child")
            self.journal["places"].append([unit.pk, old.pk if old else None, self.units[parent].pk])
            self.before[code]["parent"], self.after[code]["parent"] = old.code if old else "", parent

    def carry_people(self) -> None:
        """Open memberships end on the day and begin where they are carried to; who is there already begins nothing."""
        carried = dict(self.plan.people)
        ended = list(_chunked(Membership.objects.current().order_by("since", "pk"), list(carried)))
        _update(Membership, [row.pk for row in ended], until=Greatest("since", models.Value(self.plan.on)))
        places = {code: self.units[code].pk for code in set(carried.values()) if code}
        there = set()
        for some in _slices({row.user_id for row in ended}):
            open_there = Membership.objects.current().filter(organisation__in=places.values(), user__in=some)
            there |= set(open_there.values_list("user_id", "organisation_id"))
        made: dict[tuple[int, int], Membership] = {}
        pairs: list[tuple[int, tuple[int, int] | None]] = []
        # Staff before pupils: of somebody who is both in two units, the one that is counted stays.
        for row in sorted(ended, key=lambda row: row.category == StaffCategory.PUPIL):
            place = (row.user_id, places.get(carried[row.pk], 0))
            if place[1] and place not in there and place not in made:
                made[place] = Membership(
                    user_id=row.user_id, organisation_id=place[1], category=row.category,
                    since=max(row.since, self.plan.on), carried_since=row.carried_since or row.since,
                )  # fmt: skip
                pairs.append((row.pk, place))
            else:
                pairs.append((row.pk, None))
        Membership.objects.bulk_create(made.values(), batch_size=BATCH)
        self.journal["people"] = [[pk, made[place].pk if place else None] for pk, place in pairs]

    def carry_roles(self, by: User | None, now: dt.datetime) -> None:
        carried = dict(self.plan.roles)
        ended = list(Role.objects.current().filter(pk__in=carried).select_related("user", "organisation").order_by("pk"))
        # Where its own code is among the places it is carried to, it goes on.
        Role.objects.filter(pk__in=[row.pk for row in ended if row.organisation.code not in carried[row.pk]]).update(until=now)
        for row in ended:
            made = []
            for code in carried[row.pk]:
                held, new = Role.objects.get_or_create(
                    user=row.user, kind=row.kind, organisation=self.units[code], until=None,
                    defaults={"since": now, "granted_by": by},
                )  # fmt: skip
                made += [held.pk] if new else []
            self.journal["roles"].append([row.pk, made])
        for user in {row.user_id: row.user for row in ended}.values():
            match_groups(user)

    def changes(self, operation: OrganisationOperation) -> Iterator[OrganisationChange]:
        for code in dict.fromkeys([*(unit.code for unit in self.plan.make), *self.after, *self.plan.receives]):
            unit, before, after = self.units[code], self.before[code], self.after[code]
            former = " ".join(str(before.get(name, "")) for name in ("name", "short_name"))
            yield OrganisationChange(
                operation=operation, organisation_id=unit.pk, code=code, name=unit.name, part=self._part(code, after),
                before=before, after=after, former_folded=fold(former)[:400],
            )  # fmt: skip

    def _part(self, code: str, after: dict[str, Any]) -> str:
        if code in self.new:
            return Part.MADE
        if "valid_to" in after:
            return Part.ENDED
        if "parent" in after:
            return Part.MOVED
        return Part.CHANGED if after else Part.RECEIVED


@transaction.atomic
def take_back(*, operation: OrganisationOperation, by: User | None, now: dt.datetime) -> None:
    """Undo the tree's and the people's part. Whoever calls has seen that nothing stands on it."""
    journal = operation.journal
    _take_back_roles(journal["roles"], journal["made"], now)
    _delete(Membership, [made for _old, made in journal["people"] if made])
    _update(Membership, [old for old, _made in journal["people"]], until=None)
    for pk, old, _new in reversed(journal["places"]):
        unit = Organisation.objects.get(pk=pk)
        if old:
            unit.move(Organisation.objects.get(pk=old), "last-child")
        else:
            unit.move(Organisation.get_last_root_node(), "last-sibling")
    for pk, fields in reversed(journal["fields"]):
        unit = Organisation.objects.get(pk=pk)
        for field, (before, _after) in fields.items():
            setattr(unit, field, unit._meta.get_field(field.removesuffix("_id")).to_python(before))
        unit.save(update_fields=[*fields, "folded"])
    uproot(ids=journal["made"])
    OrganisationOperation.objects.filter(pk=operation.pk).update(undone_at=now, undone_by=by)


def _take_back_roles(pairs: Sequence[tuple[int, list[int]]], gone: Collection[int], now: dt.datetime) -> None:
    """A role that somebody has taken away since stays taken away. One held in an organisation that goes, goes."""
    made = {pk for _old, new in pairs for pk in new}
    standing = set(Role.objects.current().filter(pk__in=made).values_list("pk", flat=True))
    back = [old for old, new in pairs if not set(new) - standing]
    Role.objects.filter(pk__in=standing).update(until=now)
    for role in Role.objects.filter(pk__in=back).select_related("user"):
        if not Role.objects.current().filter(user=role.user, kind=role.kind, organisation=role.organisation_id).exists():
            Role.objects.filter(pk=role.pk).update(until=None)
    touched = {old for old, _new in pairs} | made
    users = list(User.objects.filter(pk__in=Role.objects.filter(pk__in=touched).values("user_id")))
    Role.objects.filter(pk__in=made, organisation__in=gone).delete()
    for user in users:
        match_groups(user)


def _successor(unit: Organisation) -> str:
    return unit.successor.code if unit.successor_id and unit.successor else ""


def _slices(ids: Collection[int]) -> Iterator[list[int]]:
    kept = list(ids)
    return (kept[place : place + BATCH] for place in range(0, len(kept), BATCH))


def _chunked(rows: models.QuerySet[Any], ids: Sequence[int]) -> Iterator[Any]:
    for some in _slices(ids):
        yield from rows.filter(pk__in=some)


def _update(model: type[models.Model], ids: Iterable[int], **values: Any) -> None:
    for some in _slices(list(ids)):
        model._default_manager.filter(pk__in=some).update(**values)


def _delete(model: type[models.Model], ids: Iterable[int]) -> None:
    for some in _slices(list(ids)):
        model._default_manager.filter(pk__in=some).delete()
