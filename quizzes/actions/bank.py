"""What happens to the bank of questions. Each function is one transaction, may be called twice, and sends nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.models import CoursePage
from pages.actions import Loaded, load_page
from people.text import fold, unmarked
from quizzes import queries
from quizzes.actions.pools import mark_stale
from quizzes.files import CODE_LIMIT, BankError, moment_of, read_questions
from quizzes.formats.items import Item, Reading, Refusal
from quizzes.kinds import Bad, Content, read_question
from quizzes.media import names_in
from quizzes.models import Category, Media, Question, QuestionVersion, QuizPage, Tag

_LETTERS = re.compile(r"[^\w]+")


def load_bank(*, code: str, name: str, questions: list[dict[str, Any]], now: dt.datetime) -> Category:
    """Bring the questions of a quiz.yaml into the bank `code`: the same file twice changes nothing.

    A question whose content changed gets its next version; one that is no longer in the file is retired, and comes
    back when the file has it again. Raises BankError.
    """
    category, _changed = _load_bank(code, name, questions, now)
    return category


@transaction.atomic
def load_quiz(*, course: CoursePage, quiz: Mapping[str, Any], now: dt.datetime, force: bool = False) -> Loaded:
    """Make or update the quiz page of `course` and its bank from quiz.yaml. Raises BankError."""
    category, changed = _load_bank(course.code, course.title, list(quiz.get("questions") or []), now)
    path = f"courses/{course.code}/quiz"
    try:
        fields = {
            "title": quiz["title"],
            "intro": quiz.get("intro", ""),
            "category": category,
            "ask": int(quiz["ask"]),
            "pass_mark": Decimal(str(quiz["pass_mark"])) / 10,
            "attempts_allowed": quiz.get("attempts_allowed"),
            **{name: quiz.get(name) for name in ("time_limit_minutes", "delay_minutes")},
            **{name: moment_of(quiz.get(name)) for name in ("opens_at", "closes_at")},
            "shuffle": bool(quiz.get("shuffle", True)),
        }
    except (KeyError, ValueError, ArithmeticError) as error:
        raise BankError(_("%(path)s: thiếu hoặc sai một mục: %(error)s.") % {"path": path, "error": error}) from error
    ready = queries.chosen(queries.Choice(category_id=category.pk)).count()
    if ready < fields["ask"]:
        told = {"path": path, "ask": fields["ask"], "ready": ready}
        raise BankError(_("%(path)s: hỏi %(ask)s câu mà chỉ có %(ready)s câu.") % told)
    slug = quiz.get("slug", "kiem-tra")
    outcome = load_page(kind=QuizPage, parent=course, slug=slug, fields=fields, path=path, now=now, force=force)[1]
    return Loaded.CHANGED if changed and outcome is Loaded.SAME else outcome


@transaction.atomic
def _load_bank(code: str, name: str, questions: list[dict[str, Any]], now: dt.datetime) -> tuple[Category, bool]:
    read = read_questions(questions)
    category = Category.objects.update_or_create(code=code, defaults={"name": name, "in_files": True})[0]
    changed = sum(_load_question(category, one, now) for one in read)
    gone = category.questions.filter(retired_at__isnull=True).exclude(code__in=[one.code for one in read])
    changed += gone.update(retired_at=now)
    if changed:
        mark_stale(category_ids=[category.pk])
    return category, changed > 0


def _load_question(category: Category, read: Content, now: dt.datetime) -> bool:
    question = Question.objects.get_or_create(code=read.code, defaults={"category": category})[0]
    if question.category_id != category.pk:
        raise BankError(_("Câu %(code)s: mã này đã thuộc về một ngân hàng khác.") % {"code": read.code})
    back = question.retired_at is not None
    if back:
        question.retired_at = None
        question.save(update_fields=["retired_at"])
    tagged = _set_tags(question, read.tags)
    return _add_version(question, read.fields, now) or back or tagged


def _add_version(question: Question, content: Mapping[str, Any], now: dt.datetime) -> bool:
    """The next version, unless the last one says the same. Returns whether there is one more."""
    asked = likeness(content["stem"], content["body"])
    tags = question.tags.values_list("name", flat=True) if question.pk else []
    found = fold(" ".join([question.code, *(str(content.get(name, "")) for name in ("name", "competency", "stem")), *tags]))
    if (question.likeness, question.folded) != (asked, found):
        question.likeness, question.folded = asked, found
        question.save(update_fields=["likeness", "folded"])
    last = question.versions.order_by("-number").first()
    if last and {name: getattr(last, name) for name in content} == dict(content):
        return False
    number = last.number + 1 if last else 1
    version = QuestionVersion.objects.create(question=question, number=number, created_at=now, **content)
    version.media.add(*Media.objects.filter(name__in=_media_of(content)))
    return True


def _media_of(content: Mapping[str, Any]) -> set[str]:
    """The names of pictures and sounds anywhere in a version."""
    return names_in(str(content[name]) for name in ("stem", "feedback", "body"))


def likeness(stem: str, body: Mapping[str, Any]) -> str:
    """By what two questions that ask the same are found: the words of the stem and of a text with gaps."""
    asked = _LETTERS.sub(" ", fold(f"{stem} {body.get('text', '')}")).strip()
    return hashlib.sha256(asked.encode()).hexdigest()


def _set_tags(question: Question, names: tuple[str, ...]) -> bool:
    """Whether anything changed."""
    if set(names) == set(question.tags.values_list("name", flat=True)):
        return False
    question.tags.set([Tag.objects.get_or_create(name=name)[0] for name in names])
    return True


# --- files of other systems ------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Imported:
    """What became of a file. `new`, `changed` and `same` are codes of questions; `alike` says which other question asks
    the same, by code; `lost` is what was not kept, as (line, sentence)."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    alike: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    lost: list[tuple[int, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # by code, where the question stands in the file

    @property
    def imported(self) -> int:
        return len(self.new) + len(self.changed) + len(self.same)


class _Undo(Exception):
    """Takes back what a dry run wrote."""


def import_questions(
    *, reading: Reading, path: Sequence[str], now: dt.datetime, dry_run: bool = False, whole: bool = False
) -> Imported:
    """Bring the questions of a file into the category at `path` (names or codes, outermost first; made where missing).

    A question is taken as a whole or refused with its reason. With `whole`, one refusal keeps all of them out. With
    `dry_run` nothing stays. The same file twice changes nothing: a question is known by its id, else by its name and
    what it asks. Raises BankError.
    """
    outcome = Imported(refusals=list(reading.refusals))
    try:
        with transaction.atomic():
            _keep_media(reading.media, now, store=not dry_run)
            _import_items(reading.items, path, outcome, now)
            if dry_run or (whole and outcome.refusals):
                raise _Undo
    except _Undo:
        if not dry_run:
            return Imported(refusals=outcome.refusals)
    return outcome


def _import_items(items: Sequence[Item], path: Sequence[str], outcome: Imported, now: dt.datetime) -> None:
    categories: dict[tuple[str, ...], Category] = {}
    lines = outcome.lines
    for item in items:
        where = (*path, *item.category)
        if where not in categories:
            categories[where] = _category(where)
        outcome.lost += [(item.line, sentence) for sentence in item.lost]
        try:
            content = read_question(item.plain)
            code = _code(categories[where], content, item.name)
            if code in lines:
                raise Bad(_("trùng với câu ở dòng %(line)s của tệp này.") % {"line": lines[code]})
            lines[code] = item.line
            _import_one(categories[where], code, content, outcome, now)
        except Bad as reason:
            outcome.refusals.append(Refusal(line=item.line, name=item.name, reason=str(reason)))
    outcome.refusals.sort(key=lambda one: one.line)
    mark_stale(category_ids=[category.pk for category in categories.values()])


def _import_one(category: Category, code: str, content: Content, outcome: Imported, now: dt.datetime) -> None:
    """Raises Bad."""
    missing = _media_of(content.fields)
    missing -= set(Media.objects.filter(name__in=missing).values_list("name", flat=True))
    if missing:
        raise Bad(_("tệp không mang theo hình hoặc âm thanh mà câu này dùng."))
    question, made = Question.objects.get_or_create(code=code, defaults={"category": category})
    if question.category_id != category.pk:
        raise Bad(_("mã %(code)s đã thuộc về một ngân hàng khác.") % {"code": code})
    tagged = _set_tags(question, content.tags)
    changed = _add_version(question, content.fields, now)
    (outcome.new if made else outcome.changed if changed or tagged else outcome.same).append(code)
    other = Question.objects.filter(likeness=question.likeness, retired_at__isnull=True).exclude(pk=question.pk)
    if made and (found := other.order_by("pk").first()):
        outcome.alike[code] = found.code


def _code(category: Category, content: Content, name: str) -> str:
    """The id of the file; else one that the same question gets again."""
    if content.code:
        if len(content.code) > CODE_LIMIT:
            raise Bad(_("mã dài quá %(limit)s chữ.") % {"limit": CODE_LIMIT})
        return content.code
    asked = likeness(f"{name} {content.fields['stem']}", content.fields["body"])
    return f"{category.code[: CODE_LIMIT - 11]}-{asked[:10]}"


def _category(path: Sequence[str]) -> Category:
    """The category at the path, made where it is missing. Raises BankError."""
    found: Category | None = None
    for name in path:
        found = queries.category_in(found, name) or _make_category(found, name)
    if found is None:
        raise BankError(_("Chưa nói nhập vào chủ đề nào."))
    if found.in_files:
        told = {"name": found.name}
        raise BankError(_("Ngân hàng “%(name)s” do tệp quiz.yaml của khóa học giữ. Hãy nhập vào một chủ đề khác.") % told)
    return found


def _make_category(parent: Category | None, name: str) -> Category:
    if not name or len(name) > 200:
        raise BankError(_("Tên chủ đề phải có từ 1 đến 200 chữ cái."))
    stem = slugify(unmarked(f"{parent.code} {name}" if parent else name))[: CODE_LIMIT - 5].upper() or "NH"
    taken = set(Category.objects.filter(code__startswith=stem).values_list("code", flat=True))
    code = next(one for one in (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))) if one not in taken)
    return Category.objects.create(code=code, name=name, parent=parent, owner=parent.owner if parent else None)


def _keep_media(media: Mapping[str, bytes], now: dt.datetime, *, store: bool) -> None:
    """Each file once, under its own digest. A file that stays behind after a rollback is found and used the next time."""
    known = set(Media.objects.filter(name__in=list(media)).values_list("name", flat=True))
    for name, data in media.items():
        if name in known:
            continue
        if not names_in([f"media:{name}"]) or hashlib.sha256(data).hexdigest() != name.partition(".")[0]:
            raise BankError(_("Một tệp đi kèm không đúng tên của nó: %(name)s.") % {"name": name})
        kept = Media(name=name, size=len(data), added_at=now)
        kept.file.name = f"quizzes/{name}"
        if store and not kept.file.storage.exists(kept.file.name):
            kept.file.name = kept.file.storage.save(kept.file.name, ContentFile(data))
        kept.save()
