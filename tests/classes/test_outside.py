"""What counts as done without having been done here: who may say so, what follows, and how it is taken back."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook
from PIL import Image

from certificates.models import Certificate
from classes import actions, queries
from classes.evidence import PaperRefused
from classes.models import CompletionFile
from courses.models import Completion, Enrolment, OutsideCompletion
from courses.queries import outlines
from lrs import vocabulary as v
from lrs.models import Statement
from people.models import Membership, Reading
from tests import world

GOLDEN = Path(__file__).parent / "golden"
DAY = dt.timedelta(days=1)


@pytest.fixture
def lan(city):
    user = world.make_user("lan", "Ngô Thị Lan", audience="cbccvc_nld")
    Membership.objects.filter(pk=world.join(user, city.clinic).pk).update(code="CB-01")
    return user


@pytest.fixture
def wanted(city, lan, course, chi, now):
    return {
        "organisation": city.ward, "learner": lan, "course": course.page, "kind": "elsewhere", "completed_on": now.date(),
        "by": chi, "now": now, "issuer": "Học viện Cán bộ",
    }  # fmt: skip


def pdf():
    return io.BytesIO(b"%PDF-1.4 giay"), 13


def golden(statement, known, name):
    text = statement.document
    for value, word in known.items():
        text = text.replace(str(value), word)
    said = json.loads(re.sub(r'"id":"[0-9a-f-]{36}"', '"id":"<id>"', text))
    path = GOLDEN / f"{name}.json"
    assert said == json.loads(path.read_text(encoding="utf-8"))


def test_it_is_one_row_and_one_statement_however_often_it_is_said(wanted, lan, course, chi):
    made = actions.record_outside(**wanted, file=pdf())
    assert actions.record_outside(**wanted) == made
    assert OutsideCompletion.objects.count() == 1
    statement = Statement.objects.get(verb=v.WAIVED.iri)
    known = {lan.actor_id: "<learner>", chi.actor_id: "<officer>", course.page.translation_key: "<course>"}
    golden(statement, known, "waived")
    for secret in ("Lan", "Học viện", "example.com"):
        assert secret not in statement.document
    assert made.evidence.read().startswith(b"%PDF-")


def test_it_is_no_enrolment_no_completion_and_no_certificate(wanted, lan):
    actions.record_outside(**wanted)
    assert not Enrolment.objects.filter(learner=lan).exists()
    assert not Completion.objects.exists()
    assert not Certificate.objects.exists()


def test_nobody_says_it_of_herself_nor_of_whom_she_does_not_oversee(city, wanted, chi, an, outsider, binh, dung):
    auditor = world.make_user("auditor", "Kiểm Tra")
    world.grant(auditor, "auditor", city.city)
    with pytest.raises(actions.ForOneself):
        actions.record_outside(**(wanted | {"learner": chi}))
    for other in ({"by": outsider}, {"by": auditor}, {"by": binh}, {"learner": an}, {"learner": outsider},
                  {"organisation": city.other_ward}, {"organisation": city.city}):  # fmt: skip
        with pytest.raises(actions.NotOfficerHere):
            actions.record_outside(**(wanted | other))
    with pytest.raises(actions.SaysNothing):
        actions.record_outside(**(wanted | {"issuer": " "}))
    with pytest.raises(actions.SaysNothing):
        actions.record_outside(**(wanted | {"kind": "waived"}))
    with pytest.raises(actions.InFuture):
        actions.record_outside(**(wanted | {"completed_on": wanted["completed_on"] + DAY}))
    assert not OutsideCompletion.objects.exists()
    assert actions.record_outside(**(wanted | {"by": dung})).recorded_by == dung


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"<svg onload=alert(1)>", b"PK\x03\x04", b"\xff\xd8\xff"])
def test_a_file_that_proves_nothing_is_refused_and_nothing_is_kept(wanted, content):
    with pytest.raises(PaperRefused):
        actions.record_outside(**wanted, file=(io.BytesIO(content), len(content)))
    assert not OutsideCompletion.objects.exists()
    assert not Statement.objects.filter(verb=v.WAIVED.iri).exists()


def test_a_picture_is_kept_without_where_it_was_taken(wanted):
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Máy của Lan"
    Image.new("RGB", (20, 20)).save(picture, "JPEG", exif=exif)
    made = actions.record_outside(**wanted, file=(picture, len(picture.getvalue())))
    assert not Image.open(made.evidence).getexif()


def test_withdrawn_it_counts_no_more_and_the_statement_is_void(city, wanted, lan, course, chi, outsider, now):
    week = now + 7 * DAY
    actions.require_course(organisation=city.ward, course=course.page, due_at=week, officer=chi, now=now)
    made = actions.record_outside(**wanted)
    assert [line.state for line in queries.people(city.clinic, now=week + DAY).lines] == ["recognised"]
    for reason, by, error in (("Nhầm", outsider, actions.NotOfficerHere), (" ", chi, actions.SaysNothing),
                              ("Nhầm", lan, actions.NotOfficerHere)):  # fmt: skip
        with pytest.raises(error):
            actions.withdraw_outside(outside=made, reason=reason, by=by, now=now)
    for reason in ("Nhầm người", "Lần hai"):
        actions.withdraw_outside(outside=made, reason=reason, by=chi, now=now)
    made.refresh_from_db()
    assert (made.withdrawn_by, made.withdrawn_reason) == (chi, "Nhầm người")
    assert [line.state for line in queries.people(city.clinic, now=week + DAY).lines] == ["late"]
    waived, voided = Statement.objects.get(verb=v.WAIVED.iri), Statement.objects.get(verb=v.VOIDED.iri)
    assert waived.voided_by == voided.statement_id
    assert str(chi.actor_id) in voided.actor
    again = actions.record_outside(**(wanted | {"now": now + DAY}))
    assert again != made
    assert Statement.objects.filter(verb=v.WAIVED.iri).count() == 2


# --- a list -------------------------------------------------------------------------------------------------------------

HEAD = ["Mã số", "Họ và tên", "Mã khóa", "Ngày hoàn thành", "Nơi học, nơi cấp"]


def sent(city, chi, now, *rows, head=HEAD):
    table = [["", *head], *([str(number), *row] for number, row in enumerate(rows, 2))]
    return actions.keep_completions(key=uuid.uuid4(), organisation=city.ward, name="ds.xlsx", table=table, by=chi, now=now)


def test_a_list_says_what_is_wrong_and_records_the_rest_once(city, lan, course, chi, now):
    Membership.objects.filter(user=chi).update(code="CB-CHI")
    double = world.make_user("hai", "Bùi Văn Hải")
    Membership.objects.filter(pk=world.join(double, city.ward).pk).update(code="CB-02")
    Membership.objects.filter(pk=world.join(world.make_user("ba", "Bùi Ba"), city.clinic).pk).update(code="CB-02")
    good = ["CB-01", "ngo thi lan", "cd-t", "05/03/2026", "Học viện"]
    file = sent(
        city, chi, now, good, good, ["", "", "CD-T", "05/03/2026", "Học viện"], ["CB-99", "", "CD-T", "05/03/2026", "x"],
        ["CB-02", "", "CD-T", "05/03/2026", "x"], ["CB-01", "Tên Khác", "CD-T", "05/03/2026", "x"],
        ["CB-CHI", "", "CD-T", "05/03/2026", "x"], ["CB-01", "", "KHONG", "05/03/2026", "x"],
        ["CB-01", "", "CD-T", "31/02/2026", "x"], ["CB-01", "", "CD-T", "05/03/2099", "x"],
        ["CB-01", "", "CD-T", "06/03/2026", ""],
    )  # fmt: skip
    plan = queries.completion_plan(file, by=chi, now=now)
    assert [line.number for line in plan.new] == [2]
    assert [line.problem[:24] for line in plan.wrong] == [
        "Trùng dòng 2. Giữ một dò", "Ghi mã số hoặc thư điện ", "Không có ai mang mã số h", "Có nhiều người mang mã s",
        "Mã số hoặc thư này là củ", "Không ai tự ghi nhận cho", "Không có khóa mang mã nà", "Không hiểu ngày. Ghi ngà",
        "Ngày này chưa tới. Xem l", "Ghi nơi học hoặc nơi cấp",
    ]  # fmt: skip
    with pytest.raises(actions.PlanMoved):
        actions.apply_completions(file=file, seen="x", by=chi, now=now)
    for _twice in range(2):
        done = actions.apply_completions(file=file, seen=plan.digest, by=chi, now=now)
    assert (done.added, done.table) == (1, [])
    made = OutsideCompletion.objects.get()
    assert (made.learner, made.batch, made.issuer) == (lan, file.pk, "Học viện")
    again = sent(city, chi, now, good)
    assert len(queries.completion_plan(again, by=chi, now=now).known) == 1


def test_a_list_is_undone_for_seven_days_and_forgotten_when_nobody_applies_it(city, lan, chi, course, now):
    file = sent(city, chi, now, ["CB-01", "", "CD-T", "05/03/2026", "Học viện"])
    actions.apply_completions(file=file, seen=queries.completion_plan(file, by=chi, now=now).digest, by=chi, now=now)
    with pytest.raises(actions.PlanMoved):
        actions.undo_completions(file=file, by=chi, now=now + 8 * DAY)
    assert actions.undo_completions(file=file, by=chi, now=now + DAY) == 1
    assert actions.undo_completions(file=file, by=chi, now=now + DAY) == 0
    assert not OutsideCompletion.objects.standing().exists()
    sent(city, chi, now, ["CB-01", "", "CD-T", "05/03/2026", "Học viện"])
    assert actions.forget_completions(now=now + 6 * DAY) == 0
    assert actions.forget_completions(now=now + 8 * DAY) == 1
    assert CompletionFile.objects.count() == 1


def test_a_person_of_another_place_is_not_found_by_code_or_address(city, chi, now, course, outsider):
    Membership.objects.filter(user=outsider).update(code="NG-1")
    file = sent(city, chi, now, ["NG-1", "", "CD-T", "05/03/2026", "x"])
    (line,) = queries.completion_plan(file, by=chi, now=now).lines
    assert "Không có ai" in line.problem
    assert outsider.full_name not in line.problem


# --- pages ------------------------------------------------------------------------------------------------------------


def sheet(*rows):
    book, stream = Workbook(), io.BytesIO()
    for row in (HEAD, *rows):
        book.active.append(row)
    book.save(stream)
    return SimpleUploadedFile("ds.xlsx", stream.getvalue())


def test_the_officer_sends_a_list_looks_applies_and_undoes(client, city, lan, course, chi):
    client.force_login(chi)
    base = reverse("agencies:outside", args=["P-BC"])
    assert "Chưa ghi nhận ai" in client.get(base).content.decode()
    lines = ["CB-01", "", "CD-T", "05/03/2026", "@Học viện"], ["CB-9", "", "CD-T", "1", "x"]
    fields = {
        "key": str(uuid.uuid4()), "file": sheet(*lines),
        "evidence": SimpleUploadedFile("qd.pdf", b"%PDF-1.4"),
    }  # fmt: skip
    preview = client.post(base + "send/", fields)
    page = client.get(preview.url).content.decode()
    assert "Ghi nhận 1 dòng" in page
    book = load_workbook(io.BytesIO(client.get(preview.url + "errors.xlsx").content)).active
    assert [cell.value for cell in next(book.iter_rows(min_row=2))][0] == "CB-9"
    client.post(preview.url, {"seen": re.search(r'name="seen" value="(\w+)"', page).group(1)})
    made = OutsideCompletion.objects.get()
    shown = client.get(base).content.decode()
    assert "Ngô Thị Lan" in shown
    assert "Tải minh chứng" in shown
    answer = client.get(reverse("agencies:outside_evidence", args=["P-BC", made.pk]))
    assert (answer["Content-Type"], b"".join(answer.streaming_content)[:5]) == ("application/octet-stream", b"%PDF-")
    assert Reading.objects.filter(person=lan).exists()
    client.post(f"{preview.url}undo/")
    made.refresh_from_db()
    assert made.withdrawn_at


def test_the_officer_recognises_one_person_and_she_reads_it(client, city, lan, course, chi):
    client.force_login(chi)
    base = reverse("agencies:outside", args=["P-BC"])
    fields = {"kind": "waived", "who": "CB-01", "course": course.page.pk, "completed_on": "2026-03-05"}
    assert "Ghi lý do." in client.post(base + "add/", fields).content.decode()
    assert "Không thấy đúng một người" in client.post(base + "add/", {**fields, "who": "x@y.z"}).content.decode()
    assert "tự ghi nhận" in client.post(base + "add/", {**fields, "who": chi.email}).content.decode()
    assert client.post(base + "add/", {**fields, "reason": "Đã dạy khóa này"}).status_code == 302
    made = OutsideCompletion.objects.get()
    assert made.kind == "waived"
    client.force_login(lan)
    page = client.get("/learn/").content.decode()
    assert "Đã dạy khóa này" in page
    assert "được ghi nhận" in page
    client.force_login(chi)
    url = reverse("agencies:outside_withdraw", args=["P-BC", made.pk])
    client.post(url, {"reason": ""})
    assert OutsideCompletion.objects.standing().exists()
    client.post(url, {"reason": "Nhầm"})
    assert not OutsideCompletion.objects.standing().exists()


def test_a_teacher_recognises_a_course_of_her_own_class_only(client, class_10a1, course, binh, outsider, now, week):
    member = class_10a1.members.get(number=1)
    wanted = {"member": member, "course": course.page, "reason": "Đã học hè", "now": now}
    with pytest.raises(actions.NotOfClass):  # not given to this class
        actions.waive_in_class(by=binh, **wanted)
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    with pytest.raises(actions.NotOfClass):
        actions.waive_in_class(by=outsider, **wanted)
    client.force_login(binh)
    url = reverse("classes:waive", args=[class_10a1.pk, 1])
    assert client.post(url, {"course": course.page.pk, "reason": ""}).status_code == 200
    assert client.post(url, {"course": course.page.pk, "reason": "Đã học hè"}).status_code == 302
    made = OutsideCompletion.objects.get()
    later = week + DAY
    row = queries.board(class_10a1, now=later).rows[0]
    assert {cell.state for cell in row.cells} == {"recognised"}
    assert not row.late
    assert row.finished
    assert queries.due_for(member.learner, later) == []
    client.post(reverse("classes:unwaive", args=[class_10a1.pk, 1, made.pk]), {"reason": "Nhầm"})
    assert queries.board(class_10a1, now=later).rows[0].late


def test_lists_and_pages_take_as_many_queries_for_three_as_for_thirty(
    client, city, course, chi, now, django_assert_max_num_queries
):
    client.force_login(chi)
    for number in range(30):
        user = world.make_user(f"u{number}", f"Người {number}")
        world.join(user, city.clinic)
        actions.record_outside(
            organisation=city.ward, learner=user, course=course.page, kind="elsewhere", completed_on=now.date(), by=chi,
            now=timezone.now(), issuer="Học viện",
        )  # fmt: skip
        if number in (3, 29):
            outlines()
            with django_assert_max_num_queries(15):
                client.get(reverse("agencies:outside", args=["P-BC"]))
            with django_assert_max_num_queries(15):
                client.get(reverse("agencies:agency", args=["TYT-BC"]))
