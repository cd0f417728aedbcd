"""What a list of people would change, and who still has to take over an account. Nothing here writes."""

from __future__ import annotations

import datetime as dt
import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from people import roster as lists
from people.models import (
    ACTING,
    Audience,
    Consent,
    ConsentPurpose,
    GuardianQuestion,
    LegalBasis,
    Membership,
    OpenedAccount,
    Organisation,
    Role,
    RoleKind,
    RosterHeading,
    RosterImport,
    RosterRow,
    RowStatus,
    StaffCategory,
    User,
    managed_roots,
)
from people.roster import Person, Problem, same_name
from people.text import fold

PAGE = 25
WAITING_PAGE = 50


def may_import(user: User | None, organisation: Organisation) -> bool:
    """Officers and owners of `organisation` or of what lies above it."""
    return user is not None and any(organisation.path.startswith(root.path) for root in managed_roots(user))


def known_headings(organisation: Organisation) -> dict[str, str]:
    return dict(RosterHeading.objects.filter(organisation=organisation).values_list("heading", "field"))


def asked_before(child: str) -> ExpressionWrapper[Q]:
    """Of rows whose `child` names a user: her guardian is being asked, or has answered, by letter or on paper.

    No list asks a guardian again who said no or took her consent back; the class does, when they have talked.
    """
    by_letter = GuardianQuestion.objects.standing().filter(child=OuterRef(child))
    answered = Consent.objects.filter(user=OuterRef(child), purpose=ConsentPurpose.GUARDIAN)
    return ExpressionWrapper(Q(Exists(by_letter)) | Q(Exists(answered)), output_field=BooleanField())


# --- matching ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    pk: int
    path: str
    label: str
    open: bool


@dataclass(frozen=True)
class Place:
    """One current membership the importer may see, with what is compared of its person."""

    pk: int
    user_id: int
    unit_id: int
    path: str
    code: str
    category: str
    name: str
    birth_year: int | None
    email: str
    address: str
    pupil: bool
    # Her guardian was asked or has answered.
    asked: bool
    # Opened by an organisation and not taken over yet: only then does a list say how the person is called.
    ours: bool

    def is_same(self, person: Person) -> bool:
        """By name, or by the year of birth where the name was mended."""
        if same_name(self.name) == same_name(person.full_name):
            return True
        return self.birth_year is not None and self.birth_year == person.birth_year


@dataclass
class Decision:
    """What becomes of a row. `place` is the membership it was matched to."""

    status: str
    person: Person
    unit_id: int | None = None
    place: Place | None = None
    candidates: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether the guardian is asked by letter."""
        return "guardian" in self.changes or (self.status == RowStatus.NEW and bool(self.person.guardian_email))


class Matcher:
    """Compares rows with the people `by` may see, and with nobody else: a stranger with an account elsewhere is new here.

    So a dry run tells an importer nothing about people outside her scope (decision 0015). `by` None sees all.
    """

    def __init__(self, roster: RosterImport, by: User | None, today: dt.date) -> None:
        self.roster, self.today = roster, today
        self.root = roster.organisation
        self.scope = [""] if by is None else [one.path for one in managed_roots(by)]
        self.units: dict[str, Unit] = {}
        self.by_name: dict[str, list[Unit]] = defaultdict(list)
        for pk, path, code, name, short, kind, until in Organisation.objects.filter(
            path__startswith=self.root.path
        ).values_list("pk", "path", "code", "name", "short_name", "kind", "valid_to"):
            unit = Unit(pk, path, short or name, kind != "group" and (until is None or until > today))
            self.units[code.casefold()] = unit
            for called in {fold(name), fold(short)} - {""}:
                self.by_name[called].append(unit)

    def decide(self, rows: Sequence[RosterRow]) -> list[Decision]:
        """One decision a row, in a fixed number of queries."""
        people = [self._person(row) for row in rows]
        strong = self._strong([person for person, _wrong in people])
        named = self._named([person for person, _wrong in people], rows)
        roles = self._teachers([place for places in strong.values() for place in places])
        return [
            self._decide(row, person, wrong, strong, named, roles)
            for row, (person, wrong) in zip(rows, people, strict=True)
        ]

    def _person(self, row: RosterRow) -> tuple[Person, list[Problem]]:
        return lists.read(
            row.values, kind=self.roster.kind, category=self.roster.category, today=self.today, over=row.over
        )

    def _unit(self, named: str) -> tuple[Unit | None, Problem | None]:
        if not named:
            return self.units[self.root.code.casefold()], None
        same = self.by_name.get(fold(named), [])
        unit = self.units.get(named.casefold()) or (same[0] if len(same) == 1 else None)
        if unit is None:
            near = difflib.get_close_matches(fold(named), self.by_name, n=1, cutoff=0.75) if len(self.by_name) < 500 else []
            hint = self.by_name[near[0]][0].label if near else ""
            return None, Problem(field="unit", cause="unit_hint" if hint else "unit_unknown", hint=hint)
        return unit, None if unit.open else Problem(field="unit", cause="unit_closed")

    def _places(self, condition: Q) -> list[Place]:
        found = Membership.objects.current().filter(condition).values_list(
            "pk", "user_id", "organisation_id", "organisation__path", "code", "category", "user__full_name",
            "user__birth_year", "user__email", "user__opened__address", "user__audience", asked_before("user"),
            "user__opened__activated_at", "user__opened__pk",
        ).order_by("pk")  # fmt: skip
        return [
            Place(pk, user, unit, path, code, category, name, year, email, address or "", audience == Audience.PUPIL, asked,
                  bool(opened) and activated is None)
            for pk, user, unit, path, code, category, name, year, email, address, audience, asked, activated, opened in found
            if path.startswith(tuple(self.scope))
        ]  # fmt: skip

    def _strong(self, people: Iterable[Person]) -> dict[tuple[str, str], list[Place]]:
        """Memberships by ("code", …), ("email", …) and ("username", …)."""
        codes, emails, usernames = ({getattr(person, name) for person in people} - {""} for name in ("code", "email", "username"))
        found: dict[tuple[str, str], list[Place]] = defaultdict(list)
        if codes:
            for place in self._places(self._side() & Q(code__in=codes)):
                if place.path.startswith(self.root.path):
                    found["code", place.code].append(place)
        if emails:
            owners = User.objects.alias(lowered=Lower("email")).filter(lowered__in=emails)
            invited = OpenedAccount.objects.filter(address__in=emails, activated_at__isnull=True)
            for place in self._places(Q(user_id__in=owners.values("pk")) | Q(user_id__in=invited.values("user_id"))):
                for email in {place.email, place.address if place.ours else ""} & emails:
                    found["email", email].append(place)
        if usernames:
            named = dict(User.objects.filter(username__in=usernames).values_list("pk", "username"))
            for place in self._places(Q(user_id__in=list(named))):
                found["username", named[place.user_id]].append(place)
        return found

    def _side(self) -> Q:
        pupil = Q(category=StaffCategory.PUPIL)
        return pupil if self.roster.kind == lists.PUPILS else ~pupil

    def _named(self, people: Iterable[Person], rows: Sequence[RosterRow]) -> dict[str, list[Place]]:
        """People of the same tree by name; who is spoken for by another row of this list is left out."""
        names = {fold(person.full_name)[:120] for person in people} - {""}
        below = Q(organisation__path__startswith=self.root.path)
        places = self._places(below & self._side() & Q(user__name_folded__in=names)) if names else []
        claimed = set(
            RosterRow.objects.filter(roster=self.roster, user_id__in={place.user_id for place in places})
            .exclude(pk__in=[row.pk for row in rows if row.pk])
            .exclude(status__in=[RowStatus.AMBIGUOUS, RowStatus.LEFT])
            .values_list("user_id", flat=True)
        ) if places else set()  # fmt: skip
        found: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            if place.user_id not in claimed:
                found[same_name(place.name)].append(place)
        return found

    def _teachers(self, places: Sequence[Place]) -> set[tuple[int, int]]:
        if self.roster.kind != lists.TEACHERS or not places:
            return set()
        held = Role.objects.current().filter(kind=RoleKind.TEACHER, user_id__in={place.user_id for place in places})
        return set(held.values_list("user_id", "organisation_id"))

    def _decide(
        self, row: RosterRow, person: Person, wrong: list[Problem], strong: dict[tuple[str, str], list[Place]],
        named: dict[str, list[Place]], roles: set[tuple[int, int]],
    ) -> Decision:  # fmt: skip
        unit, problem = self._unit(person.unit)
        wrong = [*wrong, *([problem] if problem else [])]
        places, sure = self._found(person, unit, strong)
        places = places or [one for one in named.get(same_name(person.full_name), []) if _same_age(one, person)]
        meant = places[0] if sure and places else next((one for one in places if str(one.pk) == row.answer), None)
        if meant and person.birth_year is None and _is_grown(meant, self.today):
            person, wrong = lists.of_a_grown_pupil(person, wrong)
        if person.username and not strong.get(("username", person.username)) and "username" not in {one.field for one in wrong}:
            wrong.append(Problem(field="username", cause="username_unknown"))
        if wrong or unit is None:
            # Whom a wrong row means is kept, so that she does not count as missing.
            return Decision(RowStatus.WRONG, person, unit.pk if unit else None, meant if sure else None, problems=wrong)
        if row.answer and places:
            return self._answered(row.answer, person, unit, places, roles)
        if sure and len(places) == 1:
            return self._matched(person, unit, places[0], roles)
        if places:
            return Decision(RowStatus.AMBIGUOUS, person, unit.pk, candidates=[one.pk for one in places])
        return Decision(RowStatus.NEW, person, unit.pk)

    def _found(
        self, person: Person, unit: Unit | None, strong: dict[tuple[str, str], list[Place]]
    ) -> tuple[list[Place], bool]:
        """By code first, then e-mail, then username; whether it is surely the same person."""
        coded = strong.get(("code", person.code), []) if person.code else []
        here = [one for one in coded if unit and one.unit_id == unit.pk]
        # A code is given by each unit: the same one elsewhere means the same person only with the same name.
        coded = here or [one for one in coded if one.is_same(person)]
        for places in (coded, *(strong.get((way, getattr(person, way)), []) for way in ("email", "username"))):
            same = [one for one in places if one.is_same(person)]
            if same:
                at_home = [one for one in same if unit and one.unit_id == unit.pk]
                return at_home or same, len(at_home or same) == 1
            if places:
                return places, False
        return [], False

    def _answered(self, answer: str, person: Person, unit: Unit, places: list[Place], roles: set[tuple[int, int]]) -> Decision:
        if answer == "skip":
            return Decision(RowStatus.SKIPPED, person, unit.pk, candidates=[one.pk for one in places])
        chosen = next((one for one in places if str(one.pk) == answer), None)
        if chosen:
            return self._matched(person, unit, chosen, roles)
        if answer == "new":
            if person.code and any(one.unit_id == unit.pk and one.code == person.code for one in places):
                return Decision(RowStatus.WRONG, person, unit.pk, problems=[Problem(field="code", cause="code_taken")])
            return Decision(RowStatus.NEW, person, unit.pk)
        return Decision(RowStatus.AMBIGUOUS, person, unit.pk, candidates=[one.pk for one in places])

    def _matched(self, person: Person, unit: Unit, place: Place, roles: set[tuple[int, int]]) -> Decision:
        changes = _changes(person, place)
        if person.guardian_email and not place.asked and self._is_child(place, person, changes):
            changes.append("guardian")
        if place.unit_id != unit.pk:
            return Decision(RowStatus.MOVED, person, unit.pk, place, changes=changes)
        if self.roster.kind == lists.TEACHERS and (place.user_id, unit.pk) not in roles:
            changes.append("role")
        return Decision(RowStatus.CHANGED if changes else RowStatus.SAME, person, unit.pk, place, changes=changes)

    def _is_child(self, place: Place, person: Person, changes: Sequence[str]) -> bool:
        """As User.is_minor will say once the changes are written."""
        year = person.birth_year if "birth_year" in changes else place.birth_year
        return place.pupil if year is None else self.today.year - year < lists.ADULT


def _is_grown(place: Place, today: dt.date) -> bool:
    return place.birth_year is not None and today.year - place.birth_year >= lists.ADULT


def _same_age(place: Place, person: Person) -> bool:
    return place.birth_year is None or person.birth_year is None or place.birth_year == person.birth_year


def _changes(person: Person, place: Place) -> list[str]:
    """What the list says otherwise. Of an account its owner has taken over, only what the organisation decides."""
    differs = {
        "code": bool(person.code) and person.code != place.code,
        "category": person.category != place.category,
        "full_name": place.ours and person.full_name != place.name,
        "birth_year": person.birth_year is not None and person.birth_year != place.birth_year
        and (place.ours or place.birth_year is None),
        "address": place.ours and bool(person.email) and person.email not in {place.address, place.email},
    }  # fmt: skip
    return [name for name, is_so in differs.items() if is_so]


def repeated(roster: RosterImport) -> dict[int, Problem]:
    """Rows of the file that stand in it before, by id, each with the line they repeat."""
    found: dict[int, Problem] = {}
    rows = roster.rows.filter(number__isnull=False)
    matched = rows.filter(user__isnull=False, status__in=[RowStatus.SAME, RowStatus.CHANGED, RowStatus.MOVED])
    for named, cause, among, keys in (
        ("code", "repeated", rows.exclude(code=""), ("code", "unit_id")),
        ("email", "repeated", rows.exclude(email=""), ("email",)),
        ("full_name", "repeated", rows.exclude(name_key=""), ("name_key", "unit_id")),
        ("full_name", "same_person", matched, ("user_id",)),
    ):
        for pk, first in _later(among, keys):
            found.setdefault(pk, Problem(field=named, cause=cause, hint=str(first)))
    return found


def _later(rows: QuerySet[RosterRow], keys: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Rows that share their keys with an earlier one, each with the number of that one: two queries, however many they are."""
    groups = rows.values_list(*keys).annotate(n=Count("pk"), first=Min("number")).filter(n__gt=1).order_by()
    first_of = {tuple(group[: len(keys)]): group[-1] for group in groups}
    shared = sorted({key[0] for key in first_of})
    for start in range(0, len(shared), 5000):
        some = rows.filter(**{f"{keys[0]}__in": shared[start : start + 5000]})
        for pk, number, *key in some.values_list("pk", "number", *keys):
            first = first_of.get(tuple(key))
            if first is not None and first != number:
                yield pk, first


def missing(roster: RosterImport) -> QuerySet[Membership]:
    """Who belongs to the units the file names and stands in no row of it: who has left, if the file is complete.

    Who may be meant by a row that is wrong or waits for an answer has not left.
    """
    units = roster.rows.filter(number__isnull=False, unit__isnull=False).values("unit_id")
    unclear = roster.rows.filter(status__in=[RowStatus.WRONG, RowStatus.AMBIGUOUS, RowStatus.SKIPPED])
    names = {fold(values.get("full_name", ""))[:120] for values in unclear.values_list("values", flat=True)}
    asked = {pk for pks in unclear.values_list("candidates", flat=True) for pk in pks}
    pupil = Q(category=StaffCategory.PUPIL)
    found = Membership.objects.current().filter(organisation_id__in=units).filter(
        pupil if roster.kind == lists.PUPILS else ~pupil
    )  # fmt: skip
    if roster.kind == lists.TEACHERS:
        held = Role.objects.current().filter(kind=RoleKind.TEACHER, organisation_id=F("organisation_id"))
        found = found.filter(user_id__in=held.values("user_id"))
    spoken_for = roster.rows.filter(user__isnull=False).values("user_id")
    return found.exclude(user_id__in=spoken_for).exclude(pk__in=asked).exclude(user__name_folded__in=names)


# --- what the screens show --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with a row, in words."""

    row_id: int
    number: int | None
    field: str
    column: str | Promise
    value: str
    cause: str
    name: str
    # Another column that mends it as well, and what it is called.
    instead: str = ""
    instead_column: str | Promise = ""


@dataclass(frozen=True)
class Candidate:
    pk: int
    name: str
    birth_year: int | None
    unit: str
    code: str


@dataclass(frozen=True)
class Question:
    row: RosterRow
    name: str
    birth: str
    candidates: list[Candidate]


def words(problem: Sequence[str]) -> str:
    _field, cause, hint = problem
    return str(lists.CAUSES[cause]) % {"hint": hint}


def troubles(rows: Iterable[RosterRow]) -> list[Trouble]:
    return [
        Trouble(
            row_id=row.pk, number=row.number, field=problem[0], column=lists.COLUMNS.get(problem[0], problem[0]),
            value=row.values.get(problem[0], ""), cause=words(problem), name=row.values.get("full_name", ""),
            instead=instead, instead_column=lists.COLUMNS.get(instead, ""),
        )
        for row in rows
        for problem in row.problems
        for instead in ["guardian_email" if problem[1] == "consent_missing" else ""]
    ]  # fmt: skip


def wrong_rows(roster: RosterImport) -> QuerySet[RosterRow]:
    return roster.rows.filter(status=RowStatus.WRONG).order_by("number", "pk")


def wrong_page(roster: RosterImport, page: int | str = 1) -> Page[RosterRow]:
    return Paginator(wrong_rows(roster), PAGE).get_page(page)


def questions(roster: RosterImport, limit: int = PAGE) -> list[Question]:
    """Rows of which the importer has to say whom they mean, with nobody but people she may see."""
    rows = list(roster.rows.filter(status=RowStatus.AMBIGUOUS).order_by("number", "pk")[:limit])
    wanted = {pk for row in rows for pk in row.candidates}
    known = {
        one.pk: Candidate(one.pk, one.user.full_name, one.user.birth_year, one.organisation.label, one.code)
        for one in Membership.objects.filter(pk__in=wanted).select_related("user", "organisation")
    }
    return [
        Question(
            row, row.values.get("full_name", ""), row.values.get("birth", ""),
            [known[pk] for pk in row.candidates if pk in known],
        )
        for row in rows
    ]  # fmt: skip


def counts(roster: RosterImport) -> dict[str, int]:
    """Rows by status; "asked" are the children whose guardians are asked by letter, and stands only where some are."""
    found = dict(roster.rows.values_list("status").annotate(n=Count("pk")).order_by())
    asking = roster.rows.filter(asks=True, status__in=ACTING)
    asked = (asking.filter(applied_at__isnull=False) if roster.applied_at else asking).count()
    return {status: found.get(status, 0) for status in RowStatus.values} | ({"asked": asked} if asked else {})


def template_columns(kind: str) -> list[str]:
    return list(lists.OF_KIND[kind])


def template_rows(kind: str) -> tuple[list[str], list[list[str]]]:
    """Headings and two lines that show how a row is filled in."""
    samples = {
        "code": ["NV001", "NV002"], "full_name": ["Nguyễn Thị An", "Trần Văn Bình"], "birth": ["1985", "05/03/1990"],
        "email": ["an.nguyen@example.vn", ""], "username": ["", ""], "unit": ["", ""],
        "category": ["công chức", "viên chức"], "consent": ["Trần Thị Hoa", "chưa"],
        "guardian_email": ["", "cha.me@example.vn"],
    }  # fmt: skip
    if kind == lists.PUPILS:
        samples |= {"code": ["HS001", "HS002"], "birth": ["2011", "20/11/2011"]}
    if kind == lists.TEACHERS:
        samples |= {"code": ["GV001", "GV002"], "category": ["viên chức", "người lao động"]}
    columns = template_columns(kind)
    return [str(lists.COLUMNS[name]) for name in columns], [[samples[name][place] for name in columns] for place in (0, 1)]


def error_rows(roster: RosterImport) -> tuple[list[str], list[list[str]]]:
    """The wrong rows as they were sent, each with its line and what is wrong: to be mended and sent again."""
    columns = template_columns(roster.kind)
    header = [*(str(lists.COLUMNS[name]) for name in columns), _("Dòng trong tệp cũ"), _("Lỗi")]
    rows = [
        [*(row.values.get(name, "") for name in columns), str(row.number or ""),
         " ".join(f"{lists.COLUMNS.get(one[0], one[0])}: {words(one)}" for one in row.problems)]
        for row in wrong_rows(roster).iterator(chunk_size=2000)
    ]  # fmt: skip
    return header, rows


@dataclass(frozen=True)
class Outcome:
    """What an applied list could not do, and what undoing it could not take back."""

    passed_over: int
    role_refused: int
    kept_begun: int
    kept_changed: int
    left_with_roles: int


def outcome(roster: RosterImport) -> Outcome:
    """Four queries. All zero while nothing was applied."""
    if roster.applied_at is None:
        return Outcome(0, 0, 0, 0, 0)
    passed = roster.rows.filter(status=RowStatus.WRONG).values_list("problems", flat=True)
    notes = dict(roster.rows.exclude(undo_note="").values_list("undo_note").annotate(n=Count("pk")).order_by())
    left = roster.rows.filter(status=RowStatus.LEFT, applied_at__isnull=False).values("user_id")
    return Outcome(
        passed_over=sum(any(one[1] == "moved_on" for one in problems) for problems in passed),
        role_refused=roster.rows.filter(before__role_refused=1).count(),
        kept_begun=notes.get("begun", 0), kept_changed=notes.get("changed", 0),
        left_with_roles=Role.objects.current().filter(user_id__in=left).values("user_id").distinct().count(),
    )  # fmt: skip


def only_pupils(opened: Sequence[OpenedAccount]) -> bool:
    return bool(opened) and all(one.basis == LegalBasis.SCHOOL for one in opened)


def rosters_of(organisation: Organisation) -> list[RosterImport]:
    return list(
        RosterImport.objects.filter(organisation=organisation).select_related("sent_by").order_by("-sent_at", "-pk")[:30]
    )


# --- accounts to be taken over ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    opened: OpenedAccount
    unit: str
    code: str


def waiting(organisation: Organisation) -> QuerySet[OpenedAccount]:
    """Accounts opened for people of `organisation` and below that nobody has taken over."""
    found = OpenedAccount.objects.waiting().below([organisation])
    return found.select_related("user").order_by("user__name_folded", "pk")


def waiting_page(organisation: Organisation, page: int | str = 1) -> tuple[Page[OpenedAccount], list[Waiting]]:
    shown = Paginator(waiting(organisation), WAITING_PAGE).get_page(page)
    places = {
        one.user_id: one
        for one in Membership.objects.current()
        .filter(user_id__in=[opened.user_id for opened in shown], organisation__path__startswith=organisation.path)
        .select_related("organisation")
        .order_by("-pk")
    }
    return shown, [
        Waiting(opened, places[opened.user_id].organisation.label, places[opened.user_id].code)
        for opened in shown
        if opened.user_id in places
    ]
