from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.actions import answer_practice, complete_lesson
from lrs.models import Statement
from quizzes import actions, queries, responses
from quizzes.models import AnswerStep, Attempt, QuestionVersion, Slot
from tests import world
from tests.quizzes.conftest import answer_all
from tests.quizzes.plain import sent_back
from tests.quizzes.test_attempts import first, limit


@pytest.fixture
def now() -> dt.datetime:
    """Views go by the real clock, so these attempts are begun by it."""
    return timezone.now()


@pytest.fixture
def learner(an: Any) -> Client:
    client = Client()
    client.force_login(an)
    return client


def url(attempt: Attempt, place: Any = None) -> str:
    return f"/quizzes/attempts/{attempt.pk}/" + (f"?cau={place}" if place else "")


def fields_for(slot: Slot, response: Any) -> dict[str, list[str]]:
    """What a browser would post to give `response`."""
    return sent_back(responses.show(slot.version.kind, slot.version.body, slot.order, response))


def right_fields(slot: Slot) -> dict[str, list[str]]:
    return fields_for(slot, responses.right_response(slot.version.kind, slot.version.body))


def words(response: Any) -> str:
    """The page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


def save(client: Client, attempt: Attempt, **body: Any) -> Any:
    return client.post(f"/quizzes/attempts/{attempt.pk}/save/", json.dumps(body), content_type="application/json")


# --- the quiz page ---------------------------------------------------------------------------------------------------


def test_the_quiz_page_invites_a_guest_to_sign_up_and_come_back(client: Client, course: SimpleNamespace) -> None:
    page = client.get(course.quiz.url)
    text = page.content.decode()
    assert "từ 7 điểm, trên thang điểm 10" in text
    assert f"?next={course.quiz.url}" in text
    assert "/quizzes/start/" not in text
    assert "csrftoken" not in page.cookies  # the same for every guest: it may be kept and shared


def test_the_quiz_page_says_what_is_used_and_left(
    learner: Client, attempt: Attempt, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, attempts_allowed=3)
    assert "Làm tiếp" in learner.get(course.quiz.url).content.decode()
    actions.finish_attempt(attempt=attempt, now=now)
    text = learner.get(course.quiz.url).content.decode()
    assert "đã dùng 1 lượt, còn 2 lượt" in text
    assert "Lượt 1: 0 điểm" in text
    assert "Làm lại" in text


def test_the_quiz_page_shows_nobody_elses_attempts(
    client: Client, attempt: Attempt, outsider: Any, course: SimpleNamespace
) -> None:
    client.force_login(outsider)
    text = client.get(course.quiz.url).content.decode()
    assert str(attempt.pk) not in text
    assert "Bắt đầu làm bài" in text


def test_a_quiz_without_enough_questions_says_so(learner: Client, course: SimpleNamespace) -> None:
    limit(course.quiz, ask=9)
    assert "đang được soạn" in learner.get(course.quiz.url).content.decode()


@pytest.mark.parametrize("state", ["guest", "new", "open", "failed", "none left", "passed"])
def test_the_quiz_page_reads_few_rows(
    client: Client, an: Any, course: SimpleNamespace, now: dt.datetime, django_assert_max_num_queries: Any, state: str
) -> None:
    if state != "guest":
        client.force_login(an)
    if state not in {"guest", "new"}:
        limit(course.quiz, attempts_allowed=1 if state == "none left" else None)
        attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
        if state != "open":
            answer_all(attempt, now, right=5 if state == "passed" else 1)
            actions.finish_attempt(attempt=attempt, now=now)
    client.get(course.quiz.url)
    with django_assert_max_num_queries(22):
        assert client.get(course.quiz.url).status_code == 200


# --- starting --------------------------------------------------------------------------------------------------------


def test_pressing_start_enrols_and_opens_the_first_question(learner: Client, course: SimpleNamespace, an: Any) -> None:
    started = learner.post(f"/quizzes/start/{course.quiz.pk}/", follow=True)
    attempt = Attempt.objects.get(enrolment__learner=an)
    assert started.redirect_chain == [(url(attempt), 302), (url(attempt, 1), 302)]
    assert "Câu 1 trên 5" in started.content.decode()


def test_starting_needs_a_post_a_token_and_an_account(client: Client, course: SimpleNamespace, an: Any) -> None:
    path = f"/quizzes/start/{course.quiz.pk}/"
    assert client.post(path).url == f"/accounts/login/?next={course.quiz.url}"
    client.force_login(an)
    assert client.get(path).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(an)
    assert strict.post(path).status_code == 403
    assert client.post("/quizzes/start/999999/").status_code == 404
    assert not Attempt.objects.exists()


def test_without_attempts_left_the_reason_is_told(learner: Client, course: SimpleNamespace) -> None:
    limit(course.quiz, attempts_allowed=0)
    assert "hết số lượt" in learner.post(f"/quizzes/start/{course.quiz.pk}/", follow=True).content.decode()
    limit(course.quiz, attempts_allowed=None, ask=9)
    assert "chưa mở" in learner.post(f"/quizzes/start/{course.quiz.pk}/", follow=True).content.decode()


# --- answering without JavaScript ------------------------------------------------------------------------------------


def test_a_whole_attempt_by_forms_alone(learner: Client, attempt: Attempt) -> None:
    slots = list(attempt.slots.select_related("version").order_by("position"))
    for slot in slots:
        page = learner.get(url(attempt, slot.position))
        assert f'name="go" value="{slot.position + 1 if slot.position < 5 else "review"}"' in page.content.decode()
        go = str(slot.position + 1) if slot.position < 5 else "review"
        posted = learner.post(url(attempt), {"position": slot.position, "sequence": 0, "go": go, **right_fields(slot)})
        assert posted.url == url(attempt, go if go != "review" else "xem-lai")
    assert "Bạn đã trả lời đủ 5 câu" in learner.get(url(attempt, "xem-lai")).content.decode()
    done = learner.post(f"/quizzes/attempts/{attempt.pk}/finish/", follow=True)
    assert "Bạn đã đạt: 10 điểm" in words(done)


def test_the_attempt_opens_at_the_first_question_without_an_answer(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    assert learner.get(url(attempt)).url == url(attempt, 1)
    answer_all(attempt, now, right=2)
    assert learner.get(url(attempt)).url == url(attempt, 3)
    assert learner.get(url(attempt, 99)).url == url(attempt, 3)
    answer_all(attempt, now)
    assert learner.get(url(attempt)).url == url(attempt, "xem-lai")


def test_what_was_answered_is_shown_again(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single", "true_false", "multiple")
    learner.post(url(attempt), {"position": slot.position, "sequence": 0, "flagged": "1", **right_fields(slot)})
    shown = queries.screen(attempt=attempt, now=now).questions[slot.position - 1]
    assert any(choice.chosen for choice in shown.shown.choices)
    text = learner.get(url(attempt, slot.position)).content.decode()
    assert re.search(rf'id="c{slot.position}-\d"[^>]* checked|id="c{slot.position}-(true|false)"[^>]* checked', text)
    assert re.search(rf'id="f{slot.position}"[^>]* checked', text)
    assert "đã trả lời" in text


def test_an_answer_that_was_not_served_is_refused_in_words(learner: Client, attempt: Attempt) -> None:
    slot = first(attempt, "single", "multiple")
    answer = learner.post(url(attempt), {"position": slot.position, "answer": "17", "go": "2"})
    assert answer.status_code == 422
    assert "không có trong câu hỏi" in answer.content.decode()
    assert not AnswerStep.objects.exists()


def test_a_number_in_words_is_shown_again_with_what_to_write(
    learner: Client, an: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, ask=8)
    attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
    slot = first(attempt, "number")
    answer = learner.post(url(attempt), {"position": slot.position, "answer": "bảy", "go": "2"})
    assert answer.status_code == 422
    assert 'value="bảy"' in answer.content.decode()
    assert "ví dụ 7 hoặc 7,5" in answer.content.decode()


def test_two_windows_never_overwrite_each_other_silently(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    ids = [option["id"] for option in slot.version.body["options"]]
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": ids[0]}, now=now)
    mine = {"position": slot.position, "go": "2", **fields_for(slot, {"choice": ids[1]})}
    conflict = learner.post(url(attempt), {**mine, "sequence": 0})
    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert slot.version.body["options"][0]["text"] in text
    assert f'name="position" value="{slot.position}"><input type="hidden" name="sequence" value="1"' in text
    assert AnswerStep.objects.count() == 1
    learner.post(url(attempt), {**mine, "sequence": 1})
    assert AnswerStep.objects.latest("sequence").response == {"choice": ids[1]}


def test_posted_extras_change_nothing(learner: Client, attempt: Attempt) -> None:
    extras = {
        "score": "10",
        "state": "finished",
        "passed": "1",
        "attempt_id": str(uuid.uuid4()),
        "mark": "1",
        "user": "1",
        "now": "2020-01-01",
    }
    slot = first(attempt, "single")
    learner.post(url(attempt), {"position": slot.position, **right_fields(slot), **extras})
    save(learner, attempt, **{**extras, "position": slot.position, "fields": right_fields(slot)})
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.passed) == ("in_progress", None, None)
    learner.post(f"/quizzes/attempts/{attempt.pk}/finish/", extras)
    attempt.refresh_from_db()
    assert attempt.score == 2


def test_late_answers_are_refused_and_the_page_offers_the_result(
    learner: Client, enrolment: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now - dt.timedelta(minutes=11))
    slot = first(attempt, "single", "multiple", "true_false")
    late = learner.post(url(attempt), {"position": slot.position, **right_fields(slot)}, follow=True)
    assert "gửi đến sau khi hết giờ" in late.content.decode()
    assert "Đã hết giờ làm bài" in late.content.decode()
    assert save(learner, attempt, position=slot.position, fields=right_fields(slot)).json() == {"error": "closed"}
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"  # reading changed nothing; the sweep or the button will
    assert "Chưa đạt lần này: 0 điểm" in words(learner.post(f"/quizzes/attempts/{attempt.pk}/finish/", follow=True))


def test_the_page_cannot_end_an_attempt_before_its_time(
    learner: Client, enrolment: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    learner.post(f"/quizzes/attempts/{attempt.pk}/finish/", {"time_up": "1"})
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"


# --- saving by itself ------------------------------------------------------------------------------------------------


def test_a_save_is_acknowledged_with_the_servers_time(learner: Client, attempt: Attempt) -> None:
    slot = first(attempt, "single", "multiple", "true_false")
    kept = save(learner, attempt, position=slot.position, sequence=0, flagged=True, fields=right_fields(slot))
    assert kept.status_code == 200
    assert kept.json()["sequence"] == 1
    assert re.fullmatch(r"\d\d:\d\d", kept.json()["saved_at"])
    assert kept.json()["seconds_left"] is None
    assert kept["Cache-Control"].startswith("max-age=0") or "no-store" in kept["Cache-Control"]
    assert (
        save(learner, attempt, position=slot.position, sequence=0, flagged=True, fields=right_fields(slot)).json()["sequence"]
        == 1
    )


def test_a_save_answers_conflict_closed_and_invalid_apart(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    slot = first(attempt, "single")
    options = slot.version.body["options"]
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": options[0]["id"]}, now=now)
    other = fields_for(slot, {"choice": options[1]["id"]})
    conflict = save(learner, attempt, position=slot.position, sequence=0, fields=other)
    assert (conflict.status_code, conflict.json()) == (409, {"error": "conflict", "sequence": 1, "answer": [options[0]["text"]]})
    invalid = save(learner, attempt, position=slot.position, sequence=1, fields={"answer": ["99"]})
    assert (invalid.status_code, invalid.json()["error"]) == (422, "invalid")
    actions.finish_attempt(attempt=attempt, now=now)
    closed = save(learner, attempt, position=slot.position, sequence=1, fields=other)
    assert (closed.status_code, closed.json()) == (409, {"error": "closed"})


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{", '{"position": "x"}', '{"position": 1, "fields": [1]}', "[" * 100_000, '{"position": {"a": 1}}'],
)
def test_a_save_survives_any_body(learner: Client, attempt: Attempt, body: str) -> None:
    answer = learner.post(f"/quizzes/attempts/{attempt.pk}/save/", body, content_type="application/json")
    assert answer.status_code in {200, 422}
    assert not AnswerStep.objects.exists()
    assert learner.post(f"/quizzes/attempts/{attempt.pk}/save/", '{"position": 1}', content_type="text/plain").status_code == 422


def test_a_save_needs_a_token(an: Any, attempt: Attempt) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(an)
    assert save(strict, attempt, position=1, fields={}).status_code == 403


def test_saving_reads_and_writes_little(learner: Client, attempt: Attempt, django_assert_max_num_queries: Any) -> None:
    slot = first(attempt, "single")
    for number, option in enumerate(slot.version.body["options"] * 10):
        fields = fields_for(slot, {"choice": option["id"]})
        with django_assert_max_num_queries(8):
            assert (
                save(
                    learner, attempt, position=slot.position, sequence=number, flagged=bool(number % 2), fields=fields
                ).status_code
                == 200
            )


# --- whose attempt it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "finished"])
def test_nobody_else_gets_at_an_attempt(
    client: Client, attempt: Attempt, outsider: Any, chi: Any, binh: Any, now: dt.datetime, state: str
) -> None:
    if state == "finished":
        actions.finish_attempt(attempt=attempt, now=now)
    steps = Statement.objects.count()
    for user in (outsider, chi, binh):
        client.force_login(user)
        for one in (attempt, SimpleNamespace(pk=uuid.uuid4())):  # another's is as one that does not exist
            assert client.get(url(one)).status_code == 404
            assert client.get(url(one, 1)).status_code == 404
            assert client.get(url(one, "xem-lai")).status_code == 404
            assert client.post(url(one), {"position": 1, "answer": "1"}).status_code == 404
            assert save(client, one, position=1, fields={"answer": ["1"]}).status_code == 404
            assert client.post(f"/quizzes/attempts/{one.pk}/finish/").status_code == 404
    assert Statement.objects.count() == steps
    assert not AnswerStep.objects.exists()


def test_a_guest_is_sent_to_log_in_and_back(client: Client, attempt: Attempt) -> None:
    login = f"/accounts/login/?next=%2Fquizzes%2Fattempts%2F{attempt.pk}%2F"
    assert client.get(url(attempt, 1)).url == login
    refused = save(client, attempt, position=1, fields={"answer": ["1"]})
    assert (refused.status_code, refused.json()) == (401, {"error": "login", "login": login})
    assert client.post(f"/quizzes/attempts/{attempt.pk}/finish/").url.startswith("/accounts/login/")
    assert client.get(f"/quizzes/attempts/{attempt.pk}/finish/").status_code == 405
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"


def test_an_answer_posted_after_the_session_ended_waits_until_the_learner_is_back(
    client: Client, an: Any, attempt: Attempt
) -> None:
    slot = first(attempt, "single")
    posted = {"position": slot.position, "sequence": 0, "go": "2", **right_fields(slot)}
    away = client.post(url(attempt), posted)
    assert away.url.startswith("/accounts/login/?next=")
    client.force_login(an)  # goes through Django's login() with the session there is, as the login page does
    back = client.get(url(attempt), follow=True)
    text = back.content.decode()
    assert back.redirect_chain[-1][0] == url(attempt, slot.position)
    assert "nhưng chưa lưu" in text
    assert re.search(rf'id="c{slot.position}-{posted["answer"][0]}"[^>]* checked', text)
    assert "có câu trả lời chưa lưu" in client.get(url(attempt, "xem-lai")).content.decode()
    client.post(url(attempt), posted)
    assert AnswerStep.objects.get().response == responses.right_response("single", slot.version.body)
    assert "nhưng chưa lưu" not in client.get(url(attempt, slot.position)).content.decode()


def test_an_answer_that_waits_is_never_shown_to_whoever_logs_in_instead(client: Client, attempt: Attempt, outsider: Any) -> None:
    slot = first(attempt, "single")
    client.post(url(attempt), {"position": slot.position, **right_fields(slot)})
    client.force_login(outsider)
    assert client.get(url(attempt)).status_code == 404
    assert not AnswerStep.objects.exists()


def test_only_an_answer_to_an_open_attempt_is_kept_waiting(client: Client, attempt: Attempt, now: dt.datetime) -> None:
    client.post(f"/quizzes/attempts/{uuid.uuid4()}/", {"position": 1, "answer": "1"})
    assert "quiz_draft" not in client.session
    client.post(url(attempt), {"position": 1, "answer": "x" * 30_000, "junk": "x"})
    assert client.session["quiz_draft"]["fields"] == {"answer": ["x" * 20_001]}  # the longest text, to be refused in words


# --- the pages of an attempt -----------------------------------------------------------------------------------------


def test_reading_changes_nothing(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    before = (Statement.objects.count(), AnswerStep.objects.count(), list(Attempt.objects.values()), list(Slot.objects.values()))
    for place in (None, 1, 5, "xem-lai"):
        learner.get(url(attempt, place))
        learner.head(url(attempt, place))
    assert learner.get(f"/quizzes/attempts/{attempt.pk}/save/").status_code == 405
    assert before == (
        Statement.objects.count(),
        AnswerStep.objects.count(),
        list(Attempt.objects.values()),
        list(Slot.objects.values()),
    )


@pytest.mark.parametrize("ask", [3, 30])
def test_the_pages_of_an_attempt_read_few_rows(
    learner: Client, an: Any, course: SimpleNamespace, now: dt.datetime, django_assert_max_num_queries: Any, ask: int
) -> None:
    question = QuestionVersion.objects.filter(kind="single").first()
    assert question
    for number in range(30):
        twin = question.question.__class__.objects.create(code=f"more-{number}", category=course.category)
        QuestionVersion.objects.create(question=twin, number=1, kind="single", stem="?", body=question.body, created_at=now)
    limit(course.quiz, ask=ask)
    attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
    for _time in range(2):
        answer_all(attempt, now, right=ask)
    for place in (1, "xem-lai"):
        with django_assert_max_num_queries(12):
            assert learner.get(url(attempt, place)).status_code == 200
    actions.finish_attempt(attempt=attempt, now=now)
    with django_assert_max_num_queries(15):
        assert learner.get(url(attempt)).status_code == 200


def test_pages_of_an_attempt_are_never_kept_by_a_cache(learner: Client, attempt: Attempt) -> None:
    for place in (1, "xem-lai"):
        assert "no-store" in learner.get(url(attempt, place))["Cache-Control"]


def test_the_bar_tells_what_is_left_and_when_it_ends(
    learner: Client, enrolment: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, time_limit_minutes=10)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    text = learner.get(url(attempt, 1)).content.decode()
    assert re.search(r"data-timer>(10:00|09:5\d)<", text)
    assert "Hết giờ lúc" in text


# --- the result ------------------------------------------------------------------------------------------------------


def test_a_failed_attempt_shows_right_and_wrong_but_no_key_while_another_try_is_left(
    learner: Client, attempt: Attempt, course: SimpleNamespace, now: dt.datetime
) -> None:
    slot = first(attempt, "single")
    wrong = next(option for option in slot.version.body["options"] if not option["correct"])
    actions.save_answer(attempt=attempt, position=slot.position, response={"choice": wrong["id"]}, now=now)
    actions.finish_attempt(attempt=attempt, now=now)
    text = learner.get(url(attempt)).content.decode()
    assert "Chưa đạt lần này: 0 điểm" in words(learner.get(url(attempt)))
    assert wrong["text"] in text
    assert "Đáp án:" not in text
    assert "Đáp án được mở khi đã đạt hoặc đã hết lượt" in text
    assert f'action="/quizzes/start/{course.quiz.pk}/"' in text
    assert "Đọc lại: Bài 1" in text
    limit(course.quiz, attempts_allowed=1)
    text = learner.get(url(attempt)).content.decode()
    assert "Đáp án:" in text
    assert "Bạn đã dùng hết số lượt" in text


def test_while_another_attempt_is_open_an_older_one_tells_only_its_score(
    learner: Client, attempt: Attempt, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, attempts_allowed=2)
    actions.finish_attempt(attempt=attempt, now=now)
    actions.start_attempt(enrolment=attempt.enrolment, quiz=course.quiz, now=now)
    text = learner.get(url(attempt)).content.decode()
    assert "Bạn đang làm dở lượt thứ 2" in text
    assert "Giải thích." not in text
    assert "Đáp án:" not in text


def test_a_passed_quiz_names_what_the_course_still_asks_for(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    answer_all(attempt, now, right=4)
    actions.finish_attempt(attempt=attempt, now=now)
    text = learner.get(url(attempt)).content.decode()
    assert "Bạn đã đạt: 8 điểm" in words(learner.get(url(attempt)))
    assert "Mức đạt là từ 7 điểm, trên thang điểm 10" in text
    assert "Còn 2 phần để nhận giấy xác nhận" in text
    assert "Học bài 1" in text
    assert "Đáp án:" in text


def test_a_completed_course_offers_the_certificate(
    learner: Client, enrolment: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    answer_practice(enrolment=enrolment, lesson=course.lessons[0], question="q1", chosen=[1], now=now)
    for lesson in course.lessons:
        complete_lesson(enrolment=enrolment, lesson=lesson, now=now)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=course.quiz, now=now)
    answer_all(attempt, now)
    actions.finish_attempt(attempt=attempt, now=now)
    text = learner.get(url(attempt)).content.decode()
    assert "Bạn đã hoàn thành khóa học" in text
    # The button is the certificates app's; without that app the way is to "my learning".
    assert f"/claim/{enrolment.pk}/" in text or "Đến việc học của tôi" in text


# --- the key stays on the server -------------------------------------------------------------------------------------

CANARY = "CANARY"


@pytest.fixture
def canaries(course: SimpleNamespace) -> None:
    """Every text that only the marked learner may see carries the canary."""
    for version in QuestionVersion.objects.all():
        body = version.body
        for option in body.get("options", []):
            option["feedback"] = CANARY
        for name in ("feedback_true", "feedback_false"):
            if name in body:
                body[name] = CANARY
        if "accept" in body:
            body["accept"] = [CANARY]
        if "answer" in body and version.kind == "number":
            body["answer"] = "987654321"
        version.feedback = CANARY
        version.save()
    limit(course.quiz, ask=8)


def test_no_key_reaches_the_learner_before_handing_in(
    learner: Client, an: Any, course: SimpleNamespace, canaries: None, now: dt.datetime
) -> None:
    attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
    pages = [course.quiz.url, url(attempt, "xem-lai"), "/search/?q=canary", *(url(attempt, place) for place in range(1, 9))]
    bodies = [learner.get(page, follow=True).content.decode() for page in pages]
    slot = first(attempt, "single")
    bodies.append(save(learner, attempt, position=slot.position, sequence=0, fields=right_fields(slot)).content.decode())
    bodies.append(save(learner, attempt, position=slot.position, sequence=0, fields={"answer": ["2"]}).content.decode())
    bodies += list(Statement.objects.values_list("document", flat=True))
    for body in bodies:
        assert CANARY not in body
        assert "987654321" not in body
        assert '"correct"' not in body
    assert CANARY in learner.post(f"/quizzes/attempts/{attempt.pk}/finish/", follow=True).content.decode()


def test_options_are_known_to_the_page_only_by_the_place_they_were_served_at(
    learner: Client, an: Any, course: SimpleNamespace, now: dt.datetime
) -> None:
    limit(course.quiz, ask=8)
    attempt = actions.begin(learner=an, quiz=course.quiz, now=now)
    text = learner.get(url(attempt, 1)).content.decode()
    values = re.findall(r'<(?:option|input type="(?:radio|checkbox)" name="answer")[^>]*value="([^"]*)"', text)
    assert set(values) <= {"", "true", "false", *map(str, range(1, 9))}


def test_editors_find_no_key_in_the_cms(client: Client, course: SimpleNamespace, canaries: None) -> None:
    editor = world.make_user("bien-tap", "Người Biên Tập", is_superuser=True, is_staff=True)
    client.force_login(editor)
    page = course.quiz.pk
    for path in (
        f"/cms/pages/{page}/edit/", f"/cms/pages/{page}/history/", f"/cms/pages/{course.page.pk}/", "/cms/pages/search/?q=canary",
        "/cms/snippets/", f"/cms/pages/{page}/copy/", f"/cms/pages/{page}/usage/", "/cms/reports/site-history/",
    ):  # fmt: skip
        answer = client.get(path, follow=True)
        # The search repeats what was looked for; the canary's own spelling is not what it was asked with.
        assert CANARY not in answer.content.decode(), path
        assert "987654321" not in answer.content.decode(), path
