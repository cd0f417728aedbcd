"""Questions in and out from the shell, through real files."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from quizzes.models import Category, QuestionVersion
from quizzes.queries import bank_file, category_named


def run(name: str, *args: str, **options: object) -> tuple[str, str]:
    out, errors = io.StringIO(), io.StringIO()
    call_command(name, *args, stdout=out, stderr=errors, **options)
    return out.getvalue(), errors.getvalue()


def plains(category: Category) -> list[dict[str, object]]:
    """What is in a bank but its ids."""
    return [{name: value for name, value in item.plain.items() if name != "id"} for item in bank_file(category).items]


@pytest.mark.parametrize("kind", ["gift", "moodlexml", "qti", "xlsx"])
def test_a_bank_written_and_read_into_another_category_is_the_same(course: SimpleNamespace, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"ngan-hang.{kind}"
    told, _errors = run("export_questions", course.category.code, format=kind, out=file)
    assert told.startswith(f"{course.category.questions.count()} câu")
    before = plains(course.category)
    codes = list(course.category.questions.values_list("code", flat=True))
    for question in course.category.questions.all():  # their ids are free again
        question.code = f"cu-{question.pk}"
        question.save()
    dry, _errors = run("import_questions", str(file), category="Kho/Bản sao", dry_run=True)
    assert f"found {len(codes)} / imported {len(codes)} / refused 0" in dry and "chưa ghi gì" in dry
    assert not Category.objects.filter(name="Kho").exists()
    told, errors = run("import_questions", str(file), category="Kho/Bản sao")
    assert f"imported {len(codes)}" in told and errors == ""
    copy = category_named("Kho/Bản sao")
    assert copy is not None and copy.parent is not None
    assert plains(copy) == before
    assert sorted(copy.questions.values_list("code", flat=True)) == sorted(codes)
    again, _errors = run("import_questions", str(file), category="Kho/Bản sao", format=kind)
    assert f"như cũ {len(codes)}" in again
    assert QuestionVersion.objects.filter(question__category=copy).count() == len(codes)


@pytest.mark.django_db
def test_what_is_no_file_of_questions_is_refused_in_words(tmp_path: Path, now: dt.datetime) -> None:
    for content, told in ((b"", "Chỉ nhận tệp GIFT"), (b"hello", "Chỉ nhận tệp GIFT"), (b"PK\x03\x04broken", "hỏng")):
        file = tmp_path / "tep"
        file.write_bytes(content)
        with pytest.raises(CommandError, match=told):
            run("import_questions", str(file))
    with pytest.raises(CommandError, match="Không có chủ đề"):
        run("export_questions", "khong-co", format="xlsx")
