"""Two accounts of one person become one, and two again for thirty days.

What moves is declared with every model that names a person (people/personal_data.yaml, `merge`), so that apps above this
one are reached without being imported. Power never moves, and no way into an account does (decision 0020).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Field, ForeignKey, Max, Model
from django.utils import timezone

from people.actions.accounts import require_reach
from people.actions.sessions import end_sign_ins
from people.declarations import Declared, declared
from people.models import AccountEvent, AccountEventKind, AccountMerge, Erasure, Role, User
from people.queries.duplicates import UNDONE_WITHIN, against, mergeable_by, moving_field, rows_moving
from people.text import nfc


class NotYours(PermissionError):
    """Both accounts must lie in what the merging person manages, and neither be her own."""


class NotMerged(ValueError):
    """Something stands against it; the argument is the word of people.queries.duplicates.against, or "no_reason"."""


class CannotBeUndone(ValueError):
    """It is final, one of the two was erased, or what moved has changed since."""


@transaction.atomic
def merge_people(*, kept: User, closed: User, reason: str, by: User | None, now: dt.datetime) -> AccountMerge:
    """What `closed` learned and where she belongs is `kept`'s from now on; `closed` cannot be entered any more.

    Its roles end: `by` must reach each of them. `by` None is the command line. Both are told by letter. Merged twice, the first
    one stands. What is counted beforehand is counted anew by the sweeps. Raises NotYours, NotMerged, RoleRefused.
    """
    locked = {one.pk: one for one in User.objects.select_for_update().filter(pk__in=[kept.pk, closed.pk]).order_by("pk")}
    kept, closed = locked[kept.pk], locked[closed.pk]
    before = AccountMerge.objects.standing().filter(kept=kept, closed=closed).first()
    if before is not None:
        return before
    if by is not None and mergeable_by(by).filter(pk__in=locked).count() != len(locked):
        raise NotYours(by.pk)
    wrong = against(kept, closed) or ("" if nfc(reason) else "no_reason")
    if wrong:
        raise NotMerged(wrong)
    _require_roles(closed, by)
    moving = _Moving(kept, closed, now)
    merge = AccountMerge.objects.create(
        kept=kept, closed=closed, by=by, reason=nfc(reason)[:200], at=now, counts=dict(moving.run()), journal=moving.journal
    )
    end_sign_ins(user=closed)
    for user in (kept, closed):
        AccountEvent.objects.create(kind=AccountEventKind.MERGED, user=user, by=by, reason=merge.reason, at=now)
    return merge


def _require_roles(closed: User, by: User | None) -> None:
    """Ending somebody's power by merging her away takes what ending it takes."""
    for role in Role.objects.current().filter(user=closed).select_related("organisation"):
        require_reach(by, role.kind, role.organisation)


class _Moving:
    """Every change goes through `change`, which notes what stood there."""

    def __init__(self, kept: User, closed: User, now: dt.datetime) -> None:
        self.kept, self.closed, self.now = kept, closed, now
        self.journal: list[list[Any]] = []

    def run(self) -> Counter[str]:
        moved: Counter[str] = Counter()
        for one in declared():
            if "ends" in one.merge.values():
                self._end_all(one)
            if moving_field(one):
                for row in rows_moving(one, self.closed):
                    moved[one.label] += self._move(one, row)
        self.change(self.closed, is_active=False)
        return moved

    def change(self, row: Model, **after: Any) -> None:
        """Raises IntegrityError, after which nothing has changed."""
        before = {name: getattr(row, row._meta.get_field(name).attname) for name in after}  # type: ignore[union-attr]
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**after)
        told = {name: [_plain(before[name]), _plain(value)] for name, value in after.items()}
        self.journal.append([row._meta.label, str(row.pk), told])

    def _end_all(self, one: Declared) -> None:
        name = next(name for name, how in one.merge.items() if how == "ends")
        for row in one.model._base_manager.filter(**{name: self.closed.pk, one.merge["ends"]: None}).order_by("pk"):
            self.change(row, **self._end(one, row))

    def _end(self, one: Declared, row: Model) -> dict[str, Any]:
        name = one.merge.get("ends", "")
        if not name or getattr(row, name) is not None:
            return {}
        dated = one.model._meta.get_field(name).get_internal_type() == "DateField"
        return {name: timezone.localdate(self.now) if dated else self.now}

    def _move(self, one: Declared, row: Model) -> bool:
        """Whether it went over. Where the first account has such a row, what is declared for that case."""
        over: dict[str, Any] = {moving_field(one): self.kept.pk}
        if "clears" in one.merge:
            over[one.merge["clears"]] = ""
        ways = [over]
        if one.merge.get("taken") == "numbers":
            free = {one.merge["number"]: self._free_number(one, row)}
            ways += [over | free, over | self._end(one, row), over | free | self._end(one, row)]
        for way in ways:
            try:
                self.change(row, **way)
            except IntegrityError:
                continue
            return True
        if one.merge.get("taken") == "folds":
            self._fold(one, row)
        ended = self._end(one, row) | ({one.merge["clears"]: ""} if "clears" in one.merge else {})
        if ended:
            self.change(row, **ended)
        return False

    def _free_number(self, one: Declared, row: Model) -> int:
        """The next one of the first account among rows that differ in nothing else that is unique with it."""
        same = self._same(one, row, one.merge["number"])
        del same[one.merge["number"]]
        return (one.model._base_manager.filter(**same).aggregate(top=Max(one.merge["number"]))["top"] or 0) + 1

    def _same(self, one: Declared, row: Model, holding: str) -> dict[str, Any]:
        """The values of the unique constraint with the column `holding`, as the first account's row has them."""
        unique = next(fields for each in one.model._meta.constraints if holding in (fields := getattr(each, "fields", ())))
        values = {name: getattr(row, one.model._meta.get_field(name).attname) for name in unique}  # type: ignore[union-attr]
        return values | {moving_field(one): self.kept.pk}

    def _fold(self, one: Declared, row: Model) -> None:
        """The rows under it move under the first account's; where that one has such a row too, its own counts."""
        target = one.model._base_manager.get(**self._same(one, row, moving_field(one)))
        for relation in one.model._meta.related_objects:
            field = relation.field
            for child in relation.related_model._base_manager.filter(**{field.name: row.pk}).order_by("pk"):  # type: ignore[union-attr]
                try:
                    self.change(child, **{field.name: target.pk})
                except IntegrityError:
                    continue


# --- undoing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo_merge(*, merge: AccountMerge, by: User | None, now: dt.datetime) -> AccountMerge:
    """Every row that moved goes back as it was, the roles and the closed account with it. Undone twice, the first one stands.

    What the person did since stays with the account that was kept. Raises NotYours, RoleRefused, CannotBeUndone.
    """
    merge = AccountMerge.objects.select_for_update(of=("self",)).select_related("kept", "closed").get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    if by is not None and not mergeable_by(by).filter(pk=merge.kept_id).exists():
        raise NotYours(by.pk)
    erased = Erasure.objects.filter(account__in=[merge.kept_id, merge.closed_id]).exists()
    if merge.final_at or not merge.journal or erased or now > merge.at + UNDONE_WITHIN or not merge.kept.is_active:
        raise CannotBeUndone(merge.pk)
    for label, key, told in reversed(merge.journal):
        _put_back(apps.get_model(label), key, told)
    _require_roles(merge.closed, by)
    AccountMerge.objects.filter(pk=merge.pk).update(undone_at=now, undone_by=by)
    for user in (merge.kept, merge.closed):
        AccountEvent.objects.create(kind=AccountEventKind.UNMERGED, user=user, by=by, reason=merge.reason, at=now)
    merge.refresh_from_db()
    return merge


def _put_back(model: type[Model], key: str, told: dict[str, list[Any]]) -> None:
    fields = {name: model._meta.get_field(name) for name in told}
    now_there = {_column(fields[name]): _read(fields[name], after) for name, (_before, after) in told.items()}
    was = {_column(fields[name]): _read(fields[name], before) for name, (before, _after) in told.items()}
    nulls = {f"{name}__isnull": True for name, value in now_there.items() if value is None}
    values = {name: value for name, value in now_there.items() if value is not None}
    if not model._base_manager.filter(pk=key, **values, **nulls).update(**was):
        raise CannotBeUndone(f"{model._meta.label} {key}")


def _column(field: Any) -> str:
    return str(field.attname)


def _read(field: Any, kept: Any) -> Any:
    real: Field = field.target_field if isinstance(field, ForeignKey) else field
    return None if kept is None else real.to_python(kept)


def _plain(value: Any) -> Any:
    """As JSON keeps it, to the microsecond."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def finish_merges(*, now: dt.datetime) -> int:
    """After thirty days a merge is final: its journal goes, and the closed account's address is free for the person again."""
    due = AccountMerge.objects.standing().filter(final_at__isnull=True, at__lt=now - UNDONE_WITHIN)
    finished = 0
    for merge in due.order_by("pk"):
        with transaction.atomic():
            if not AccountMerge.objects.filter(pk=merge.pk, final_at__isnull=True).update(final_at=now, journal=[]):
                continue
            EmailAddress.objects.filter(user=merge.closed_id).delete()
            User.objects.filter(pk=merge.closed_id).update(email="")
            finished += 1
    return finished
