"""Plan and do, as the two steps of a form; and what a tree of organisations must always be."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from classes import actions, queries
from classes.queries import agencies
from people.models import Membership, Organisation, OrganisationOperation
from people.reorganising import NewUnit

DAY = dt.date(2026, 11, 1)


def do(wanted: queries.Wanted, by: Any, now: dt.datetime, key: uuid.UUID | None = None) -> OrganisationOperation:
    plan = queries.plan_for(wanted, today=now.date())
    return actions.reorganise(
        key=key or uuid.uuid4(), wanted=wanted, seen=plan.seen, reason="QĐ 12/QĐ-UBND", by=by, now=now
    )


def refusals(wanted: queries.Wanted, now: dt.datetime) -> str:
    return " ".join(queries.plan_for(wanted, today=now.date()).refusals)


def new(code: str, name: str, parent: str = "UBND-TP", kind: str = "ward") -> NewUnit:
    return NewUnit(code=code, name=name, kind=kind, parent=parent, valid_from=DAY)


def merge(sources: list[str], target: str, **more: Any) -> queries.Merge:
    return queries.Merge(sources=tuple(sources), target=target, **{"on": DAY, **more})


def unit(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


def parent(code: str) -> str:
    above = unit(code).get_parent()
    return above.code if above else ""


def people(code: str) -> set[str]:
    return set(Membership.objects.current().filter(organisation__code=code).values_list("user__username", flat=True))


def snapshot() -> dict[str, Any]:
    """Everything an operation writes, without ids that an undo cannot give back and without the order of siblings."""
    from classes.models import StaffRequirement, TrainingClass
    from people.models import Role

    memberships = Membership.objects.values_list("user__username", "organisation__code", "since", "until", "category")
    return {
        "tree": sorted(
            (one.code, parent(one.code), one.name, one.short_name, str(one.valid_to), one.successor_id, one.numchild, one.folded)
            for one in Organisation.objects.all()
        ),
        "people": sorted(map(str, memberships)),
        "roles": sorted(Role.objects.current().values_list("user__username", "organisation__code", "kind")),
        "classes": sorted(TrainingClass.objects.values_list("pk", "organisation__code", "closed_at")),
        "requirements": sorted(StaffRequirement.objects.current().values_list("organisation__code", "course_id", "due_at")),
    }


def assert_sound(now: dt.datetime) -> None:
    """treebeard finds nothing wrong, and every sub-tree counts what a walk through parents counts."""
    assert Organisation.find_problems() == ([], [], [], [], [])
    units = {one.path: one for one in Organisation.objects.all()}
    above: dict[int, set[int]] = {}
    for one in units.values():
        step, chain = one, set()
        while step is not None:
            chain.add(step.pk)
            step = units.get(step.path[: -Organisation.steplen])
        above[one.pk] = chain
    held = list(Membership.objects.current().staff().values_list("user_id", "organisation_id"))

    def brute_force(root: Organisation) -> int:
        return len({user for user, place in held if root.pk in above[place]})

    actions.count_agencies(now=now)
    for root in units.values():
        if root.numchild:
            table = agencies.agency_table([root], now=now)
            assert table.total.staff == brute_force(root), root.code
            for row in table.rows:
                assert row.own or row.counts.staff == brute_force(row.organisation), row.organisation.code
