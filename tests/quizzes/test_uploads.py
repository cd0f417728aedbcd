"""Files as answers: judged by what is in them, kept privately, handed on only to be saved, and only to whom they concern."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from courses.models import Enrolment
from people.actions.privacy import erase_person
from quizzes import actions, queries, uploads
from quizzes.models import AnswerFile, Attempt, QuizPage
from tests import world
from tests.quizzes.by_hand import CANARY, ESSAY, FILES, PDF, TASK, office, set_up, slot

ALL = ("pdf", "docx", "xlsx", "pptx", "png", "jpg")


def read(content: bytes, name: str = "bai.pdf", types: tuple[str, ...] = ALL) -> uploads.Upload:
    return uploads.read(name, io.BytesIO(content), len(content), types)


# --- what is in a file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"), (b"\x89PNG\r\n\x1a\n\x00", "png"), (b"\xff\xd8\xff\xe0", "jpg"), (office("word/document.xml"), "docx"),
        (office("xl/workbook.xml"), "xlsx"), (office("ppt/presentation.xml"), "pptx"),
    ],
)  # fmt: skip
def test_a_file_is_what_is_in_it(content: bytes, kind: str) -> None:
    found = read(content, "bai lam.exe")
    assert (found.kind, found.name, found.content) == (kind, f"bai lam.exe.{kind}", content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"MZ\x90\x00",
        b"#!/bin/sh\n", b"PK\x03\x04 nothing of an archive", office(), office("../word/document.xml"), office("/word/x"),
        office("word\\x"), office("word/a", "WORD/A"), office("word/vbaProject.bin"), b"GIF89a/*<script>*/", b"  %PDF-1.4",
    ],
)  # fmt: skip
def test_what_is_nothing_of_ours_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(uploads.UploadRefused) as refused:
        read(content)
    assert len(str(refused.value)) > 20


def test_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(uploads.UploadRefused):
        uploads.read("bai.pdf", None, uploads.MAX_BYTES + 1, ALL)  # type: ignore[arg-type]


def test_only_the_types_that_the_question_takes() -> None:
    with pytest.raises(uploads.UploadRefused, match="DOCX"):
        read(PDF, types=("docx",))


@given(st.text(max_size=300))
def test_a_name_never_deceives(name: str) -> None:
    found = read(PDF, name).name
    assert 0 < len(found) <= uploads.NAME_LIMIT and found.lower().endswith(".pdf")
    assert not set(found) & set('/\\<>":|?*\r\n\x00\u202e\u200b') and not found.startswith(".")
    assert uploads.name_of(found) == found


def test_a_name_is_shown_as_it_was_called() -> None:
    assert read(PDF, "C:\\Users\\An\\Bài làm  của An.PDF").name == "Bài làm của An.PDF"
    assert read(PDF, "bai\u202efdp.exe").name == "baifdp.exe.pdf"


# --- from the page to the marker -------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def quiz(course: SimpleNamespace, now: dt.datetime, settings: Any, tmp_path: Any) -> QuizPage:
    return set_up(course.quiz, FILES, TASK, ESSAY, now=now)


@pytest.fixture
def attempt(quiz: QuizPage, an: Any, now: dt.datetime) -> Attempt:
    return actions.begin(learner=an, quiz=quiz, now=now)


@pytest.fixture
def learner(an: Any) -> Client:
    client = Client()
    client.force_login(an)
    return client


def page(attempt: Attempt) -> str:
    return f"/quizzes/attempts/{attempt.pk}/"


def send(client: Client, attempt: Attempt, code: str = "nop-tep", content: bytes = PDF, name: str = "bài.pdf") -> Any:
    sent = SimpleUploadedFile(name, content)
    return client.post(f"{page(attempt)}upload/", {"position": slot(attempt, code).position, "upload": sent})


def saved(client: Client, attempt: Attempt, code: str, **fields: list[str]) -> Any:
    body = {"position": slot(attempt, code).position, "sequence": None, "fields": fields}
    return client.post(f"{page(attempt)}save/", json.dumps(body), content_type="application/json")


def test_a_file_is_sent_then_named_by_the_answer(learner: Client, attempt: Attempt) -> None:
    told = send(learner, attempt).json()
    assert told["name"] == "bài.pdf" and send(learner, attempt).json()["id"] == told["id"]
    assert saved(learner, attempt, "nop-tep", files=[told["id"]]).status_code == 200
    kept = AnswerFile.objects.get()
    assert (kept.sha256, kept.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert kept.file.name == f"answers/{kept.pk}.pdf" and "private" in kept.file.storage.path(kept.file.name)
    shown = learner.get(f"{page(attempt)}?cau={slot(attempt, 'nop-tep').position}").content.decode()
    assert "bài.pdf" in shown and told["id"] in shown


def test_without_javascript_the_file_goes_with_the_form(learner: Client, attempt: Attempt) -> None:
    position = slot(attempt, "nop-tep").position
    posted = {"position": position, "sequence": 0, "go": "review", "upload": SimpleUploadedFile("bai.pdf", PDF)}
    assert learner.post(page(attempt), posted).status_code == 302
    first = str(AnswerFile.objects.get().pk)
    assert slot(attempt, "nop-tep").steps.get().response == {"files": [first]}
    # The tick stays, and another file comes to it; then the first is left out.
    second = SimpleUploadedFile("hai.docx", office("word/document.xml"))
    learner.post(page(attempt), {"position": position, "sequence": 1, "files": [first], "upload": second})
    assert len(slot(attempt, "nop-tep").steps.get(sequence=2).response["files"]) == 2
    learner.post(page(attempt), {"position": position, "sequence": 2})
    assert slot(attempt, "nop-tep").steps.get(sequence=3).response == {}
    # Three steps and both files are still there: nothing that was sent is lost.
    assert AnswerFile.objects.count() == 2


def test_a_refused_file_is_told_beside_its_question(learner: Client, attempt: Attempt) -> None:
    position = slot(attempt, "nop-tep").position
    told = learner.post(page(attempt), {"position": position, "sequence": 0, "upload": SimpleUploadedFile("a.pdf", b"<html>")})
    assert told.status_code == 422 and "chỉ nhận tệp PDF, DOCX" in told.content.decode()
    assert send(learner, attempt, content=b"<html>").status_code == 422
    assert send(learner, attempt, code="tu-luan").status_code == 422
    assert not AnswerFile.objects.exists()


def test_an_answer_names_only_files_of_its_own_question(
    learner: Client, attempt: Attempt, quiz: QuizPage, outsider: Any, now: dt.datetime
) -> None:
    theirs = actions.begin(learner=outsider, quiz=quiz, now=now)
    client = Client()
    client.force_login(outsider)
    strange = send(client, theirs).json()["id"]
    here = send(learner, attempt, code="thuc-hanh").json()["id"]
    for name in (strange, here, "0" * 8, "../x"):
        assert saved(learner, attempt, "nop-tep", files=[name]).status_code == 422
    assert send(client, attempt).status_code == 404


def test_what_comes_in_json_is_never_a_file(learner: Client, attempt: Attempt) -> None:
    body = {"position": slot(attempt, "nop-tep").position, "fields": {}, "sent": ["x"], "upload": ["x"]}
    answer = learner.post(f"{page(attempt)}save/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200 and not AnswerFile.objects.exists()


def test_after_the_hand_in_nothing_is_sent(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    actions.finish_attempt(attempt=attempt, now=now)
    assert send(learner, attempt).status_code == 409


def test_nobody_fills_the_disk(learner: Client, attempt: Attempt) -> None:
    answers = [send(learner, attempt, content=PDF + bytes([number])).status_code for number in range(22)]
    assert answers == [200] * 20 + [422] * 2


def test_a_file_is_saved_never_shown_and_only_by_whom_it_concerns(
    learner: Client, attempt: Attempt, outsider: Any, dung: Any, now: dt.datetime
) -> None:
    sent = send(learner, attempt, name='bài "một"\r\nX: y.pdf').json()["id"]
    saved(learner, attempt, "nop-tep", files=[sent])
    address = f"/quizzes/files/{sent}"
    marker, stranger = Client(), Client()
    marker.force_login(dung)
    stranger.force_login(outsider)
    assert learner.get(address).status_code == 200
    assert marker.get(address).status_code == 404  # not handed in yet
    actions.finish_attempt(attempt=attempt, now=now)
    for client, status in ((learner, 200), (marker, 200), (stranger, 404), (Client(), 404)):
        assert client.get(address).status_code == status
    reply = marker.get(address)
    assert b"".join(reply.streaming_content) == PDF  # type: ignore[attr-defined]
    assert reply["Content-Type"] == "application/octet-stream" and reply["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply["Content-Security-Policy"]
    assert reply["Content-Disposition"].startswith("attachment") and "\r" not in reply["Content-Disposition"]


def test_what_is_written_for_markers_never_reaches_a_learner(learner: Client, attempt: Attempt, now: dt.datetime) -> None:
    """On no page of the attempt, before and after (security V9)."""
    pages = [learner.get(f"{page(attempt)}?cau={place}").content.decode() for place in (1, 2, 3, "xem-lai")]
    assert "Rõ ý" in pages[0] and "Không có dữ liệu của ai" in pages[0]  # the rubric and the self-check are shown before
    saved(learner, attempt, "tu-luan", answer=["Một hai ba bốn"])
    actions.finish_attempt(attempt=attempt, now=now)
    pages.append(learner.get(page(attempt)).content.decode())
    assert "Đã nộp, chờ người chấm" in pages[-1] and "Một hai ba bốn" in pages[-1]
    assert not [one for one in pages if CANARY in one]


def test_a_long_text_is_kept_whole_and_too_long_is_refused(learner: Client, attempt: Attempt) -> None:
    text = "chữ " * 4_999 + "cuối"
    assert saved(learner, attempt, "tu-luan", answer=[text]).status_code == 200
    assert slot(attempt, "tu-luan").steps.get().response == {"text": text}
    assert saved(learner, attempt, "tu-luan", answer=["x" * 20_001]).status_code == 422


def test_a_practical_task_shows_its_evidence_and_self_check(learner: Client, attempt: Attempt) -> None:
    sent = send(learner, attempt, code="thuc-hanh").json()["id"]
    assert saved(learner, attempt, "thuc-hanh", answer=["Tôi hỏi công cụ."], files=[sent], check=["1", "2"]).status_code == 200
    assert slot(attempt, "thuc-hanh").steps.get().response == {
        "text": "Tôi hỏi công cụ.", "files": [sent], "checks": ["a", "b"],
    }  # fmt: skip
    assert queries.screen(attempt=attempt, now=timezone.now()).answered == 1


def test_erased_the_files_are_gone(learner: Client, attempt: Attempt, enrolment: Enrolment, dung: Any, now: dt.datetime) -> None:
    send(learner, attempt)
    kept = AnswerFile.objects.get()
    storage, name = kept.file.storage, kept.file.name
    assert storage.exists(name)
    support = world.make_user("quy", "Hồ Thị Quý")
    world.grant(support, "support", world.Organisation.objects.get(code="UBND-TP"))
    erase_person(user=enrolment.learner, reason="Yêu cầu", by=support, now=now)
    assert not AnswerFile.objects.exists() and not storage.exists(name)
