"""A list of people from the file to the database and back: received, checked, applied, undone, forgotten.

Each step takes a state and leaves the next, in transactions of a few hundred rows: a worker that is killed in the middle
is followed by another that goes on where the last transaction ended. All steps of one city wait for each other, so that
two lists never make one person twice.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, cast
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone

from people import roster as lists
from people import sheets
from people.actions import guardians
from people.actions.accounts import RoleRefused, end_role, grant_role
from people.consents import current_texts
from people.models import (
    ACTING,
    KEPT,
    Audience,
    Consent,
    ConsentPurpose,
    GuardianQuestion,
    GuardianState,
    LegalBasis,
    Membership,
    OpenedAccount,
    Organisation,
    Role,
    RoleKind,
    RosterHeading,
    RosterImport,
    RosterKind,
    RosterRow,
    RosterState,
    RowStatus,
    User,
)
from people.queries.rosters import Decision, Matcher, counts, known_headings, may_import, missing, repeated
from people.roster import Person, Problem
from people.text import fold, nfc

log = logging.getLogger(__name__)

READ_AT_ONCE = 1000
WRITE_AT_ONCE = 500
LOOK_FOR_HEADINGS = 25
LEASE = dt.timedelta(seconds=120)  # longer than the slice of time a task works
PATIENCE = 5  # failures of one list before it is given up

_AUDIENCE: dict[str, Audience] = {
    RosterKind.STAFF: Audience.STAFF, RosterKind.TEACHERS: Audience.TEACHER, RosterKind.PUPILS: Audience.PUPIL,
}  # fmt: skip


class NotYours(PermissionError):
    """Who sends, applies or undoes a list is no officer or owner over its organisation."""


class NotNow(Exception):
    """The list is not in the state this needs: somebody was quicker, or its seven days are over."""


class ColumnsMissing(ValueError):
    """No column holds the name."""


Sweep = Callable[[], bool]


def _require(user: User | None, roster: RosterImport) -> None:
    if not (roster.by_shell or may_import(user, roster.organisation)):
        raise NotYours


# --- a file comes in --------------------------------------------------------------------------------------------------


def receive(
    *, organisation: Organisation, kind: str, file: BinaryIO, name: str, by: User | None, now: dt.datetime,
    category: str = "", complete: bool = False, key: UUID | None = None, by_shell: bool = False,
) -> RosterImport:  # fmt: skip
    """Keep a file that is owed a check. `key` makes a form that is sent twice one list. Raises NotYours, sheets.Refused."""
    roster = RosterImport(
        organisation=organisation, kind=RosterKind(kind), category=category, complete=complete, sent_by=by, sent_at=now,
        file_name=nfc(name)[-120:], by_shell=by_shell, **({"pk": key} if key else {}),
    )  # fmt: skip
    _require(by, roster)
    roster.file_kind = sheets.inspect(file, name)
    known = RosterImport.objects.filter(pk=roster.pk, organisation=organisation).first()
    if known:
        return known
    file.seek(0)
    roster.file.save(name, File(file), save=False)
    roster.save(force_insert=True)
    return roster


@transaction.atomic
def choose_columns(*, roster: RosterImport, fields: Sequence[str], by: User | None, now: dt.datetime) -> RosterImport:
    """What each column means, remembered for this organisation; the file is read anew.

    Raises NotYours, NotNow, ColumnsMissing.
    """
    locked = _lock(roster.pk)
    _require(by, locked)
    if locked.state not in {RosterState.COLUMNS, RosterState.CHECKED, RosterState.READING} or not locked.file:
        raise NotNow
    allowed = {*lists.OF_KIND[locked.kind], *lists.PARTS, lists.NOT_TAKEN, ""}
    chosen = [field if field in allowed else "" for field in fields][: len(locked.headings)]
    if not lists.has_name(chosen):
        raise ColumnsMissing
    for heading, field in zip(locked.headings, chosen, strict=False):
        bare = lists.plain(heading)[:120]
        if bare and field:
            RosterHeading.objects.update_or_create(
                organisation=locked.organisation, heading=bare, defaults={"field": field}
            )
    locked.rows.all().delete()
    locked.fields, locked.state, locked.read_to, locked.done, locked.counts = chosen, RosterState.READING, 0, 0, {}
    locked.save(update_fields=["fields", "state", "read_to", "done", "counts"])
    return locked


def drop(*, roster: RosterImport, by: User | None, now: dt.datetime) -> RosterImport:
    """Forget a list that was not applied. Raises NotYours, NotNow."""
    with transaction.atomic():
        locked = _lock(roster.pk)
        _require(by, locked)
        if locked.state in {RosterState.APPLYING, RosterState.APPLIED, RosterState.UNDOING, RosterState.UNDONE}:
            raise NotNow
        locked.state = RosterState.DROPPED
        locked.save(update_fields=["state"])
    _forget(locked, now)
    return locked


def _forget(roster: RosterImport, now: dt.datetime) -> None:
    """What the list says of people goes, file and rows; that it was, and its counts, stays."""
    roster.rows.all().delete()
    _discard_file(roster)
    RosterImport.objects.filter(pk=roster.pk).update(forgotten_at=now)


def _discard_file(roster: RosterImport) -> None:
    """And its first lines, which only show what the columns of the file are."""
    if roster.file:
        roster.file.delete(save=False)
        RosterImport.objects.filter(pk=roster.pk).update(file="", sample=[])


def forget_old(*, now: dt.datetime) -> int:
    """Lists nobody touched for seven days: one that was not applied by then is dropped."""
    old = RosterImport.objects.filter(forgotten_at__isnull=True, sent_at__lt=now - KEPT).exclude(
        state__in=[RosterState.APPLYING, RosterState.UNDOING]
    ).exclude(applied_at__gte=now - KEPT).exclude(undone_at__gte=now - KEPT)  # fmt: skip
    forgotten = 0
    for roster in old:
        if roster.state not in {RosterState.APPLIED, RosterState.UNDONE, RosterState.REFUSED}:
            RosterImport.objects.filter(pk=roster.pk).update(state=RosterState.DROPPED)
        _forget(roster, now)
        forgotten += 1
    return forgotten


# --- the sweep --------------------------------------------------------------------------------------------------------


def work_owed(*, now: dt.datetime, more: Sweep) -> int:
    """Go on with every list that is owed work, the oldest first, as long as `more` says so. Returns how many were advanced.

    One worker of all is at lists at a time, so that certificates and letters have the others; one that was killed is
    waited for until its lease is over. A list that fails does not stop the others; one that cannot be read is refused
    after a few tries.
    """
    advanced = 0
    for pk in list(RosterImport.objects.owed().order_by("sent_at").values_list("pk", flat=True)):
        if not more() or not _take(pk, now):
            break
        try:
            work(roster_id=pk, now=now, more=more)
            advanced += 1
        except Exception:
            log.exception("roster %s could not go on", pk)
            _failed(pk)
        finally:
            RosterImport.objects.filter(pk=pk).update(busy_until=None)
    return advanced


def _take(pk: UUID, now: dt.datetime) -> bool:
    with transaction.atomic():
        _lock(pk)
        if RosterImport.objects.owed().filter(busy_until__gt=now).exists():
            return False
        return bool(RosterImport.objects.filter(pk=pk).update(busy_until=now + LEASE))


def _failed(pk: UUID) -> None:
    with transaction.atomic():
        roster = _lock(pk)
        roster.failures += 1
        if roster.failures >= PATIENCE and roster.state in {RosterState.RECEIVED, RosterState.READING}:
            roster.state, roster.reason = RosterState.REFUSED, "broken"
        roster.save(update_fields=["failures", "state", "reason"])


def work(*, roster_id: UUID, now: dt.datetime, more: Sweep) -> RosterImport:
    """Advance one list until it waits for a person or `more` says stop."""
    while True:
        roster = RosterImport.objects.select_related("organisation", "sent_by").get(pk=roster_id)
        if roster.state == RosterState.RECEIVED:
            _open(roster)
        elif roster.state == RosterState.READING:
            _read(roster, now, more)
        elif roster.state == RosterState.APPLYING:
            _apply_some(roster.pk, now)
        elif roster.state == RosterState.UNDOING:
            _undo_some(roster.pk, now)
        else:
            if roster.state in {RosterState.APPLIED, RosterState.UNDONE, RosterState.REFUSED}:
                _discard_file(roster)
            return roster
        if not more():
            return roster


def _lock(pk: UUID) -> RosterImport:
    """The list, and with it the whole city: who comes second waits until the first one's rows are written."""
    roster = RosterImport.objects.select_for_update(of=("self",)).select_related(
        "organisation", "sent_by", "approved_by"
    ).get(pk=pk)  # fmt: skip
    top = Organisation.objects.filter(path=roster.organisation.path[: Organisation.steplen])
    # Not FOR UPDATE, which would keep everybody else from naming the city in a new row.
    top.select_for_update(no_key=connection.features.has_select_for_no_key_update).first()
    return roster


def _refuse(pk: UUID, reason: str) -> None:
    RosterImport.objects.filter(pk=pk).update(state=RosterState.REFUSED, reason=reason)


def _open(roster: RosterImport) -> None:
    """Find the headings and, where they say enough, go on to reading."""
    try:
        with roster.file.open("rb") as file:
            first = list(itertools.islice(sheets.rows(cast(BinaryIO, file), roster.file_kind), LOOK_FOR_HEADINGS))
    except sheets.Refused as error:
        return _refuse(roster.pk, error.reason)
    if not first:
        return _refuse(roster.pk, "empty")
    known = known_headings(roster.organisation)
    named = (row for row in first if lists.is_heading(row.cells) or lists.has_name(lists.recognise(row.cells, known)))
    head = next(named, first[0])
    fields = [
        field if field in {*lists.OF_KIND[roster.kind], *lists.PARTS, ""} else lists.NOT_TAKEN
        for field in lists.recognise(head.cells, known)
    ]
    RosterImport.objects.filter(pk=roster.pk, state=RosterState.RECEIVED).update(
        headings=head.cells, heading_row=head.number, fields=fields, read_to=head.number,
        sample=[row.cells for row in first if row.number > head.number][:3],
        state=RosterState.READING if lists.has_name(fields) and "" not in fields else RosterState.COLUMNS,
    )  # fmt: skip
    return None


def _read(roster: RosterImport, now: dt.datetime, more: Sweep) -> None:
    """Understand and match every row of the file, a thousand a transaction. A second worker at the same file stops."""
    matcher = Matcher(roster, None if roster.by_shell else roster.sent_by, timezone.localdate(now))
    if not (roster.by_shell or roster.sent_by):
        return _refuse(roster.pk, "no_right")
    read_to = max(roster.read_to, roster.heading_row)
    try:
        with roster.file.open("rb") as file:
            new = (row for row in sheets.rows(cast(BinaryIO, file), roster.file_kind) if row.number > read_to)
            for chunk in _chunks(new, READ_AT_ONCE):
                if not _keep_read(roster, matcher, chunk, read_to):
                    return None
                read_to = chunk[-1].number
                if not more():
                    return None
    except sheets.Refused as error:
        return _refuse(roster.pk, error.reason)
    _settle(roster.pk, matcher, read_to, now)
    return None


def _chunks(rows: Iterable[sheets.Row], size: int) -> Iterator[list[sheets.Row]]:
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, size)):
        yield chunk


def _keep_read(roster: RosterImport, matcher: Matcher, chunk: list[sheets.Row], read_to: int) -> bool:
    made = []
    for row in chunk:
        values = lists.values_of(row.cells, roster.fields)
        over = roster.fields[row.over] if 0 <= row.over < len(roster.fields) else ""
        over = "full_name" if over in lists.PARTS else over if over in lists.COLUMNS else ""
        if over or not lists.is_blank(values):
            made.append(RosterRow(roster=roster, number=row.number, values=values, over=over))
    _decide(matcher, made)
    with transaction.atomic():
        locked = _lock(roster.pk)
        if locked.state != RosterState.READING or max(locked.read_to, locked.heading_row) != read_to:
            return False
        RosterRow.objects.bulk_create(made)
        locked.read_to, locked.done = chunk[-1].number, locked.done + len(made)
        locked.save(update_fields=["read_to", "done"])
    return True


def _decide(matcher: Matcher, rows: Sequence[RosterRow]) -> list[Decision]:
    """Set on each row what would become of it."""
    decisions = matcher.decide(rows)
    for row, decision in zip(rows, decisions, strict=True):
        person = decision.person
        row.status, row.unit_id, row.candidates = decision.status, decision.unit_id, decision.candidates
        row.problems = [one.kept() for one in decision.problems]
        row.user_id = decision.place.user_id if decision.place else None
        row.code, row.email, row.asks = person.code[:40], person.email[:254], decision.asks
        if not person.guardian_email:
            _forget_guardian(row)  # of whom nothing is to be asked
        alone = not (person.code or person.email or person.username)
        called = lists.same_name(person.full_name)[:130]
        row.name_key = f"{called}|{person.birth_year or ''}" if alone and called else ""
    return decisions


def _forget_guardian(row: RosterRow) -> None:
    row.values = {name: text for name, text in row.values.items() if name != "guardian_email"}


def _settle(pk: UUID, matcher: Matcher, read_to: int, now: dt.datetime) -> None:
    """What only the whole file tells: rows that repeat others, namesakes that are somebody else, who is missing."""
    with transaction.atomic():
        roster = _lock(pk)
        if roster.state != RosterState.READING or max(roster.read_to, roster.heading_row) != read_to:
            return
        if not roster.done:
            return _refuse(pk, "empty")
        _settle_rows(roster, matcher)
        roster.total, roster.checked_at, roster.state = roster.done, now, RosterState.CHECKED
        roster.counts = counts(roster)
        roster.save(update_fields=["total", "checked_at", "state", "counts"])


def _settle_rows(roster: RosterImport, matcher: Matcher) -> None:
    unsure = list(roster.rows.filter(status=RowStatus.AMBIGUOUS))
    _decide(matcher, unsure)
    _keep(unsure)
    found = repeated(roster)
    again = list(roster.rows.filter(pk__in=list(found)))
    for row in again:
        row.problems = [*(one for one in row.problems if one[1] not in {"repeated", "same_person"}), found[row.pk].kept()]
        row.status, row.user_id = RowStatus.WRONG, None
    _keep(again)
    roster.rows.filter(status=RowStatus.LEFT, applied_at__isnull=True).delete()
    if roster.complete:
        RosterRow.objects.bulk_create(
            RosterRow(
                roster=roster, status=RowStatus.LEFT, unit_id=one.organisation_id, user_id=one.user_id,
                candidates=[one.pk], values={"full_name": one.user.full_name},
            )
            for one in missing(roster).select_related("user")
        )  # fmt: skip


_KEPT_FIELDS = (
    "values", "over", "code", "email", "name_key", "status", "asks", "problems", "unit", "user", "candidates", "answer",
    "before", "applied_at", "undone_at", "undo_note",
)  # fmt: skip


def _keep(rows: Sequence[RosterRow]) -> None:
    """Write rows that exist, in one statement for hundreds of them."""
    RosterRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=_KEPT_FIELDS)


# --- mending ----------------------------------------------------------------------------------------------------------


def mend(
    *, roster: RosterImport, values: Mapping[int, Mapping[str, str]], answers: Mapping[int, str], by: User | None,
    now: dt.datetime,
) -> int:  # fmt: skip
    """Other values for some rows and answers to what was asked, checked at once. Returns how many rows are right now.

    `values` by row and field, "" leaves a cell empty; `answers` by row: a membership, "new" or "skip".
    Raises NotYours, NotNow.
    """
    with transaction.atomic():
        locked = _lock(roster.pk)
        _require(by, locked)
        if locked.state != RosterState.CHECKED:
            raise NotNow
        rows = list(locked.rows.filter(pk__in={*values, *answers}, number__isnull=False))
        for row in rows:
            given = {name: sheets.harmless(text)[: sheets.MAX_CELL] for name, text in values.get(row.pk, {}).items()}
            taken = {name: text for name, text in given.items() if name in lists.OF_KIND[locked.kind]}
            row.values = {**row.values, **taken}
            row.over = "" if row.over in taken else row.over
            row.answer = answers.get(row.pk, row.answer)[:20]
        matcher = Matcher(locked, None if locked.by_shell else by, timezone.localdate(now))
        # What repeated another row may stand alone now.
        again = [row for row in locked.rows.filter(status=RowStatus.WRONG).exclude(pk__in=[row.pk for row in rows])
                 if any(one[1] in {"repeated", "same_person"} for one in row.problems)]  # fmt: skip
        _decide(matcher, [*rows, *again])
        _keep([*rows, *again])
        _settle_rows(locked, matcher)
        locked.counts = counts(locked)
        locked.checked_at = now
        locked.save(update_fields=["counts", "checked_at"])
        return locked.rows.filter(pk__in=[row.pk for row in rows]).exclude(
            status__in=[RowStatus.WRONG, RowStatus.AMBIGUOUS]
        ).count()  # fmt: skip


def answer_all_as_known(*, roster: RosterImport, by: User | None, now: dt.datetime) -> int:
    """Every row that may mean exactly one person means her."""
    asked = roster.rows.filter(status=RowStatus.AMBIGUOUS).values_list("pk", "candidates")
    return mend(roster=roster, values={}, answers={pk: str(found[0]) for pk, found in asked if len(found) == 1}, by=by, now=now)


# --- applying ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def apply(*, roster: RosterImport, by: User | None, now: dt.datetime) -> RosterImport:
    """From now on the list is owed its application. Asked twice, it is applied once. Raises NotYours, NotNow."""
    locked = _lock(roster.pk)
    _require(by, locked)
    if locked.state in {RosterState.APPLYING, RosterState.APPLIED}:
        return locked
    if locked.state != RosterState.CHECKED:
        raise NotNow
    locked.state, locked.approved_by, locked.approved_at, locked.done = RosterState.APPLYING, by, now, 0
    locked.total = locked.rows.filter(status__in=ACTING).count()
    locked.save(update_fields=["state", "approved_by", "approved_at", "done", "total"])
    return locked


def _apply_some(pk: UUID, now: dt.datetime) -> None:
    try:
        _apply_chunk(pk, now, WRITE_AT_ONCE)
    except Exception:
        # One row that the database refuses must not hold up the others: this once they go one by one.
        log.exception("some rows of roster %s could not be applied together", pk)
        for _row in range(WRITE_AT_ONCE):
            try:
                if not _apply_chunk(pk, now, 1):
                    return
            except Exception:
                log.exception("a row of roster %s could not be applied", pk)
                _pass_over(pk)


def _pending(roster: RosterImport) -> list[RosterRow]:
    return list(roster.rows.filter(status__in=ACTING, applied_at__isnull=True).order_by("pk")[:WRITE_AT_ONCE])


def _pass_over(pk: UUID) -> None:
    with transaction.atomic():
        row = _pending(_lock(pk))[:1]
        for one in row:
            one.status, one.problems = RowStatus.WRONG, [Problem(field="full_name", cause="moved_on").kept()]
        _keep(row)


@transaction.atomic
def _apply_chunk(pk: UUID, now: dt.datetime, size: int) -> int:
    """The next rows, matched anew: what has changed since the dry run is passed over, never done otherwise than shown."""
    roster = _lock(pk)
    if roster.state != RosterState.APPLYING:
        return 0
    rows = _pending(roster)[:size]
    allowed = roster.by_shell or may_import(roster.approved_by, roster.organisation)
    if not rows or not allowed:
        roster.state, roster.applied_at = RosterState.APPLIED, now
        roster.reason = "" if allowed else "no_right"
        roster.counts = counts(roster)
        roster.save(update_fields=["state", "applied_at", "reason", "counts"])
        return 0
    _apply_rows(roster, rows, now)
    roster.done += len(rows)
    roster.save(update_fields=["done"])
    return len(rows)


def _apply_rows(roster: RosterImport, rows: list[RosterRow], now: dt.datetime) -> None:
    leaving = [row for row in rows if row.status == RowStatus.LEFT]
    coming = [row for row in rows if row.status != RowStatus.LEFT]
    shown = [(row.status, row.user_id, row.asks) for row in coming]
    matcher = _matcher(roster, now)
    decisions = _decide(matcher, coming)
    opening: list[tuple[RosterRow, Decision]] = []
    writer = _Writer(roster, now)
    for row, decision, (status, user_id, asks) in zip(coming, decisions, shown, strict=True):
        if decision.status == RowStatus.SAME and status == RowStatus.CHANGED and row.user_id == user_id:
            row.status = RowStatus.CHANGED  # somebody else has just changed it so
        elif (decision.status, row.user_id) != (status, user_id) or (row.asks and not asks):
            row.status, row.user_id = RowStatus.WRONG, None
            row.problems = [Problem(field="full_name", cause="moved_on").kept()]
            continue
        elif status == RowStatus.NEW:
            opening.append((row, decision))
        else:
            writer.change(row, decision)
        row.applied_at = now
    writer.open(opening)
    writer.ask()
    for row in leaving:
        writer.leave(row)
    for row in rows:
        if row.applied_at:
            _forget_guardian(row)  # the address stands in the question now
    _keep(rows)


def _matcher(roster: RosterImport, now: dt.datetime) -> Matcher:
    return Matcher(roster, None if roster.by_shell else roster.approved_by, timezone.localdate(now))


class _Writer:
    """Writes what a list says, and on each row what stood there before."""

    def __init__(self, roster: RosterImport, now: dt.datetime) -> None:
        self.roster, self.now, self.today = roster, now, timezone.localdate(now)
        self.by = None if roster.by_shell else roster.approved_by
        self.asking: list[tuple[RosterRow, User, str]] = []

    def open(self, rows: Sequence[tuple[RosterRow, Decision]]) -> None:
        """Accounts for people who have none here. Nobody knows a password of them."""
        if not rows:
            return
        people = [decision.person for _row, decision in rows]
        names = spare_usernames([one.full_name for one in people])
        users = User.objects.bulk_create(
            User(
                username=username, password=UNUSABLE_PASSWORD_PREFIX + secrets.token_hex(20), full_name=one.full_name,
                name_folded=fold(one.full_name)[:120], birth_year=one.birth_year, audience=_AUDIENCE[self.roster.kind],
                date_joined=self.now,
            )
            for one, username in zip(people, names, strict=True)
        )  # fmt: skip
        places = Membership.objects.bulk_create(
            Membership(user=user, organisation_id=row.unit_id, category=decision.person.category, code=decision.person.code,
                       since=self.today)
            for user, (row, decision) in zip(users, rows, strict=True)
        )  # fmt: skip
        OpenedAccount.objects.bulk_create(
            OpenedAccount(
                user=user, organisation=self.roster.organisation, opened_at=self.now, address=one.email,
                basis=LegalBasis.SCHOOL if self.roster.kind == RosterKind.PUPILS else LegalBasis.DUTY,
                letter_owed=bool(one.email),
            )
            for user, one in zip(users, people, strict=True)
        )  # fmt: skip
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=one.email, primary=True, verified=False)
            for user, one in zip(users, people, strict=True) if one.email
        )  # fmt: skip
        self._guardians(users, people)
        for user, place, (row, decision) in zip(users, places, rows, strict=True):
            row.user = user
            row.before = {"made": user.pk, "membership": place.pk, **self._teacher(user, row.unit_id)}
            self._will_ask(row, user, decision)

    def _will_ask(self, row: RosterRow, child: User, decision: Decision) -> None:
        if decision.asks:
            self.asking.append((row, child, decision.person.guardian_email))

    def ask(self) -> None:
        """Letters to guardians, for all rows at once, after what else the rows say is written."""
        if not self.asking:
            return
        asked = [(child, address) for _row, child, address in self.asking]
        keys = guardians.ask_many(asked=asked, by=self.by, now=self.now)
        for (row, _child, _address), key in zip(self.asking, keys, strict=True):
            row.before |= {"question": key}
        self.asking = []

    def _guardians(self, users: Sequence[User], people: Sequence[Person]) -> None:
        if self.roster.kind != RosterKind.PUPILS:
            return
        text = current_texts()[ConsentPurpose.GUARDIAN]
        Consent.objects.bulk_create(
            Consent(user=user, purpose=text.purpose, version=text.version, given_at=self.now, channel="paper",
                    given_by=person.guardian)
            for user, person in zip(users, people, strict=True) if person.consented
        )  # fmt: skip

    def _teacher(self, user: User, unit_id: int | None) -> dict[str, int]:
        """The role of teacher, as far as the importer may give it."""
        if self.roster.kind != RosterKind.TEACHERS:
            return {}
        unit = Organisation.objects.get(pk=unit_id)
        held = Role.objects.current().filter(user=user, kind=RoleKind.TEACHER, organisation=unit).first()
        if held:
            return {}
        try:
            return {"role": grant_role(user=user, kind=RoleKind.TEACHER, organisation=unit, by=self.by, now=self.now).pk}
        except RoleRefused:
            return {"role_refused": 1}

    def change(self, row: RosterRow, decision: Decision) -> None:
        """Facts of the organisation change on the membership; a name only while nobody has taken the account over."""
        place, person, wanted = decision.place, decision.person, set(decision.changes)
        assert place is not None
        place_now = {"category": person.category, "code": person.code or place.code}
        if row.status == RowStatus.MOVED:
            Membership.objects.filter(pk=place.pk).update(until=self.today)
            made = Membership.objects.create(
                user_id=place.user_id, organisation_id=row.unit_id, since=self.today, category=person.category,
                code=person.code,
            )  # fmt: skip
            roles = self._end_teaching(place.user_id, place.unit_id)
            row.before = {"membership": made.pk, "ended": place.pk, "ended_roles": roles}
        else:
            Membership.objects.filter(pk=place.pk).update(**place_now)
            row.before = {"changed": place.pk, "was": {"category": place.category, "code": place.code}, "now": place_now}
        user_now: dict[str, Any] = {name: getattr(person, name) for name in ("full_name", "birth_year") if name in wanted}
        if user_now:
            was: dict[str, Any] = {"full_name": place.name, "birth_year": place.birth_year}
            row.before |= {"user_was": {name: was[name] for name in user_now}, "user_now": dict(user_now)}
            if "full_name" in user_now:
                user_now["name_folded"] = fold(person.full_name)[:120]
            User.objects.filter(pk=place.user_id).update(**user_now)
        if "address" in wanted:
            row.before |= {"address_was": place.address, "address_now": person.email}
            _set_address(place.user_id, person.email)
        user = User.objects.get(pk=place.user_id)
        row.before |= self._teacher(user, row.unit_id)
        self._will_ask(row, user, decision)

    def leave(self, row: RosterRow) -> None:
        place = Membership.objects.current().filter(pk__in=row.candidates).first()
        row.applied_at = self.now
        if place is None:
            row.status = RowStatus.SAME
            return
        Membership.objects.filter(pk=place.pk).update(until=max(self.today, place.since))
        row.before = {"ended": place.pk, "ended_roles": self._end_teaching(place.user_id, place.organisation_id)}

    def _end_teaching(self, user_id: int, unit_id: int) -> list[int]:
        """Who leaves a school teaches there no more. Other roles are ended by hand, one by one."""
        ended = []
        held = Role.objects.current().filter(user_id=user_id, organisation_id=unit_id, kind=RoleKind.TEACHER)
        for role in held.select_related("user", "organisation"):
            try:
                end_role(role=role, by=self.by, now=self.now)
            except RoleRefused:
                continue
            ended.append(role.pk)
        return ended


def _set_address(user_id: int, address: str) -> None:
    """Another address for an account that nobody has taken over; letters go there from now on."""
    EmailAddress.objects.filter(user_id=user_id, verified=False).delete()
    if address:
        EmailAddress.objects.create(user_id=user_id, email=address, primary=True, verified=False)
    OpenedAccount.objects.filter(user_id=user_id).update(address=address, letter_owed=bool(address), digest="")


def spare_usernames(names: Sequence[str]) -> list[str]:
    """Free usernames for many people at once, each of the given name and six random digits: "an.482137"."""
    stems = []
    for name in names:
        words = fold(name).split()
        stems.append("".join(letter for letter in (words[-1] if words else "") if "a" <= letter <= "z")[:20] or "hocvien")
    found: list[str] = [""] * len(stems)
    waiting = list(range(len(stems)))
    used: set[str] = set()
    while waiting:
        tried: dict[str, int] = {}
        for place in waiting:
            tried.setdefault(f"{stems[place]}.{secrets.randbelow(900_000) + 100_000}", place)
        taken = used | set(User.objects.filter(username__in=list(tried)).values_list("username", flat=True))
        for username, place in tried.items():
            if username not in taken:
                found[place] = username
                used.add(username)
        waiting = [place for place in waiting if not found[place]]
    return found


# --- undoing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(*, roster: RosterImport, by: User | None, now: dt.datetime) -> RosterImport:
    """From now on the list is owed its undoing. Raises NotYours; NotNow after seven days or before it was applied."""
    locked = _lock(roster.pk)
    _require(by, locked)
    if locked.state in {RosterState.UNDOING, RosterState.UNDONE}:
        return locked
    if not locked.may_be_undone(now):
        raise NotNow
    locked.state, locked.undone_by, locked.done = RosterState.UNDOING, by, 0
    locked.total = locked.rows.filter(applied_at__isnull=False).count()
    locked.save(update_fields=["state", "undone_by", "done", "total"])
    return locked


@transaction.atomic
def _undo_some(pk: UUID, now: dt.datetime) -> None:
    roster = _lock(pk)
    if roster.state != RosterState.UNDOING:
        return
    rows = list(roster.rows.filter(applied_at__isnull=False, undone_at__isnull=True).order_by("-pk")[:WRITE_AT_ONCE])
    if not rows:
        roster.state, roster.undone_at = RosterState.UNDONE, now
        roster.save(update_fields=["state", "undone_at"])
        return
    answered = guardians.take_back(questions=[row.before["question"] for row in rows if "question" in row.before])
    _close_opened([row for row in rows if "made" in row.before], now)
    for row in rows:
        if "made" not in row.before:
            _put_back(row, now)
        if row.before.get("question") in answered and not row.undo_note:
            row.undo_note = "changed"
        row.undone_at = now
    _keep(rows)
    roster.done += len(rows)
    roster.save(update_fields=["done"])


def _close_opened(rows: Sequence[RosterRow], now: dt.datetime) -> None:
    """Accounts nobody has touched go. Who has begun to learn keeps the account; the membership ends."""
    made = {row.before["made"]: row for row in rows}
    begun = _begun(made)
    User.objects.filter(pk__in=set(made) - begun).delete()
    for pk, row in made.items():
        row.user_id = pk if pk in begun else None
        if pk in begun:
            row.undo_note = "begun"
            Membership.objects.current().filter(pk=row.before["membership"]).update(until=timezone.localdate(now))
            _end_role(row.before, now)


def _begun(made: Mapping[int, RosterRow]) -> set[int]:
    """Whoever has signed in, or of whom any row tells that this list did not write, in whatever app."""
    ours: dict[Any, set[int]] = {
        Membership: {row.before["membership"] for row in made.values()},
        Role: {row.before.get("role", 0) for row in made.values()},
    }
    found = set(User.objects.filter(pk__in=made, last_login__isnull=False).values_list("pk", flat=True))
    found |= set(OpenedAccount.objects.filter(user_id__in=made, activated_at__isnull=False).values_list("user_id", flat=True))
    for relation in User._meta.get_fields(include_hidden=True):
        if relation.concrete or not (relation.one_to_many or relation.one_to_one):
            continue
        model: Any = relation.related_model
        if model in {OpenedAccount, EmailAddress, Consent}:
            continue
        name = relation.field.name  # type: ignore[union-attr]
        rows = model._base_manager.filter(**{f"{name}__in": list(made)}).exclude(pk__in=ours.get(model, set()))
        if model is GuardianQuestion and name == "child":
            rows = rows.exclude(state=GuardianState.WAITING)  # the guardian has done nothing yet, nor has the child
        if model is RosterRow:
            rows = rows.filter(applied_at__isnull=False).exclude(pk__in=[row.pk for row in made.values()])
        found |= set(rows.values_list(name, flat=True))
    return found


def _end_role(before: Mapping[str, Any], now: dt.datetime) -> None:
    for role in Role.objects.current().filter(pk=before.get("role", 0)).select_related("user", "organisation"):
        end_role(role=role, by=None, now=now)


def _put_back(row: RosterRow, now: dt.datetime) -> None:
    """What the row changed becomes as it was, unless somebody has changed it since."""
    before, today = row.before, timezone.localdate(now)
    if "changed" in before:
        back = Membership.objects.current().filter(pk=before["changed"], **before["now"]).update(**before["was"])
        row.undo_note = "" if back else "changed"
    if "membership" in before:
        moved = Membership.objects.current().filter(pk=before["membership"])
        row.undo_note = "" if moved.exists() else "changed"
        moved.update(until=today)
    if "user_was" in before:
        names = dict(before["user_was"])
        if "full_name" in names:
            names["name_folded"] = fold(names["full_name"])[:120]
        if not User.objects.filter(pk=row.user_id, **before["user_now"]).update(**names):
            row.undo_note = "changed"
    if "address_was" in before and row.user_id:
        waiting = OpenedAccount.objects.waiting().filter(user_id=row.user_id, address=before["address_now"])
        if waiting.exists():
            _set_address(row.user_id, before["address_was"])
        else:
            row.undo_note = "changed"
    _end_role(before, now)
    if "ended" in before:
        _reopen(row, before)


def _reopen(row: RosterRow, before: Mapping[str, Any]) -> None:
    place = Membership.objects.filter(pk=before["ended"]).first()
    if place is None:
        row.undo_note = "changed"
        return
    again = Membership.objects.current().filter(user_id=place.user_id, organisation_id=place.organisation_id)
    if not again.exists():
        Membership.objects.filter(pk=place.pk).update(until=None)
    for role in Role.objects.filter(pk__in=before.get("ended_roles", [])):
        held = Role.objects.current().filter(user_id=role.user_id, kind=role.kind, organisation_id=role.organisation_id)
        if not held.exists():
            Role.objects.filter(pk=role.pk).update(until=None)
