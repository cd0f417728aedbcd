"""Reads of the bank for those who write it: lists, one question with its figures, a file before it is taken in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from people.text import fold
from quizzes import responses
from quizzes.formats.items import Item
from quizzes.item_figures import QuestionFigures, question_figures
from quizzes.kinds import KINDS, Bad, read_question
from quizzes.models import Attempt, Category, Question, QuestionVersion, QuizPage, QuizSection, Tag
from quizzes.queries.bank import newest

A_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list of questions is narrowed to; "" is no limit. `status` is "" (in use), "retired" or "alike"."""

    words: str = ""
    category: str = ""
    kind: str = ""
    tag: str = ""
    difficulty: str = ""
    status: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wanted:
        names = {"words": "q", **{name: name for name in ("category", "kind", "tag", "difficulty", "status")}}
        return cls(**{field: str(asked.get(name, ""))[:200] for field, name in names.items()})


@dataclass(frozen=True, kw_only=True)
class Row:
    question: Question
    version: QuestionVersion
    kind: str
    tags: tuple[str, ...]
    alike: int  # how many others ask the same


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A category with its place in the tree; `count` is of its own questions in use."""

    category: Category
    depth: int
    count: int


@dataclass(frozen=True, kw_only=True)
class BankList:
    wanted: Wanted
    page: Page[Any]
    rows: tuple[Row, ...]
    shelves: tuple[Shelf, ...]
    kinds: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


def bank_list(user: Any, wanted: Wanted, page: int | str = 1) -> BankList:
    """Seven queries, however many questions there are."""
    mine = Category.objects.visible_to(user)
    found = _narrowed(Question.objects.filter(category__in=mine), wanted)
    shown = Paginator(found.order_by("category__code", "code"), A_PAGE).get_page(page)
    questions = list(shown.object_list)
    latest = {
        one.question_id: one for one in newest().filter(question__in=questions).defer("feedback")
    }
    tags: dict[int, tuple[str, ...]] = {}
    for pk, name in Question.tags.through.objects.filter(question__in=questions).values_list("question", "tag__name"):
        tags[pk] = (*tags.get(pk, ()), name)
    asked = {one.likeness for one in questions if one.likeness}
    alike = dict(
        Question.objects.filter(likeness__in=asked, retired_at=None).order_by().values_list("likeness").annotate(Count("pk"))
    )
    return BankList(
        wanted=wanted, page=shown, shelves=shelves(mine),
        kinds=tuple((kind.name, str(kind.label)) for kind in KINDS.values()),
        tags=tuple(Tag.objects.order_by("name").values_list("name", flat=True)[:300]),
        rows=tuple(
            Row(
                question=one, version=latest[one.pk], kind=str(KINDS[latest[one.pk].kind].label), tags=tags.get(one.pk, ()),
                alike=max(0, alike.get(one.likeness, 0) - (one.retired_at is None)),
            )
            for one in questions if one.pk in latest
        ),
    )  # fmt: skip


def _narrowed(found: QuerySet[Question], wanted: Wanted) -> QuerySet[Question]:
    found = found.select_related("category")
    for word in fold(wanted.words).split()[:8]:
        found = found.filter(folded__contains=word)
    if wanted.category:
        found = found.filter(category__code=wanted.category)
    if wanted.tag:
        found = found.filter(tags__name=wanted.tag)
    if wanted.kind or wanted.difficulty:
        versions = newest()
        if wanted.kind:
            versions = versions.filter(kind=wanted.kind)
        if wanted.difficulty:
            versions = versions.filter(difficulty=wanted.difficulty)
        found = found.filter(pk__in=versions.values("question"))
    if wanted.status == "alike":
        several = Question.objects.filter(retired_at=None).exclude(likeness="").order_by()
        twice = several.values("likeness").annotate(n=Count("pk")).filter(n__gt=1)
        return found.filter(retired_at=None, likeness__in=twice.values("likeness"))
    return found.filter(retired_at__isnull=wanted.status != "retired")


def shelves(mine: QuerySet[Category]) -> tuple[Shelf, ...]:
    """The categories as a tree, each below what it stands in. Two queries."""
    counts = dict(
        Question.objects.filter(retired_at=None, category__in=mine).order_by().values_list("category").annotate(Count("pk"))
    )
    found = list(mine.order_by("name", "pk"))
    inside: dict[int | None, list[Category]] = {}
    known = {one.pk for one in found}
    for one in found:
        inside.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    told: list[Shelf] = []

    def walk(parent: int | None, depth: int) -> None:
        for one in inside.get(parent, []):
            told.append(Shelf(category=one, depth=depth, count=counts.get(one.pk, 0)))
            walk(one.pk, depth + 1)

    walk(None, 0)
    return tuple(told)


# --- one question ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class QuestionSheet:
    """All there is to say of a question to who may write it."""

    question: Question
    version: QuestionVersion
    kind: str
    shown: responses.Shown
    right: list[str]
    marking: str
    rich: bool
    tags: tuple[str, ...]
    versions: tuple[QuestionVersion, ...]
    quizzes: tuple[QuizPage, ...]
    served: int
    alike: tuple[Question, ...]
    figures: QuestionFigures


def question_sheet(question: Question) -> QuestionSheet:
    versions = tuple(question.versions.order_by("-number"))
    version = versions[0]
    kind = KINDS[version.kind]
    fixed = QuizSection.objects.filter(fixed__icontains=question.code)
    named = {one.page_id for one in fixed if question.code in dict(one.codes)}
    draws = QuizPage.objects.filter(category=question.category) | QuizPage.objects.filter(pk__in=named)
    draws |= QuizPage.objects.filter(sections__category=question.category)
    other = Question.objects.filter(likeness=question.likeness, retired_at=None).exclude(pk=question.pk).exclude(likeness="")
    order = kind.draw_order(version.body, False, random.Random(0))  # noqa: S311  nothing is shuffled
    return QuestionSheet(
        question=question, version=version, kind=str(kind.label),
        shown=responses.show(version.kind, version.body, order, {}),
        right=responses.summarise(version.kind, version.body, responses.right_response(version.kind, version.body)),
        marking=kind.explain(version.body), rich=kind.rich,
        tags=tuple(question.tags.order_by("name").values_list("name", flat=True)), versions=versions,
        quizzes=tuple(draws.distinct().order_by("title")), alike=tuple(other.order_by("code")[:20]),
        served=Attempt.objects.filter(slots__version__question=question).count(), figures=question_figures(question),
    )  # fmt: skip


# --- a file before it is taken in ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """A question of a file as it would come in: `status` is "new", "changed" or "same"."""

    line: int
    code: str
    status: str
    kind: str
    stem: str
    right: list[str]
    rich: bool
    alike: str
    lost: tuple[str, ...]


def foreseen(items: tuple[Item, ...], outcome: Any) -> list[Foreseen]:
    """`outcome` is that of a dry run (quizzes.actions.Imported)."""
    status = {code: name for name in ("new", "changed", "same") for code in getattr(outcome, name)}
    by_line = {line: code for code, line in outcome.lines.items()}
    found = []
    for item in items:
        code = by_line.get(item.line, "")
        if code not in status:
            continue
        try:
            content = read_question(item.plain).fields
        except Bad:
            continue
        kind = KINDS[content["kind"]]
        right = kind.right(content["body"])
        found.append(
            Foreseen(
                line=item.line, code=code, status=status[code], kind=str(kind.label),
                stem=kind.wording(content["stem"], content["body"]),
                right=(kind.summarise(content["body"], right) if right else [_("Người chấm quyết định.")]),
                rich=kind.rich, alike=outcome.alike.get(code, ""), lost=item.lost,
            )
        )  # fmt: skip
    return found
