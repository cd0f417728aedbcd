"""The bank for those who write it: found, looked at, taken in with consent, given out; nobody else sees a key."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.actions.accounts import grant_role
from quizzes import actions, queries
from quizzes.models import Category, Question, QuestionFile, Tag
from tests import world
from tests.quizzes.conftest import answer_all
from tests.quizzes.test_sections import add

GIFT = """$CATEGORY: Đạo đức

::Câu một:: AI có luôn đúng không? {F#Không ai luôn đúng.}

::Câu hai:: Thủ đô của Việt Nam? {=Hà Nội ~Huế ~Đà Nẵng}

::Câu ba:: Câu này hỏng {=}
"""


@pytest.fixture
def em(city: SimpleNamespace) -> Any:
    user = world.make_user("em", "Đặng Ngọc Em", audience="cbccvc_nld")
    grant_role(user=user, kind="editor", organisation=city.city, by=None, now=timezone.now())
    return user


@pytest.fixture
def editor(client: Client, em: Any) -> Client:
    world.log_in_whole(client, em)
    return client


@pytest.fixture
def common(db: None, now: dt.datetime) -> Category:
    return Category.objects.create(code="CHUNG", name="Ngân hàng chung")


def send(client: Client, text: str, path: str = "Ngân hàng chung", key: uuid.UUID | None = None) -> Any:
    file = io.BytesIO(text.encode())
    file.name = "cau-hoi.gift"
    return client.post("/quizzes/bank/send/", {"key": str(key or uuid.uuid4()), "path": path, "file": file})


def test_questions_are_found_without_accents_by_word_code_and_tag(
    editor: Client, course: SimpleNamespace, common: Category, now: dt.datetime
) -> None:
    actions.import_questions(reading=actions_read(GIFT), path=["Ngân hàng chung"], now=now)
    text = editor.get("/quizzes/bank/", {"q": "thu do viet NAM"}).content.decode()
    assert "Thủ đô của Việt Nam?" in text and "AI có luôn đúng" not in text
    question = Question.objects.get(folded__contains="thu do")
    assert question.code in editor.get("/quizzes/bank/", {"q": question.code.lower()}).content.decode()
    text = editor.get("/quizzes/bank/", {"kind": "true_false", "category": question.category.code}).content.decode()
    assert "AI có luôn đúng" in text and "Thủ đô" not in text
    assert "Không có câu nào" in editor.get("/quizzes/bank/", {"q": "khong-the-co"}).content.decode()


def actions_read(text: str) -> Any:
    from quizzes.formats.registry import read

    return read(text.encode())


def test_tags_and_what_asks_the_same_and_what_is_retired(editor: Client, common: Category, now: dt.datetime) -> None:
    first, second, third = (add(common, f"c-{n}", now) for n in range(3))
    Question.objects.filter(pk__in=[first.pk, second.pk]).update(likeness="x")
    third.tags.add(Tag.objects.create(name="an-toan"))
    codes = lambda **asked: {row.question.code for row in queries.bank_list(em_of(editor), queries.Wanted(**asked)).rows}  # noqa: E731
    assert codes(status="alike") == {"c-0", "c-1"}
    assert codes(tag="an-toan") == {"c-2"}
    editor.post("/quizzes/bank/questions/c-2/retire/")
    assert codes() == {"c-0", "c-1"} and codes(status="retired") == {"c-2"}
    assert "đã ngừng dùng" in editor.get("/quizzes/bank/questions/c-2/").content.decode()
    for _twice in range(2):
        editor.post("/quizzes/bank/questions/c-2/retire/", {"back": "1"})
    assert codes() == {"c-0", "c-1", "c-2"}


def em_of(client: Client) -> Any:
    from people.models import User

    return User.objects.get(pk=client.session["_auth_user_id"])


def test_a_question_of_a_courses_file_is_looked_at_and_left_alone(editor: Client, course: SimpleNamespace) -> None:
    Category.objects.filter(pk=course.category.pk).update(in_files=True)
    text = editor.get("/quizzes/bank/questions/cd-t-01/").content.decode()
    assert "quiz.yaml" in text and "Ngừng dùng câu này" not in text
    editor.post("/quizzes/bank/questions/cd-t-01/retire/")
    assert Question.objects.get(code="cd-t-01").retired_at is None


def test_the_page_of_a_question_tells_key_versions_use_and_figures(
    editor: Client, course: SimpleNamespace, enrolment: Any, now: dt.datetime
) -> None:
    for question in Question.objects.all():
        page = editor.get(f"/quizzes/bank/questions/{question.code}/")
        assert page.status_code == 200
        text = page.content.decode()
        assert "Đáp án và cách chấm" in text and "Chưa ai làm câu này" in text and course.quiz.title in text
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    answer_all(attempt, now)
    actions.finish_attempt(attempt=attempt, now=now)
    code = attempt.slots.first().version.question.code
    text = editor.get(f"/quizzes/bank/questions/{code}/").content.decode()
    assert "Đã ra trong 1 lượt" in text and "Chưa đủ số liệu" in text
    text = editor.get(f"/quizzes/bank/figures/{course.quiz.pk}/").content.decode()
    assert "1 người đã làm xong, 1 lượt" in text and text.count("Chưa đủ số liệu") == 5


def test_the_list_asks_the_database_as_often_for_thirty_as_for_three(editor: Client, common: Category, now: dt.datetime) -> None:
    counts = []
    for upto in (3, 30):
        for number in range(Question.objects.count(), upto):
            add(common, f"c-{number:02}", now).tags.add(Tag.objects.get_or_create(name=f"nhan-{number}")[0])
        editor.get("/quizzes/bank/")
        with CaptureQueriesContext(connection) as caught:
            assert editor.get("/quizzes/bank/").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 20


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_looked_at_then_taken_in_with_consent(editor: Client, common: Category) -> None:
    key = uuid.uuid4()
    for _twice in range(2):
        answer = send(editor, GIFT, key=key)
        assert answer.url == f"/quizzes/bank/send/{key}/"
    assert not Question.objects.exists(), "looking at it writes nothing"
    text = editor.get(answer.url).content.decode()
    assert "Tệp có 3 câu" in text and "2 câu mới" in text and "1 câu không nhập được" in text
    assert "Dòng 7" in text and "Hà Nội" in text and "Nhập 2 câu tốt" in text
    assert "Chưa nhập câu nào" in editor.post(answer.url, {"whole": "1"}, follow=True).content.decode()
    assert not Question.objects.exists()
    assert "Đã nhập 2 câu: 2 mới" in editor.post(answer.url, follow=True).content.decode()
    assert Question.objects.filter(category__name="Đạo đức", category__parent=common).count() == 2
    editor.post(answer.url)
    assert Question.objects.count() == 2
    assert "Tệp này đã nhập" in editor.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [("không phải câu hỏi", "Ngân hàng chung", "Chỉ nhận tệp GIFT"), (GIFT, " / ", "Bạn không soạn được chủ đề này")],
)
def test_what_cannot_be_read_is_said_at_once(editor: Client, common: Category, text: str, path: str, told: str) -> None:
    answer = send(editor, text, path)
    assert answer.status_code == 200 and told in answer.content.decode()
    assert not QuestionFile.objects.exists()


def test_files_that_were_looked_at_are_gone_after_a_day(editor: Client, common: Category) -> None:
    send(editor, GIFT)
    kept = QuestionFile.objects.get()
    assert storages["private"].exists(kept.file.name)
    assert actions.forget_question_files(now=timezone.now() + dt.timedelta(hours=23)) == 0
    assert actions.forget_question_files(now=timezone.now() + dt.timedelta(hours=25)) == 1
    assert not storages["private"].exists(kept.file.name) and not QuestionFile.objects.exists()


@pytest.mark.parametrize("kind", ["gift", "moodlexml", "qti", "xlsx"])
def test_a_category_goes_out_as_a_file_that_comes_in_again(editor: Client, course: SimpleNamespace, kind: str) -> None:
    from quizzes.formats.registry import read

    answer = editor.get("/quizzes/bank/export/", {"category": course.category.code, "format": kind})
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert len(read(answer.content).items) == 8


def test_the_table_to_fill_in(editor: Client) -> None:
    assert editor.get("/quizzes/bank/send/template.xlsx").content.startswith(b"PK")


# --- who ------------------------------------------------------------------------------------------------------------


def test_an_editor_of_one_place_sees_and_writes_what_is_hers(
    client: Client, city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime
) -> None:
    hoa = world.make_user("hoa", "Lê Thị Hoa", audience="cbccvc_nld")
    grant_role(user=hoa, kind="editor", organisation=city.ward, by=None, now=timezone.now())
    mine = Category.objects.create(code="PHUONG", name="Của phường", owner=city.ward)
    theirs = Category.objects.create(code="KHAC", name="Của phường khác", owner=city.other_ward)
    add(mine, "cua-ta", now)
    add(theirs, "cua-nguoi", now)
    world.log_in_whole(client, hoa)
    text = client.get("/quizzes/bank/").content.decode()
    assert "cua-ta" in text and "cua-nguoi" not in text and "cd-t-01" not in text
    for code in ("cua-nguoi", "cd-t-01"):
        assert client.get(f"/quizzes/bank/questions/{code}/").status_code == 404
    for category in ("KHAC", course.category.code):
        assert client.get("/quizzes/bank/export/", {"category": category, "format": "gift"}).status_code == 404
    assert client.get(f"/quizzes/bank/figures/{course.quiz.pk}/").status_code == 404
    for path in ("Của phường khác", "Một chủ đề mới"):
        assert "không soạn được" in send(client, GIFT, path).content.decode()
    assert send(client, GIFT, "Của phường").status_code == 302
    assert actions.retire(codes=["cua-nguoi", "cua-ta"], by=hoa, now=now) == 1


def test_what_one_sent_another_does_not_open(editor: Client, common: Category, city: SimpleNamespace) -> None:
    url = send(editor, GIFT).url
    other = world.make_owner("hieu", "Lý Văn Hiếu", city.city)
    client = Client()
    world.log_in_whole(client, other)
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
