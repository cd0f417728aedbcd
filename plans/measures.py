"""The named functions that count an indicator. Each is a handful of GROUP BY queries; no learner is loaded.

`Window.start` is inside, `Window.end` is not; both aware. `as_of` cuts the end off, so that a running period counts
only what had happened by then. What each function counts and leaves out is said in words in content/city/counted.csv.

An organisation's figure covers its sub-tree and is given for each agency directly under a root (a root without
children stands for itself). A person is counted once in each cell, so cells of people may add up to more than all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Substr, TruncDate
from django.utils import timezone

from certificates.models import Certificate
from classes.models import Assignment, ClassMember, TrainingClass
from courses.models import Completion, Enrolment
from people.models import Organisation
from plans.models import MeasuredBy

AGENCY_LEVEL = 2 * Organisation.steplen  # the length of a path one step under a root
_DAY = dt.timedelta(days=1)
_MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Without a start: from the first day of the platform."""

    start: dt.datetime | None
    end: dt.datetime

    def cut(self, as_of: dt.datetime) -> Window:
        return Window(start=self.start, end=min(self.end, as_of))

    def on(self, column: str) -> Q:
        inside = Q(**{f"{column}__lt": self.end})
        return inside & Q(**{f"{column}__gte": self.start}) if self.start else inside


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A count and its breakdowns; agencies by organisation id. Breakdowns are empty where they have no meaning."""

    total: int
    by_audience: dict[str, int] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)
    by_agency: dict[int, int] = field(default_factory=dict)


class UnknownFilter(ValueError):
    """An indicator narrows its count by something its function does not know."""


def count(measured_by: str, *, window: Window, filters: Mapping[str, Any], as_of: dt.datetime) -> Figures:
    """The figures of one indicator. Raises UnknownFilter, and KeyError for a function that does not exist."""
    function, known = FUNCTIONS[measured_by]
    unknown = set(filters) - known
    if unknown:
        raise UnknownFilter(f"{measured_by}: {', '.join(sorted(unknown))}")
    return function(window.cut(as_of), filters, as_of)


# --- what is counted ------------------------------------------------------------------------------------------------


def _participations(window: Window, filters: Mapping[str, Any], _as_of: dt.datetime) -> Figures:
    return _rows(_enrolments(filters).filter(window.on("enrolled_at")), _ENROLMENT)


def _participants(window: Window, filters: Mapping[str, Any], as_of: dt.datetime) -> Figures:
    began = Completion.objects.filter(enrolment=OuterRef("pk"), completed_at__lte=as_of)
    return _people(_enrolments(filters).filter(window.on("enrolled_at")).filter(Exists(began)), _ENROLMENT)


def _completions(window: Window, filters: Mapping[str, Any], _as_of: dt.datetime) -> Figures:
    return _rows(_enrolments(filters).filter(window.on("completed_at")), _ENROLMENT)


def _completers(window: Window, filters: Mapping[str, Any], _as_of: dt.datetime) -> Figures:
    return _people(_enrolments(filters).filter(window.on("completed_at")), _ENROLMENT)


def _certificates(window: Window, filters: Mapping[str, Any], as_of: dt.datetime) -> Figures:
    held = Certificate.objects.filter(window.on("issued_at")).filter(Q(revoked_at__isnull=True) | Q(revoked_at__gt=as_of))
    return _rows(_narrowed(held, filters), _Columns(agency="enrolment__organisation__path"))


def _classes_held(window: Window, filters: Mapping[str, Any], as_of: dt.datetime) -> Figures:
    held = _classes(as_of).filter(_days(window, filters.get("by", "end")))
    if "kind" in filters:
        held = held.filter(kind__in=filters["kind"])
    given = Assignment.objects.filter(training_class=OuterRef("pk"), withdrawn_at__isnull=True)
    narrow = {f"course__{name}__in": filters[name] for name in ("audience", "tier") if name in filters}
    if narrow:
        held = held.filter(Exists(given.filter(**narrow)))
    of_held = Assignment.objects.filter(training_class__in=held.values("pk"), withdrawn_at__isnull=True, **narrow)
    return Figures(
        total=held.count(),
        by_audience=_distinct(of_held, "course__audience", "training_class"),
        by_tier=_distinct(of_held, "course__tier", "training_class"),
        by_agency=_agencies(held, "organisation__path", Count("pk")),
    )


def _school_levels(window: Window, filters: Mapping[str, Any], as_of: dt.datetime) -> Figures:
    given = Assignment.objects.filter(
        window.on("assigned_at"), withdrawn_at__isnull=True, training_class__kind="school",
        training_class__in=_classes(as_of).values("pk"),
    )  # fmt: skip
    what = filters.get("count", "levels")
    if what == "levels":
        return Figures(total=sum(given.filter(_name_has(words)).exists() for words in filters.get("levels", {}).values()))
    if what == "schools":
        school = "training_class__organisation"
        return Figures(
            total=given.values(school).distinct().count(),
            by_agency=_agencies(given, f"{school}__path", Count(school, distinct=True)),
        )
    members = ClassMember.objects.filter(training_class__in=given.values("training_class"), left_at__isnull=True)
    return Figures(
        total=members.values("learner").distinct().count(),
        by_agency=_agencies(members, "training_class__organisation__path", Count("learner", distinct=True)),
    )


FUNCTIONS: dict[str, tuple[Callable[[Window, Mapping[str, Any], dt.datetime], Figures], set[str]]] = {
    MeasuredBy.CLASSES: (_classes_held, {"kind", "audience", "tier", "by"}),
    MeasuredBy.PARTICIPATIONS: (_participations, {"audience", "tier", "source"}),
    MeasuredBy.PARTICIPANTS: (_participants, {"audience", "tier", "source"}),
    MeasuredBy.COMPLETIONS: (_completions, {"audience", "tier", "source"}),
    MeasuredBy.COMPLETERS: (_completers, {"audience", "tier", "source"}),
    MeasuredBy.CERTIFICATES: (_certificates, {"audience", "tier"}),
    MeasuredBy.SCHOOL_LEVELS: (_school_levels, {"count", "levels"}),
}


# --- how it is counted ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Columns:
    agency: str
    audience: str = "audience"
    tier: str = "tier"
    person: str = "learner"


_ENROLMENT = _Columns(agency="organisation__path")


def _narrowed(rows: QuerySet[Any], filters: Mapping[str, Any]) -> QuerySet[Any]:
    return rows.filter(**{f"{name}__in": filters[name] for name in ("audience", "tier", "source") if name in filters})


def _enrolments(filters: Mapping[str, Any]) -> QuerySet[Any]:
    return _narrowed(Enrolment.objects.counted(), filters)


def _classes(as_of: dt.datetime) -> QuerySet[Any]:
    """Classes that were opened and not called off by `as_of` and have somebody in them. A planned one is none yet."""
    peopled = ClassMember.objects.filter(training_class=OuterRef("pk"), joined_at__lte=as_of)
    opened = TrainingClass.objects.filter(opened_at__lte=as_of)
    return opened.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=as_of)).filter(Exists(peopled))


def _days(window: Window, by: str) -> Q:
    """Classes have days, not moments: one that ends today is not over, one that starts today has begun."""
    if by == "start":
        days = Q(starts_on__lte=timezone.localdate(window.end - _MOMENT))
        return days & Q(starts_on__gte=timezone.localdate(window.start)) if window.start else days
    over = Coalesce("ends_on", TruncDate("closed_at"))
    held = TrainingClass.objects.annotate(over=over).filter(over__lte=timezone.localdate(window.end) - _DAY)
    if window.start:
        held = held.filter(over__gte=timezone.localdate(window.start))
    return Q(pk__in=held.values("pk"))


def _name_has(words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition |= Q(training_class__organisation__name__contains=word)
    return condition


def _rows(rows: QuerySet[Any], columns: _Columns) -> Figures:
    """Rows add up, so one query gives every cell."""
    cells = (
        rows.order_by().annotate(_agency=Substr(columns.agency, 1, AGENCY_LEVEL))
        .values_list(columns.audience, columns.tier, "_agency").annotate(n=Count("pk"))
    )  # fmt: skip
    total = 0
    audiences: dict[str, int] = {}
    tiers: dict[str, int] = {}
    paths: dict[str, int] = {}
    for audience, tier, path, n in cells:
        total += n
        audiences[audience] = audiences.get(audience, 0) + n
        tiers[tier] = tiers.get(tier, 0) + n
        if path:
            paths[path] = paths.get(path, 0) + n
    return Figures(total=total, by_audience=audiences, by_tier=tiers, by_agency=_by_id(paths))


def _people(rows: QuerySet[Any], columns: _Columns) -> Figures:
    """People do not add up: each cell asks for its own distinct heads."""
    return Figures(
        total=rows.order_by().aggregate(n=Count(columns.person, distinct=True))["n"],
        by_audience=_distinct(rows, columns.audience, columns.person),
        by_tier=_distinct(rows, columns.tier, columns.person),
        by_agency=_agencies(rows, columns.agency, Count(columns.person, distinct=True)),
    )


def _distinct(rows: QuerySet[Any], by: str, of: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(by).annotate(n=Count(of, distinct=True)))


def _agencies(rows: QuerySet[Any], path: str, counted: Count) -> dict[int, int]:
    cells = rows.order_by().annotate(_agency=Substr(path, 1, AGENCY_LEVEL)).values_list("_agency").annotate(n=counted)
    return _by_id({found: n for found, n in cells if found})


def _by_id(paths: dict[str, int]) -> dict[int, int]:
    ids = agency_ids()
    return {ids[path]: n for path, n in paths.items() if path in ids and n}


def agency_ids() -> dict[str, int]:
    """Path → id of the agencies that have a figure of their own: those under a root, and roots without children."""
    top = Organisation.objects.filter(depth__lte=2).values_list("path", "pk", "depth", "numchild")
    return {path: pk for path, pk, depth, children in top if depth == 2 or not children}
