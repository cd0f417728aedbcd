"""Reads of what holds for one learner: the quiz's terms, changed by what she was given."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from people.models import Membership, Organisation, RoleKind, User, holds_over_all
from people.queries import role_kinds
from quizzes.deadlines import Terms, changed
from quizzes.models import Accommodation, Override, QuizPage

GIVES_MORE = (RoleKind.OWNER, RoleKind.OFFICER, RoleKind.TEACHER)


@dataclass(frozen=True, kw_only=True)
class Held:
    """The terms of one learner. `overrides` are the rows they rest on; `factor` is that of her accommodation, or 1."""

    terms: Terms
    overrides: tuple[int, ...] = ()
    factor: Decimal = Decimal(1)

    @property
    def told(self) -> dict[str, Any]:
        """As an attempt's rules keep them."""
        closes = self.terms.closes_at
        return {
            "attempts_allowed": self.terms.attempts,
            "time_limit_minutes": self.terms.minutes,
            "closes_at": closes.astimezone(dt.UTC).isoformat() if closes else None,
            **({"overrides": list(self.overrides)} if self.overrides else {}),
            **({"factor": str(self.factor)} if self.factor != 1 else {}),
        }

    @property
    def special(self) -> bool:
        return bool(self.overrides) or self.factor != 1


def terms_for(quiz: QuizPage, learner_id: int, now: dt.datetime) -> Held:
    """Two queries; none where the quiz limits nothing."""
    terms = quiz.terms
    if (terms.opens_at, terms.closes_at, terms.minutes, terms.attempts) == (None, None, None, None):
        return Held(terms=terms)
    rows = list(Override.objects.standing().filter(quiz=quiz, learner=learner_id).order_by("pk"))
    own = next((row.change for row in rows if row.group is None), None)
    factor = _factor(learner_id, timezone.localdate(now)) if terms.minutes is not None else Decimal(1)
    of_groups = [row.change for row in rows if row.group is not None]
    return Held(
        terms=changed(terms, own=own, of_groups=of_groups, factor=factor),
        overrides=tuple(row.pk for row in rows), factor=factor,
    )  # fmt: skip


def _factor(learner_id: int, today: dt.date) -> Decimal:
    found = Accommodation.objects.standing(today).filter(learner=learner_id).values_list("factor", flat=True).first()
    return found or Decimal(1)


# --- who gives it ----------------------------------------------------------------------------------------------------


def places_of(by: Any) -> QuerySet[Organisation]:
    """Where `by` may give learners other terms: an officer or owner in her scope, a teacher in her school."""
    return Organisation.objects.below(list(Organisation.objects.held_by(by, GIVES_MORE)))


def learners_of(by: Any) -> QuerySet[User]:
    """The people to whom `by` may give other terms: who belongs to a place of hers, and everybody for the owner of the
    whole city. Never herself."""
    people = User.objects.filter(is_active=True).exclude(pk=by.pk)
    if holds_over_all(by, [RoleKind.OWNER]):
        return people
    return people.filter(pk__in=Membership.objects.current().filter(organisation__in=places_of(by)).values("user"))


def gives_terms(by: Any) -> bool:
    return not set(GIVES_MORE).isdisjoint(role_kinds(by))


def overrides_by(by: Any) -> QuerySet[Override]:
    """Those of learners whom `by` reaches; withdrawn ones too."""
    return Override.objects.filter(learner__in=learners_of(by))


def overrides_of(quiz: QuizPage, by: Any) -> QuerySet[Override]:
    """Of one quiz, the last first."""
    rows = overrides_by(by).filter(quiz=quiz).select_related("learner", "author", "withdrawn_by")
    return rows.order_by("-created_at", "-pk")


def accommodations_of(by: Any) -> QuerySet[Accommodation]:
    return (
        Accommodation.objects.filter(learner__in=learners_of(by))
        .select_related("learner", "author", "withdrawn_by")
        .order_by("-created_at", "-pk")
    )
