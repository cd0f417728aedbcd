"""A file of questions between being looked at and being taken in."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.files.base import ContentFile
from django.db import transaction

from people.models import User, holds_over_all
from people.text import nfc
from quizzes import queries
from quizzes.actions.bank import Imported, import_questions
from quizzes.actions.pools import mark_stale
from quizzes.formats.items import Reading
from quizzes.formats.registry import read
from quizzes.models import EDITING, Category, Question, QuestionFile

KEPT = dt.timedelta(days=1)


class NotYourBank(Exception):
    """The category is not one whose questions this person may write."""


@transaction.atomic
def keep_question_file(*, key: uuid.UUID, name: str, data: bytes, path: str, by: User, now: dt.datetime) -> QuestionFile:
    """Keep a file to be looked at, once however often it is sent. Raises NotYourBank, formats.items.Unreadable."""
    check_path(path, by)
    kept = QuestionFile.objects.filter(pk=key, sent_by=by).first()
    if kept:
        return kept
    read(data)
    made = QuestionFile(id=key, name=nfc(name)[-120:], path=path, sent_by=by, sent_at=now)
    # By our own number: what somebody called her file is kept beside it, never in a path.
    made.file.save(f"{key}.bin", ContentFile(data), save=False)
    made.save(force_insert=True)
    return made


def check_path(path: str, by: User) -> list[str]:
    """The names of a path to which `by` may add questions: inside a category of hers; a new outermost one only for who may
    write the whole bank. Raises NotYourBank, BankError."""
    names = queries.path_of(path)
    first = queries.category_in(None, names[0]) if names else None
    mine = Category.objects.visible_to(by)
    new_one = first is None and not holds_over_all(by, EDITING)
    if not names or new_one or (first and not mine.filter(pk=first.pk).exists()):
        raise NotYourBank(path)
    return names


def look_at(file: QuestionFile, *, now: dt.datetime) -> tuple[Reading, Imported]:
    """What is in it and what would become of it; nothing stays. Raises Unreadable, BankError."""
    reading = read(file.file.read())
    return reading, import_questions(reading=reading, path=queries.path_of(file.path), now=now, dry_run=True)


@transaction.atomic
def take_in(*, file: QuestionFile, by: User, now: dt.datetime, whole: bool) -> Imported | None:
    """Take in what is good in a file that was looked at; with `whole` only when all of it is. None when it was taken in
    before. Raises NotYourBank, Unreadable, BankError."""
    locked = QuestionFile.objects.select_for_update().get(pk=file.pk)
    if locked.applied_at:
        return None
    path = check_path(locked.path, by)
    outcome = import_questions(reading=read(locked.file.read()), path=path, now=now, whole=whole)
    if whole and outcome.refusals:
        return outcome
    locked.applied_at = now
    locked.save(update_fields=["applied_at"])
    return outcome


def forget_question_files(*, now: dt.datetime) -> int:
    """Files that were sent more than a day ago, whatever became of them: their keys lie in nobody's way. Returns how many."""
    old = list(QuestionFile.objects.filter(sent_at__lt=now - KEPT))
    for one in old:
        one.file.delete(save=False)
        one.delete()
    return len(old)


@transaction.atomic
def retire(*, codes: list[str], by: User, now: dt.datetime, back: bool = False) -> int:
    """Take questions out of use, or back into it with `back`; attempts that have them keep them. Those of a quiz.yaml and
    of others' categories are left alone. Returns how many changed."""
    found = Question.objects.filter(code__in=codes, category__in=Category.objects.visible_to(by), category__in_files=False)
    found = found.filter(retired_at__isnull=not back)
    touched = list(found.values_list("pk", "category"))
    Question.objects.filter(pk__in=[pk for pk, _category in touched]).update(retired_at=None if back else now)
    mark_stale(category_ids={category for _pk, category in touched})
    return len(touched)
