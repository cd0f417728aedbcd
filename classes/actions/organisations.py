"""Organisations are renamed, moved, merged, split, closed or imported, and what hangs on them goes along."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from classes import queries
from classes.actions.counts import recount_agencies
from classes.models import StaffRequirement, TrainingClass
from people.actions.operations import carry_out, lock_tree, take_back
from people.models import Organisation, OrganisationFile, OrganisationOperation, User
from people.text import nfc


class NotInCharge(PermissionError):
    """He is not the owner over all that would be touched (for a new name: nor its officer)."""


class PlanRefused(ValueError):
    """It cannot be done. The argument says why, in words for the reader."""


class PlanChanged(Exception):
    """Something has changed since the plan was shown; it must be looked at again."""


class UndoRefused(ValueError):
    """Something has been built on it. The argument says what, in words for the reader."""


@transaction.atomic
def reorganise(
    *, key: uuid.UUID, wanted: queries.Wanted, seen: str, reason: str, by: User | None, now: dt.datetime
) -> OrganisationOperation:  # fmt: skip
    """Do what `queries.plan_for(wanted)` showed, all of it or nothing. `key` becomes the operation's id: pressed twice,

    it is done once. `by` None is the command line. Raises NotInCharge, PlanRefused, PlanChanged.
    """
    lock_tree(queries.codes_of(wanted))
    done = OrganisationOperation.objects.filter(pk=key).first()
    if done and done.done_by == by:
        return done
    key = uuid.uuid4() if done else key  # somebody else's id: never theirs, never an error that tells
    try:
        plan = queries.plan_for(wanted, today=timezone.localdate(now))
    except Organisation.DoesNotExist as error:
        raise PlanChanged from error
    return _do(key, plan, seen, reason, by, now)


@transaction.atomic
def apply_table(
    *, key: uuid.UUID, table: list[list[str]], seen: str, reason: str, by: User | None, now: dt.datetime
) -> OrganisationOperation:  # fmt: skip
    """Bring the right rows of a file into the tree, as `queries.import_plan` showed it; the wrong ones are left out.

    `key` becomes the operation's id: applied twice, it is done once. Raises NotInCharge, PlanRefused, PlanChanged.
    """
    lock_tree(())
    done = OrganisationOperation.objects.filter(pk=key).first()
    if done and done.done_by == by and done.undone_at is None:
        return done
    key = uuid.uuid4() if done else key  # taken back since, or somebody else's
    shown = queries.import_plan(table, today=timezone.localdate(now), by=by)
    return _do(key, shown.plan, seen, reason, by, now)


def _do(
    key: uuid.UUID, plan: queries.Plan, seen: str, reason: str, by: User | None, now: dt.datetime
) -> OrganisationOperation:  # fmt: skip
    if not queries.in_charge(by, plan):
        raise NotInCharge(plan.tree.kind)
    if plan.seen != seen:
        raise PlanChanged
    if plan.refusals:
        raise PlanRefused(" ".join(plan.refusals))
    operation = carry_out(key=key, plan=plan.tree, by=by, reason=nfc(reason), now=now)
    operation.journal |= {
        "classes": _carry_classes(plan), "closing": _close_classes(plan, now), "requirements": _carry_requirements(plan, now),
    }  # fmt: skip
    operation.effect = dict(plan.counts)
    operation.save(update_fields=["journal", "effect"])
    recount_agencies(now=now)
    return operation


def _carry_classes(plan: queries.Plan) -> list[list[Any]]:
    where, places = dict(plan.classes), _ids(code for _pk, code in plan.classes)
    moved = []
    for one in TrainingClass.objects.filter(pk__in=where).order_by("pk"):
        new = places[where[one.pk]]
        moved.append([str(one.pk), one.organisation_id, new])
        TrainingClass.objects.filter(pk=one.pk).update(organisation=new)
    return moved


def _close_classes(plan: queries.Plan, now: dt.datetime) -> list[str]:
    TrainingClass.objects.open().filter(pk__in=plan.closing).update(closed_at=now)
    return [str(pk) for pk in plan.closing]


# What is required stays as it was asked.
_ASKED = ("groups", "due_at", "days", "asked_on", "months", "set_by_id", "set_at")


def _carry_requirements(plan: queries.Plan, now: dt.datetime) -> list[list[Any]]:
    """The old row is withdrawn and a new one made, so that what was required of whom stays on record.

    Where the course is required already, that date stands.
    """
    places = _ids(code for _pk, codes in plan.requirements for code in codes)
    found = {row.pk: row for row in StaffRequirement.objects.filter(pk__in=[pk for pk, _codes in plan.requirements])}
    carried: list[list[Any]] = []
    for pk, codes in plan.requirements:
        row, made = found[pk], []
        stays = row.organisation_id in {places[code] for code in codes}
        if not stays:
            StaffRequirement.objects.filter(pk=pk).update(withdrawn_at=now)
        for code in codes:
            kept, new = StaffRequirement.objects.get_or_create(
                organisation_id=places[code], course_id=row.course_id, withdrawn_at=None,
                defaults={name: getattr(row, name) for name in _ASKED},
            )  # fmt: skip
            made += [kept.pk] if new else []
        carried.append([pk, made, stays])
    return carried


@transaction.atomic
def undo_operation(*, operation: OrganisationOperation, by: User | None, now: dt.datetime) -> OrganisationOperation:
    """As if it had not been done, while nothing stands on it. Undone twice, the first time stands.

    What was learnt meanwhile stays with whom it was recorded for. Raises NotInCharge, UndoRefused.
    """
    lock_tree(())
    operation = OrganisationOperation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    if not queries.may_undo(by, operation):
        raise NotInCharge(operation.kind)
    if operation.undone_at:
        return operation
    verdict = queries.undo_verdict(operation, now=now)
    if verdict.reasons:
        raise UndoRefused(" ".join(verdict.reasons))
    journal = operation.journal
    for pk, old, _new in journal["classes"]:
        TrainingClass.objects.filter(pk=pk).update(organisation=old)
    TrainingClass.objects.filter(pk__in=journal["closing"], closed_at=operation.done_at).update(closed_at=None)
    _take_back_requirements(journal["requirements"])
    take_back(operation=operation, by=by, now=now)
    operation.refresh_from_db()
    recount_agencies(now=now)
    return operation


def _take_back_requirements(carried: list[list[Any]]) -> None:
    """Made rows go; a row that was withdrawn stands again, unless somebody has required the course anew meanwhile."""
    StaffRequirement.objects.filter(pk__in=[pk for _old, made, _stays in carried for pk in made]).delete()
    for row in StaffRequirement.objects.filter(pk__in=[old for old, _made, stays in carried if not stays]):
        again = StaffRequirement.objects.current().filter(organisation=row.organisation_id, course=row.course_id)
        if not again.exists():
            StaffRequirement.objects.filter(pk=row.pk).update(withdrawn_at=None)


def _ids(codes: Any) -> dict[str, int]:
    return dict(Organisation.objects.filter(code__in=set(codes)).values_list("code", "pk"))


KEPT_FOR = dt.timedelta(days=7)


@transaction.atomic
def keep_file(
    *, key: uuid.UUID, name: str, table: list[list[str]], by: User, now: dt.datetime
) -> OrganisationFile:  # fmt: skip
    """Keep a file for the dry run; files nobody applied within a week are forgotten. Sent twice, it is kept once."""
    OrganisationFile.objects.filter(uploaded_at__lt=now - KEPT_FOR).delete()
    fields = {"name": nfc(name)[:255], "table": table, "uploaded_by": by, "uploaded_at": now}
    kept, _made = OrganisationFile.objects.get_or_create(pk=key, defaults=fields)
    return kept if kept.uploaded_by == by else OrganisationFile.objects.create(**fields)
