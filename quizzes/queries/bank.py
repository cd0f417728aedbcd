"""Reads of the bank of questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from people.text import nfc
from quizzes.files import CONTENT
from quizzes.formats.items import Item
from quizzes.kinds import tell_question
from quizzes.media import names_in
from quizzes.models import Category, Media, Question, QuestionVersion


def newest() -> QuerySet[QuestionVersion]:
    """The latest version of every question, retired or not. One query."""
    number = QuestionVersion.objects.filter(question=OuterRef("question")).order_by("-number").values("number")[:1]
    return QuestionVersion.objects.filter(number=Subquery(number))


def latest() -> QuerySet[QuestionVersion]:
    """The latest version of every question that is not retired: what an attempt may serve. What no machine marks waits for
    a person (queries.marking)."""
    return newest().filter(question__retired_at__isnull=True)


def latest_versions(category_id: int) -> QuerySet[QuestionVersion]:
    """Those of one category alone, without what is inside it."""
    return latest().filter(question__category_id=category_id)


def bank(category_id: int) -> dict[str, QuestionVersion]:
    """The same by the questions' codes, in the order in which they came into the bank."""
    codes = dict(Question.objects.filter(category_id=category_id).order_by("pk").values_list("pk", "code"))
    found = {version.question_id: version for version in latest_versions(category_id)}
    return {code: found[question] for question, code in codes.items() if question in found}


def tags_of(category_id: int) -> dict[str, tuple[str, ...]]:
    """The tags of the bank's questions by their codes; questions without any are left out."""
    found: dict[str, tuple[str, ...]] = {}
    pairs = Question.objects.filter(category_id=category_id, tags__isnull=False).order_by("tags__pk")
    for code, name in pairs.values_list("code", "tags__name"):
        found[code] = (*found.get(code, ()), name)
    return found


@dataclass(frozen=True, kw_only=True)
class BankFile:
    """Questions ready to be written in any format, with the pictures and sounds they refer to."""

    items: tuple[Item, ...]
    media: dict[str, bytes]


def path_of(words: str) -> list[str]:
    """The names in "Outer/Inner", composed and without the space around them."""
    return [nfc(name).strip() for name in words.split("/") if name.strip()]


def category_in(parent: Category | None, name: str) -> Category | None:
    """A category of `parent` (None: an outermost one) by its name, else by its code."""
    inside = Category.objects.filter(parent=parent)
    return inside.filter(name=name).first() or inside.filter(code=name).first()


def category_named(name: str) -> Category | None:
    """By its code, or by names from the outermost with "/" between."""
    found = Category.objects.filter(code=name).first()
    if found:
        return found
    for part in name.split("/"):
        found = Category.objects.filter(parent=found, name=part.strip()).first()
        if found is None:
            return None
    return found


def bank_file(category: Category) -> BankFile:
    """The latest versions of what is in the category and in those inside it, but what is retired; their paths begin below
    the category."""
    paths: dict[int, tuple[str, ...]] = {category.pk: ()}
    waiting = [category.pk]
    while waiting:
        below = list(Category.objects.filter(parent__in=waiting).order_by("pk").values_list("pk", "parent", "name"))
        paths |= {pk: (*paths[parent], name) for pk, parent, name in below if parent is not None}
        waiting = [pk for pk, _parent, _name in below]
    items: list[Item] = []
    for pk, path in paths.items():
        tags = tags_of(pk)
        items += [
            Item(line=place, plain=_plain(code, tags.get(code, ()), version), name=version.name, category=path)
            for place, (code, version) in enumerate(bank(pk).items(), len(items) + 1)
        ]
    kept = Media.objects.filter(versions__question__category__in=list(paths)).distinct()
    wanted = names_in([str(item.plain) for item in items])
    return BankFile(items=tuple(items), media={one.name: one.file.read() for one in kept if one.name in wanted})


def _plain(code: str, tags: tuple[str, ...], version: QuestionVersion) -> dict[str, Any]:
    return tell_question(code=code, tags=tags, fields={name: getattr(version, name) for name in CONTENT})
