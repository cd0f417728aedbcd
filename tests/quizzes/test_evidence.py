from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
import time
import unicodedata
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from courses.models import Enrolment
from quizzes import actions, marking, responses
from quizzes.evidence_pdf import EvidenceQuestion, EvidenceSheet, EvidenceStep, canonical, digest, evidence_pdf, visible
from quizzes.evidence_sheet import NotFinished, evidence_sheet
from quizzes.kinds import KINDS
from quizzes.models import Attempt, QuestionVersion, QuizPage

BEGUN = dt.datetime(2026, 11, 26, 2, 5, 3, 250_000, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def question(position: int = 1, **changes: Any) -> EvidenceQuestion:
    known: dict[str, Any] = {
        "position": position, "code": f"cd1-{position:02}", "version": 3, "kind": "Chọn một", "stem": "Việc **đầu tiên** là gì?",
        "served": ("1. Chuyển tiền", "2. Gọi lại **số đã lưu**"),
        "steps": (
            EvidenceStep(sequence=1, saved_at=BEGUN + MINUTE, answer=("1. Chuyển tiền",), counted=False),
            EvidenceStep(sequence=2, saved_at=BEGUN + 2 * MINUTE, answer=("2. Gọi lại **số đã lưu**",), counted=True),
        ),
        "mark": Decimal("1.0000000"), "max_mark": Decimal("1.0000000"), "right": ("2. Gọi lại **số đã lưu**",),
        "marking": "chọn phương án đúng được trọn điểm.", "rich": True,
    }  # fmt: skip
    return EvidenceQuestion(**{**known, **changes})


def sheet(*questions: EvidenceQuestion, **changes: Any) -> EvidenceSheet:
    known: dict[str, Any] = {
        "person": "Nguyễn Thị An", "named": True, "course": "AI quanh ta", "course_code": "CD-1",
        "quiz": "Bài kiểm tra cuối khóa",
        "attempt": "0b0c6a2e-5f0e-4a58-9d1f-5a4f8e2f9a11", "number": 2, "rules": (("Số câu", "1"), ("Thời gian", "15 phút")),
        "started_at": BEGUN, "deadline": BEGUN + 15 * MINUTE, "handed_in_at": BEGUN + 7 * MINUTE, "closed_at": BEGUN + 7 * MINUTE,
        "seed": 3141592653589793238, "scorer": "1", "questions": questions or (question(),), "marks": Decimal(1),
        "max_marks": Decimal(1), "score": Decimal("8.50"), "pass_mark": Decimal("7.00"), "passed": True,
        "made_at": BEGUN + dt.timedelta(days=1),
    }  # fmt: skip
    return EvidenceSheet(**{**known, **changes})


def pages_of(content: bytes) -> list[str]:
    return [" ".join(unicodedata.normalize("NFC", page.extract_text()).split()) for page in PdfReader(io.BytesIO(content)).pages]


def text_of(told: EvidenceSheet) -> str:
    return " ".join(pages_of(evidence_pdf(told)))


# --- the paper -----------------------------------------------------------------------------------------------------------


def test_the_paper_says_everything_of_the_sheet() -> None:
    text = text_of(sheet())
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Thành phố Hồ Chí Minh, ngày 27 tháng 11 năm 2026", "PHIẾU CHỨNG CỨ BÀI LÀM",
        "Bài kiểm tra cuối khóa, lượt thứ 2", "Nguyễn Thị An", "AI quanh ta (CD-1)", "0b0c6a2e-5f0e-4a58-9d1f-5a4f8e2f9a11",
        "Bắt đầu 09:05:03 ngày 26/11/2026", "Hạn nộp 09:20:03 ngày 26/11/2026", "Nộp bài 09:12:03 ngày 26/11/2026",
        "Đóng bài 09:12:03 ngày 26/11/2026", "3141592653589793238", "Thời gian 15 phút",
        "Câu 1. Mã cd1-01, phiên bản 3. Chọn một.", "Việc đầu tiên là gì?",
        "Đã hiện theo thứ tự này: 1. Chuyển tiền 2. Gọi lại số đã lưu",
        "1 09:06:03 26/11/2026 1. Chuyển tiền không", "2 09:07:03 26/11/2026 2. Gọi lại số đã lưu có",
        "Đáp án: 2. Gọi lại số đã lưu", "Cách chấm: chọn phương án đúng được trọn điểm.", "Điểm: 1 trên 1",
        "Tổng điểm các câu 1 trên 1", "Điểm trên thang 10 8,5", "Mức đạt 7", "Kết quả Đạt",
    ):  # fmt: skip
        assert words in text, words


def test_every_page_has_the_digest_its_number_and_when_it_was_made() -> None:
    told = sheet(*(question(place) for place in range(1, 31)))
    pages = pages_of(evidence_pdf(told))
    assert len(pages) > 5
    for place, text in enumerate(pages, 1):
        assert digest(told) in text
        assert f"Trang {place}/{len(pages)}" in text
        assert "Học AI lập lúc 09:05:03 ngày 27/11/2026" in text
    assert all(sum(f"Câu {place}. Mã" in text for text in pages) == 1 for place in range(1, 31))


def test_the_same_sheet_gives_the_same_bytes_in_any_language() -> None:
    first = evidence_pdf(sheet())
    with translation.override("en"):
        assert evidence_pdf(sheet()) == first
    assert hashlib.sha256(evidence_pdf(sheet())).digest() == hashlib.sha256(first).digest()


def test_what_was_typed_is_never_markup() -> None:
    typed = '<b>đậm</b> & **không đậm** <font size="90">to</font> <para> &amp; <img src="/etc/passwd"/> </para> <a href="x">'
    told = question(kind="Viết vài chữ", served=(), rich=False, right=(typed,), steps=(
        EvidenceStep(sequence=1, saved_at=BEGUN, answer=(typed,), counted=True),
    ))  # fmt: skip
    text = text_of(sheet(told, person=typed, course=typed, quiz=typed, rules=((typed, typed),)))
    assert text.replace(" ", "").count(typed.replace(" ", "")) >= 7


def test_markdown_of_a_question_is_shown_and_its_markup_is_not_ours() -> None:
    stem = (
        "Câu **rất đậm** và *nghiêng*, `mã <i>`, <b>thô</b>, a & b, [trang](https://example.vn/?a=1&b=2), "
        "![sơ đồ](media:x.png).\n\n"
        "## Đầu mục\n\n- ý một\n  1. trong một\n  2. trong hai\n- ý hai\n\n> trích & dẫn\n\n```\nmột\n  hai <br/>\n```\n"
    )
    content = evidence_pdf(sheet(question(stem=stem)))
    text = " ".join(pages_of(content))
    for words in (
        "Câu rất đậm và nghiêng, mã <i>, <b>thô</b>, a & b, trang (https://example.vn/?a=1&b=2), [Hình: sơ đồ (media:x.png)].",
        "Đầu mục", "– ý một", "1. trong một", "2. trong hai", "– ý hai", "trích & dẫn", "hai <br/>",
    ):  # fmt: skip
        assert words in text, words
    assert "**" not in text and "##" not in text
    pages: list[Any] = list(PdfReader(io.BytesIO(content)).pages)
    fonts = {str(font.get_object()["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()}
    assert {name.split("+")[-1] for name in fonts} >= {"Tinos-Regular", "Tinos-Bold", "Tinos-Italic"}
    assert all("Tinos" in name for name in fonts)


def test_signs_that_cannot_be_seen_or_drawn_are_written_by_their_number() -> None:
    assert visible("a\u200bb") == "a[U+200B]b"
    assert visible("\u202eabc\x07") == "[U+202E]abc[U+0007]"
    assert visible("😀 中") == "[U+1F600] [U+4E2D]"
    vietnamese = "Ằ Ẵ ỗ Ự ỹ đ Đ “”… – → 7,5 %"
    assert visible(vietnamese) == visible(unicodedata.normalize("NFD", vietnamese)) == vietnamese


def test_unanswered_withdrawn_and_unmarked() -> None:
    gone = EvidenceStep(sequence=2, saved_at=BEGUN, answer=(), counted=True)
    text = text_of(sheet(
        question(1, steps=(), mark=Decimal(0)), question(2, steps=(question().steps[0], gone)), question(3, mark=None),
        marks=None, score=None, passed=None, scorer="",
    ))  # fmt: skip
    assert "Không trả lời câu này." in text
    assert "(bỏ câu trả lời) có" in text
    assert "Điểm: chưa chấm, tối đa 1" in text
    assert "Kết quả chưa có kết quả" in text and "chưa chấm" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deadline": None}, "Hạn nộp không tính giờ"),
        ({"handed_in_at": None}, "Nộp bài không nộp trước khi hết giờ Đóng bài 09:12:03"),
        ({"handed_in_at": None, "closed_at": None}, "Nộp bài chưa nộp Đóng bài chưa đóng"),
        ({"person": "1F0A3C55", "named": False}, "1F0A3C55 (không nêu tên)"),
        ({"passed": False}, "Kết quả Chưa đạt"),
    ],
)
def test_what_may_be_missing_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in text_of(sheet(**changes))


def test_long_texts_go_over_pages() -> None:
    stem, word = "Đoạn rất dài về trí tuệ nhân tạo. " * 400, "x" * 3000
    answer = tuple(f"{place}. {'Một bước dài dòng cần viết cho hết câu ' * 12}" for place in range(1, 27))
    told = question(stem=f"{stem}\n\n{word}", served=answer, right=answer, steps=tuple(
        EvidenceStep(sequence=place, saved_at=BEGUN, answer=answer, counted=place == 3) for place in (1, 2, 3)
    ))  # fmt: skip
    pages = pages_of(evidence_pdf(sheet(told, course="Khóa " * 50, quiz="Bài " * 60, rules=(("Lời dặn", "đọc kỹ đề " * 900),))))
    text = " ".join(pages)
    assert len(pages) < 32 and all(page.count("Tính điểm") <= 1 for page in pages)
    assert text.count("kỹ") == 900
    assert text.count("Đoạn rất dài về trí tuệ nhân tạo.") == 400
    assert text.count("Một bước dài dòng") >= 26 * 12 * 5 - 60  # some stand on two lines
    assert text.replace(" ", "").count("x") >= 3000


def test_a_hundred_questions_and_hundreds_of_steps() -> None:
    begun = time.process_time()
    steps = tuple(
        EvidenceStep(sequence=at, saved_at=BEGUN + at * MINUTE, answer=(f"{at % 2 + 1}. Phương án",), counted=at == 400)
        for at in range(1, 401)
    )
    content = evidence_pdf(sheet(question(1, steps=steps), *(question(place) for place in range(2, 101))))
    assert time.process_time() - begun < 30
    text = " ".join(pages_of(content))
    assert all(f"Câu {place}. Mã cd1-{place:02}" in text for place in range(1, 101))
    assert "400 15:45:03 26/11/2026 1. Phương án có" in text
    assert len(content) < 1_500_000


ANY = st.text(max_size=60) | st.sampled_from(
    [
        "</para>",
        "<b>",
        "**a",
        "[a](b",
        "![](",
        "```",
        "- \n-",
        "&#0;",
        "<br",
        "](<x>)",
        "1. ",
        "| a |",
        "\\<",
        "&lt;b&gt;",
        "***a*b**",
    ]
)


@settings(max_examples=60, deadline=None)
@given(ANY, ANY, ANY, st.booleans())
def test_no_text_breaks_the_paper(stem: str, option: str, typed: str, rich: bool) -> None:
    step = EvidenceStep(sequence=1, saved_at=BEGUN, answer=(typed,), counted=True)
    told = sheet(question(stem=stem, served=(option,), steps=(step,), right=(option,), rich=rich), person=typed, quiz=stem)
    assert "III. TỔNG HỢP" in text_of(told)


# --- the digest ----------------------------------------------------------------------------------------------------------


def test_the_digest_is_of_json_that_anybody_can_make() -> None:
    told = json.loads(canonical(sheet()))
    assert told["started_at"] == "2026-11-26T09:05:03+07:00"
    assert (told["score"], told["questions"][0]["mark"], told["seed"]) == ("8.5", "1", 3141592653589793238)
    assert "made_at" not in told
    made = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(made).hexdigest() == digest(sheet())


def test_the_digest_changes_with_everything_but_the_time_it_was_made() -> None:
    told = sheet()
    assert digest(dataclasses.replace(told, made_at=BEGUN)) == digest(told)
    assert digest(dataclasses.replace(told, quiz=unicodedata.normalize("NFD", told.quiz))) == digest(told)
    changed = [
        dataclasses.replace(told, person="Ai đó"), dataclasses.replace(told, score=Decimal("8.51")),
        dataclasses.replace(told, closed_at=None), dataclasses.replace(told, rules=told.rules[:1]),
        dataclasses.replace(told, seed=told.seed + 1), sheet(question(version=4)), sheet(question(stem="Khác")),
        sheet(question(steps=question().steps[:1])), sheet(question(served=question().served[::-1])),
    ]  # fmt: skip
    assert len({digest(one) for one in [told, *changed]}) == len(changed) + 1


# --- from an attempt -------------------------------------------------------------------------------------------------------


@pytest.fixture
def whole(enrolment: Enrolment, course: SimpleNamespace, now: dt.datetime) -> Attempt:
    """An's attempt at all eight questions, with a limit, not handed in yet."""
    course.quiz.ask, course.quiz.time_limit_minutes, course.quiz.attempts_allowed = 8, 15, 2
    course.quiz.save()
    return actions.start_attempt(enrolment=enrolment, quiz=QuizPage.objects.get(pk=course.quiz.pk), now=now, seed=7)


def save(attempt: Attempt, code: str, *saved: dict[str, Any], at: dt.datetime) -> None:
    slot = attempt.slots.get(version__question__code=code)
    for place, response in enumerate(saved):
        actions.save_answer(attempt=attempt, position=slot.position, response=response, now=at + place * MINUTE)


def test_an_open_attempt_gives_nothing_away(whole: Attempt, now: dt.datetime) -> None:
    with pytest.raises(NotFinished):
        evidence_sheet(whole, now)


SEEN = (
    "điểm và nhận xét chung: ngay khi nộp; câu hỏi và câu trả lời: ngay khi nộp; câu nào đúng, câu nào sai: ngay khi nộp; "
    "lời nhắn theo câu trả lời: ngay khi nộp; lời giải thích và bài nên đọc lại: ngay khi nộp; "
    "đáp án: khi đã đạt hoặc đã hết lượt"
)


def test_the_sheet_tells_what_was_served_saved_and_marked(whole: Attempt, now: dt.datetime) -> None:
    save(whole, "cd-t-01", {"choice": "b"}, {}, {"choice": "a"}, at=now + MINUTE)
    save(whole, "cd-t-02", {"choices": ["a", "c"]}, at=now + MINUTE)
    save(whole, "cd-t-03", {"value": True}, at=now + MINUTE)
    save(whole, "cd-t-04", {"text": "thiên  <b>kiến</b>"}, at=now + MINUTE)
    save(whole, "cd-t-05", {"number": "7,25"}, at=now + MINUTE)
    save(whole, "cd-t-06", {"pairs": {"a": "a", "b": "x1"}}, at=now + MINUTE)
    save(whole, "cd-t-07", {"places": {"a": 1, "b": 3, "c": 2}}, at=now + MINUTE)
    done = actions.finish_attempt(attempt=whole, now=now + 5 * MINUTE)
    QuizPage.objects.update(pass_mark=Decimal(1))
    QuestionVersion.objects.create(
        question=QuestionVersion.objects.get(question__code="cd-t-01").question, number=2, kind="single", stem="Sửa sau",
        body={"options": []}, created_at=now,
    )  # fmt: skip
    told = evidence_sheet(done, now + 60 * MINUTE)
    assert (told.person, told.named, told.course_code, told.number) == ("Nguyễn Thị An", True, "CD-T", 1)
    assert told.rules == (
        ("Số câu", "8"), ("Mức đạt (thang 10)", "7"), ("Số lượt được làm", "2"), ("Thời gian", "15 phút"),
        ("Đóng lúc", "không đóng"), ("Để làm gì", "tính điểm"), ("Cách chấm", "chấm khi nộp bài"),
        ("Thứ tự làm", "qua lại tự do"), ("Hết giờ mà chưa nộp", "tự nộp, câu đã lưu được tính"),
        ("Thêm thời gian để nộp", "không có"), ("Người học được xem", SEEN),
    )  # fmt: skip
    assert (told.started_at, told.deadline) == (now, now + 15 * MINUTE)
    assert told.handed_in_at == told.closed_at == now + 5 * MINUTE
    assert (told.seed, told.scorer, told.pass_mark, told.passed) == (7, marking.SCORER, 7, done.passed)
    assert [one.position for one in told.questions] == list(range(1, 9))
    by_code = {one.code: one for one in told.questions}
    slots = {slot.version.question.code: slot for slot in whole.slots.select_related("version__question")}

    first, order = by_code["cd-t-01"], slots["cd-t-01"].order
    texts = {"a": "Đúng một", "b": "Sai một", "c": "Sai hai"}
    assert first.served == tuple(f"{place}. {texts[one]}" for place, one in enumerate(order, 1))
    numbered = {one: f"{place}. {texts[one]}" for place, one in enumerate(order, 1)}
    assert [(step.sequence, step.answer, step.counted) for step in first.steps] == [
        (1, (numbered["b"],), False), (2, (), False), (3, (numbered["a"],), True),
    ]  # fmt: skip
    assert [step.saved_at for step in first.steps] == [now + MINUTE, now + 2 * MINUTE, now + 3 * MINUTE]
    assert (first.right, first.mark, first.version, first.rich) == ((numbered["a"],), 1, 1, True)

    assert by_code["cd-t-02"].mark == 0 and len(by_code["cd-t-02"].steps[0].answer) == 2
    assert (by_code["cd-t-03"].served, by_code["cd-t-03"].steps[0].answer, by_code["cd-t-03"].right) == (
        ("Đúng", "Sai"),
        ("Đúng",),
        ("Sai",),
    )
    assert by_code["cd-t-04"].steps[0].answer == ("thiên  <b>kiến</b>",)
    assert by_code["cd-t-05"].right == ("7 câu, sai lệch tối đa 0,5",)
    assert by_code["cd-t-05"].steps[0].answer == ("7,25 câu",) and by_code["cd-t-05"].mark == 1
    rights = {"a": "Rau", "b": "Xăng", "x1": "Mây"}
    lettered = [f"{letter}) {rights[one]}" for letter, one in zip("abc", slots["cd-t-06"].order, strict=True)]
    assert by_code["cd-t-06"].served == ("1. Chợ", "2. Xe", "Danh sách để ghép:", *lettered)
    assert by_code["cd-t-06"].steps[0].answer == ("Chợ → Rau", "Xe → Mây") and by_code["cd-t-06"].mark == Decimal("0.5")
    assert by_code["cd-t-07"].right == ("1. Một", "2. Hai", "3. Ba")
    assert by_code["cd-t-08"].steps == () and by_code["cd-t-08"].mark == 0
    text = text_of(told)
    assert "thiên\u00a0 <b>kiến</b>" in text or "thiên <b>kiến</b>" in text
    assert "Sửa sau" not in text


def test_closed_when_the_time_was_over(whole: Attempt, now: dt.datetime) -> None:
    done = actions.finish_attempt(attempt=whole, now=now + 40 * MINUTE)
    told = evidence_sheet(done, now + 60 * MINUTE)
    assert (told.handed_in_at, told.closed_at) == (None, now + 15 * MINUTE)


def test_who_may_not_see_the_name_gets_a_code(whole: Attempt, now: dt.datetime) -> None:
    done = actions.finish_attempt(attempt=whole, now=now)
    told = evidence_sheet(done, now, person="")
    assert (told.person, told.named) == (done.pk.hex[:8].upper(), False)
    assert "Nguyễn Thị An" not in text_of(told)
    assert evidence_sheet(done, now, person="N. T. An").person == "N. T. An"


def test_frozen_rules_without_words_are_not_left_out(whole: Attempt, now: dt.datetime) -> None:
    done = actions.finish_attempt(attempt=whole, now=now)
    Attempt.objects.filter(pk=done.pk).update(rules={**done.rules, "attempts_allowed": None, "best_of": {"b": 1, "a": "à"}})
    told = evidence_sheet(done, now)
    assert told.rules[2:] == (
        ("Số lượt được làm", "không hạn chế"), ("Thời gian", "15 phút"), ("Đóng lúc", "không đóng"),
        ("Để làm gì", "tính điểm"), ("Cách chấm", "chấm khi nộp bài"),
        ("Thứ tự làm", "qua lại tự do"), ("Hết giờ mà chưa nộp", "tự nộp, câu đã lưu được tính"),
        ("Thêm thời gian để nộp", "không có"), ("Người học được xem", SEEN),
        ("best_of", '{"a": "à", "b": 1}'),
    )  # fmt: skip


def test_the_same_attempt_and_moment_give_the_same_bytes(
    whole: Attempt, now: dt.datetime, django_assert_num_queries: Any
) -> None:
    done = actions.finish_attempt(attempt=whole, now=now)
    with django_assert_num_queries(6):  # the attempt, its slots, their steps, files, marks; marked anew
        told = evidence_sheet(done, now)
    with translation.override("en"):
        assert evidence_pdf(evidence_sheet(done, now)) == evidence_pdf(told)


def test_every_kind_says_how_it_is_marked(course: SimpleNamespace, whole: Attempt, now: dt.datetime) -> None:
    told = evidence_sheet(actions.finish_attempt(attempt=whole, now=now), now)
    kinds = {slot.version.kind for slot in whole.slots.select_related("version")}
    assert len(kinds) == 7 and {one.kind for one in told.questions} == {str(KINDS[kind].label) for kind in kinds}
    assert all(len(one.marking) > 20 for one in told.questions)
    for slot, one in zip(whole.slots.select_related("version").order_by("position"), told.questions, strict=True):
        right = responses.right_response(slot.version.kind, slot.version.body)
        assert marking.mark(slot.version.kind, slot.version.body, right) == 1 and one.right
