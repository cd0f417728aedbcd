"""The newer kinds of questions from the bank to the marked attempt, through the pages; pictures only for who was asked."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from lrs.models import Statement
from quizzes import actions, responses
from quizzes.formats.items import Item, Reading
from quizzes.models import Attempt, Media, QuizPage
from tests import world
from tests.quizzes.plain import sent_back

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SQUARE = "<math><msup><mi>x</mi><mn>2</mn></msup></math>"
NAME = f"{hashlib.sha256(PNG).hexdigest()}.png"
QUESTIONS: list[dict[str, Any]] = [
    {
        "kind": "gaps", "stem": "Điền cho đủ câu.", "text": "Máy học từ [[1]],\n\nkhông phải từ [[2]].",
        "gaps": {
            "1": {"kind": "typed", "accept": ["dữ liệu"]},
            "2": {"kind": "chosen", "options": [{"text": "phép màu", "correct": True}, {"text": "ví dụ"}]},
        },
    },
    {
        "kind": "hotspot", "stem": "Chạm vào chỗ AI vẽ sai.", "image": f"media:{NAME}", "alt": "Một bàn tay sáu ngón",
        "areas": [
            {"name": "Ngón tay thừa", "shape": "circle", "coords": [500, 500, 90], "correct": True},
            {"name": "Cổ tay", "shape": "rect", "coords": [0, 600, 300, 1000], "feedback": "Chỗ này đúng mà."},
        ],
    },
    {
        "kind": "multiple", "stem": f"Nhìn hình ![bàn tay](media:{NAME}) rồi chọn.", "rule": "all", "mark": 2,
        "options": [
            {"text": "**Sáu** ngón", "correct": True}, {"text": f"Có {SQUARE}", "correct": True}, {"text": "Năm ngón"},
        ],
    },
    {"kind": "likert", "stem": "Bạn thấy thế nào?", "statements": ["Tôi thấy tự tin hơn."], "scale": ["Không", "Có"]},
]  # fmt: skip


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def quiz(course: SimpleNamespace, now: dt.datetime, settings: Any, tmp_path: Any) -> QuizPage:
    """Its bank came from a file."""
    items = tuple(Item(line=line, plain=plain) for line, plain in enumerate(QUESTIONS, 1))
    outcome = actions.import_questions(reading=Reading(items=items, media={NAME: PNG}), path=["Đủ kiểu"], now=now)
    assert (outcome.imported, outcome.refusals) == (4, [])
    course.quiz.category = course.quiz.category.__class__.objects.get(name="Đủ kiểu")
    course.quiz.ask = 4
    course.quiz.save()
    return course.quiz


@pytest.fixture
def attempt(quiz: QuizPage, an: Any, now: dt.datetime) -> Attempt:
    return actions.begin(learner=an, quiz=quiz, now=now)


@pytest.fixture
def learner(an: Any) -> Client:
    client = Client()
    client.force_login(an)
    return client


def answers(attempt: Attempt) -> dict[str, dict[str, Any]]:
    """What An says to each kind: half of the gaps, all of the picture and of the options, and her opinion."""
    right = {
        slot.version.kind: responses.right_response(slot.version.kind, slot.version.body)
        for slot in attempt.slots.select_related("version")
    }
    return {
        **right, "gaps": {"gaps": {"1": "DU LIEU", "2": "b"}}, "likert": {"marks": {"a": 2}},
    }  # fmt: skip


def test_an_attempt_over_the_newer_kinds_by_forms_alone(learner: Client, attempt: Attempt) -> None:
    address = f"/quizzes/attempts/{attempt.pk}/"
    said = answers(attempt)
    slots = list(attempt.slots.select_related("version").order_by("position"))
    assert sorted(slot.version.kind for slot in slots) == ["gaps", "hotspot", "likert", "multiple"]
    for slot in slots:
        page = learner.get(f"{address}?cau={slot.position}").content.decode()
        assert "data-problem" in page and "correct" not in page
        shown = responses.show(slot.version.kind, slot.version.body, slot.order, said[slot.version.kind])
        posted = {"position": slot.position, "sequence": 0, "go": "review", **sent_back(shown)}
        assert learner.post(address, posted).status_code == 302
        assert slot.steps.get().response == said[slot.version.kind]
    assert "Bạn đã trả lời đủ 4 câu" in learner.get(f"{address}?cau=xem-lai").content.decode()
    learner.post(f"{address}finish/")
    attempt.refresh_from_db()
    # 0.5 of the gaps, 1 of the picture, 2 of the options; the opinion counts nothing: 3.5 of 4.
    assert (str(attempt.score), attempt.max_marks) == ("8.75", 4)
    result = learner.get(address).content.decode()
    assert "Máy học từ (1) …," in result and f'src="/quizzes/media/{NAME}" alt="Một bàn tay sáu ngón"' in result
    assert "Ý kiến, không tính điểm" in result and "Đúng một phần, 50%" in result and "Đúng trọn 2 trên 3 câu" in result


def test_the_evidence_sheet_is_handed_out_once_the_answers_may_be_told(learner: Client, attempt: Attempt, outsider: Any) -> None:
    address = f"/quizzes/attempts/{attempt.pk}/evidence.pdf"
    assert learner.get(address).status_code == 302
    said = answers(attempt)
    for slot in attempt.slots.select_related("version"):
        actions.save_answer(attempt=attempt, position=slot.position, response=said[slot.version.kind], now=timezone.now())
    actions.finish_attempt(attempt=attempt, now=timezone.now())
    assert address in learner.get(f"/quizzes/attempts/{attempt.pk}/").content.decode()
    paper = learner.get(address)
    assert paper["Content-Type"] == "application/pdf"
    text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages).split())
    for told in (
        "Điền vào chỗ trống",
        "Máy học từ (1) …,",
        "(1) DU LIEU",
        "(2) ví dụ",
        "phép màu",
        "Ngón tay thừa",
        "Tôi thấy tự tin hơn: Có",
        "8,75",
    ):
        assert told in text, told
    stranger = Client()
    assert "/accounts/login/" in stranger.get(address)["Location"]
    stranger.force_login(outsider)
    assert stranger.get(address).status_code == 404


def test_a_failed_attempt_with_another_to_come_gives_no_sheet_with_the_answers(learner: Client, attempt: Attempt) -> None:
    actions.finish_attempt(attempt=attempt, now=timezone.now())
    reply = learner.get(f"/quizzes/attempts/{attempt.pk}/evidence.pdf", follow=True)
    assert "chỉ in được khi bạn đã đạt" in reply.content.decode() and reply["Content-Type"].startswith("text/html")


def test_the_page_draws_pictures_formulas_gaps_and_places(learner: Client, attempt: Attempt) -> None:
    page = learner.get(f"/quizzes/attempts/{attempt.pk}/?cau=1").content.decode()
    assert f'<img src="/quizzes/media/{NAME}" alt="bàn tay"' in page
    assert "<strong>Sáu</strong> ngón" in page and "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert 'name="gap-1"' in page and "Chỗ trống 2" in page
    assert '<ellipse data-area="' in page and 'cx="500" cy="500" rx="90"' in page and "Ngón tay thừa" in page


def test_a_picture_is_for_who_was_asked(learner: Client, attempt: Attempt, outsider: Any) -> None:
    shown = learner.get(f"/quizzes/media/{NAME}")
    assert b"".join(shown.streaming_content) == PNG  # type: ignore[attr-defined]
    assert (
        shown["Content-Type"] == "image/png"
        and "private" in shown["Cache-Control"]
        and "sandbox" in shown["Content-Security-Policy"]
    )
    other = Client()
    assert other.get(f"/quizzes/media/{NAME}").status_code == 404
    other.force_login(outsider)
    assert other.get(f"/quizzes/media/{NAME}").status_code == 404
    assert learner.get(f"/quizzes/media/{'1' * 64}.png").status_code == 404
    assert learner.post(f"/quizzes/media/{NAME}").status_code == 405


def test_the_statement_of_an_opinion_has_no_score_and_of_gaps_no_typed_word(attempt: Attempt, now: dt.datetime) -> None:
    said = answers(attempt)
    for slot in attempt.slots.select_related("version"):
        actions.save_answer(attempt=attempt, position=slot.position, response=said[slot.version.kind], now=now)
    actions.finish_attempt(attempt=attempt, now=now)
    results = {
        (told := json.loads(one.document))["object"]["definition"]["interactionType"]: told["result"]
        for one in Statement.objects.filter(verb__endswith="/answered")
    }
    assert results["likert"] == {"response": "s2"}
    assert results["fill-in"]["score"]["scaled"] == 0.5 and "response" not in results["fill-in"]
    assert results["choice"]["success"] is True


# --- the bank from files ---------------------------------------------------------------------------------------------


def reading(*plains: dict[str, Any], **more: Any) -> Reading:
    return Reading(items=tuple(Item(line=line, plain=plain) for line, plain in enumerate(plains, 10)), **more)


TRUTH = {"kind": "true_false", "stem": "Đúng không?", "answer": True}


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing_and_an_edited_one_makes_a_version(now: dt.datetime) -> None:
    first = actions.import_questions(reading=reading({**TRUTH, "id": "t-1"}, QUESTIONS[0]), path=["A", "B"], now=now)
    again = actions.import_questions(reading=reading({**TRUTH, "id": "t-1"}, QUESTIONS[0]), path=["A", "B"], now=now)
    assert (len(first.new), len(again.new), sorted(again.same)) == (2, 0, sorted(first.new))
    edited = actions.import_questions(reading=reading({**TRUTH, "id": "t-1", "answer": False}), path=["A", "B"], now=now)
    assert edited.changed == ["t-1"]


@pytest.mark.django_db
def test_a_dry_run_leaves_nothing_behind(now: dt.datetime) -> None:
    data = PNG + b"another"  # what other tests store stays in the storage
    name = f"{hashlib.sha256(data).hexdigest()}.png"
    outcome = actions.import_questions(reading=reading(TRUTH, media={name: data}), path=["A"], now=now, dry_run=True)
    assert outcome.imported == 1
    assert not Media.objects.exists() and not Media._meta.get_field("file").storage.exists(f"quizzes/{name}")
    assert not world.Category.objects.exists()


@pytest.mark.django_db
def test_what_is_refused_is_told_with_its_line_and_the_rest_comes_in_unless_all_or_nothing(now: dt.datetime) -> None:
    mixed = reading(TRUTH, {"kind": "single", "stem": "Chọn?", "options": []}, TRUTH, {**TRUTH, "stem": f"![](media:{NAME})"})
    none = actions.import_questions(reading=mixed, path=["A"], now=now, whole=True)
    assert none.imported == 0 and not world.Category.objects.exists()
    outcome = actions.import_questions(reading=mixed, path=["A"], now=now)
    assert outcome.imported == 1
    assert [one.line for one in outcome.refusals] == [11, 12, 13]
    assert "dòng 10" in outcome.refusals[1].reason and "hình" in outcome.refusals[2].reason


@pytest.mark.django_db
def test_a_question_that_asks_the_same_is_named(now: dt.datetime) -> None:
    actions.import_questions(reading=reading({**TRUTH, "id": "t-1"}), path=["A"], now=now)
    outcome = actions.import_questions(reading=reading({**TRUTH, "stem": "dung KHONG", "id": "t-2"}), path=["B"], now=now)
    assert outcome.alike == {"t-2": "t-1"}


@pytest.mark.django_db
def test_a_bank_that_a_file_of_the_curriculum_keeps_takes_no_others(now: dt.datetime) -> None:
    actions.load_bank(code="CD-9", name="Khóa chín", questions=[{**TRUTH, "id": "t-1"}], now=now)
    with pytest.raises(actions.BankError, match=r"quiz\.yaml"):
        actions.import_questions(reading=reading(TRUTH), path=["CD-9"], now=now)


@pytest.mark.django_db
def test_a_medium_under_another_name_is_refused(now: dt.datetime) -> None:
    for name in ("../../etc/passwd", f"{'0' * 64}.png", f"{NAME[:-4]}.exe"):
        with pytest.raises(actions.BankError):
            actions.import_questions(reading=reading(TRUTH, media={name: PNG}), path=["A"], now=now)
