"""Being there: the rotating code, the trainer's list, papers, people at the door, the minutes."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from classes import actions, checkin, queries
from classes.evidence import PaperRefused, clean
from classes.minutes_pdf import draw
from classes.models import Attendance, ClassChange, Knock, SessionPaper
from lrs import vocabulary as v
from lrs.models import Statement
from people.models import User
from tests.classes.conftest import add, finish, names, open_class
from tests.classes.test_lifecycle import session
from tests.classes.test_statements import GOLDEN, shape

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def buoi(class_10a1, binh, now):
    """The first session of 10A1: now until three hours on, led by Bình."""
    return queries.live_session(session(class_10a1, now, trainer=binh).pk, now)


def pupil(training_class, number):
    return training_class.members.get(number=number).learner


def marks(one):
    return {row.member.number: row.mark for row in queries.sheet(one).rows}


# --- the code on the screen -------------------------------------------------------------------------------------------


def test_a_token_is_of_its_session_and_its_minute(now):
    mine, other = uuid.uuid4(), uuid.uuid4()
    begin = dt.datetime.fromtimestamp(now.timestamp() // 45 * 45, tz=dt.UTC)
    token = checkin.token(mine, begin)
    for seconds, fresh in ((-6, False), (0, True), (44, True), (74, True), (76, False), (3600, False)):
        assert (checkin.read_token(token, begin + dt.timedelta(seconds=seconds)) == mine) is fresh, seconds
    assert checkin.token(mine, begin + dt.timedelta(seconds=45)) != token
    name, slot, mac = token.split(".")
    forged = ".".join([checkin.token(other, begin).split(".")[0], slot, mac])
    later = f"{name}.{int(slot, 16) + 9999:x}.{mac}"
    cut = mac[:-1] + ("A" if mac[-1] != "A" else "B")
    for wrong in (forged, later, f"{name}.{slot}.{cut}", "", ".", "a.b.c", f"{name}.zz.{mac}", "é.1.x", f"{name}.{slot}.é"):
        assert checkin.read_token(wrong, begin) is None
        assert checkin.read_token(wrong, begin + dt.timedelta(seconds=9999 * 45)) is None


def test_a_typed_code_is_forgiven_its_form_and_a_minute(now):
    mine, others = uuid.uuid4(), [uuid.uuid4() for _place in range(200)]
    begin = dt.datetime.fromtimestamp(now.timestamp() // 45 * 45, tz=dt.UTC)
    shown = checkin.code(mine, begin)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}", shown)
    everybody = [*others, mine]
    assert checkin.session_of_code(f" {shown.lower().replace('-', ' ')} ", everybody, begin + dt.timedelta(seconds=100)) == mine
    assert checkin.session_of_code(shown, everybody, begin + dt.timedelta(seconds=110)) is None
    assert checkin.session_of_code(shown, others, begin) is None
    assert checkin.session_of_code("ẤẾỐ-ẤẾỐ", everybody, begin) is None


def test_a_token_is_worth_nothing_outside_the_time_of_the_session(class_10a1, buoi, binh, now):
    for at in (now - 31 * MINUTE, now + 196 * MINUTE):
        assert queries.session_by_token(checkin.token(buoi.pk, at), at) is None
        with pytest.raises(actions.NotNow):
            actions.check_in(session=buoi, learner=pupil(class_10a1, 1), at=at, how="qr")
    assert queries.session_by_token(checkin.token(buoi.pk, now), now) == buoi
    actions.cancel_session(session=buoi, by=binh, reason="Bão", now=now)
    assert queries.session_by_token(checkin.token(buoi.pk, now), now) is None


def test_checking_in_twice_is_once_and_late_is_late(class_10a1, buoi, now):
    for minutes in (2, 30):
        actions.check_in(session=buoi, learner=pupil(class_10a1, 1), at=now + minutes * MINUTE, how="qr")
    actions.check_in(session=buoi, learner=pupil(class_10a1, 2), at=now + 16 * MINUTE, how="code")
    assert marks(buoi) == {1: "present", 2: "late", 3: ""}
    assert Attendance.objects.get(member__number=1).arrived_at == now + 2 * MINUTE
    assert Statement.objects.filter(verb=v.ATTENDED.iri).count() == 2


def test_attending_is_recorded_as_in_the_golden_file(class_10a1, buoi, binh, now):
    actions.check_in(session=buoi, learner=pupil(class_10a1, 1), at=now, how="qr")
    known = {str(binh.actor_id): "<teacher>", str(pupil(class_10a1, 1).actor_id): "<learner>", str(class_10a1.pk): "<class>",
             str(buoi.pk): "<session>"}  # fmt: skip
    statement = Statement.objects.get(verb=v.ATTENDED.iri)
    assert shape(statement, known) == json.loads((GOLDEN / "attended.json").read_text(encoding="utf-8"))
    for secret in ("Hân", "10A1", "Hội trường"):
        assert secret not in statement.document


# --- the trainer's list -----------------------------------------------------------------------------------------------


def test_the_list_is_ticked_and_a_correction_leaves_a_trail_and_voids_the_statement(class_10a1, buoi, binh, now):
    told = {"session": buoi, "by": binh}
    assert actions.mark(**told, marks={1: "present", 2: "late", 3: "excused"}, now=now) == 3
    assert actions.mark(**told, marks={1: "present", 2: "late", 3: "excused"}, now=now + MINUTE) == 0
    after = now + 200 * MINUTE
    with pytest.raises(actions.NeedsReason):
        actions.mark(**told, marks={1: "absent"}, now=after)
    assert marks(buoi)[1] == "present"
    actions.mark(**told, marks={1: "absent"}, now=after, reason="Nhầm người")
    actions.mark(**told, marks={1: "late_early"}, now=after + MINUTE, reason="Đúng là có đến")
    assert marks(buoi) == {1: "late_early", 2: "late", 3: "excused"}
    said = Statement.objects.filter(verb=v.ATTENDED.iri, actor__endswith=str(pupil(class_10a1, 1).actor_id)).order_by("pk")
    assert [bool(one.voided_by) for one in said] == [True, False]
    line = queries.trail(class_10a1)[0]
    assert (line.about, line.old, line.new, line.reason) == (
        "Buổi 1 · Lê Gia Hân", "Vắng", "Đến muộn, về sớm", "Đúng là có đến",
    )  # fmt: skip
    assert ClassChange.objects.count() == 2


def test_no_scan_changes_what_the_trainer_has_set(class_10a1, buoi, binh, now):
    actions.mark(session=buoi, marks={1: "absent"}, by=binh, now=now)
    actions.check_in(session=buoi, learner=pupil(class_10a1, 1), at=now, how="qr")
    assert marks(buoi)[1] == "absent"
    actions.mark_rest_absent(session=buoi, by=binh, now=now)
    actions.mark_rest_absent(session=buoi, by=binh, now=now)
    assert marks(buoi) == {1: "absent", 2: "absent", 3: "absent"}


def test_a_walk_in_without_a_phone_comes_into_the_class_with_a_slip_and_is_there(class_10a1, buoi, binh, now):
    late = now + 20 * MINUTE
    made = actions.walk_in(session=buoi, name="Võ  Thị Sáu", by=binh, now=late)
    assert made.slip and User.objects.get(username=made.slip.username).check_password(made.slip.password)
    again = actions.walk_in(session=buoi, name="võ thị sáu", by=binh, now=late)
    assert again.member == made.member and again.slip is None
    assert marks(buoi)[4] == "late"
    with pytest.raises(LookupError):
        actions.walk_in(session=buoi, name="12 34", by=binh, now=late)
    assert class_10a1.members.count() == 4


def test_a_stranger_who_scans_waits_at_the_door(class_10a1, buoi, an, outsider, binh, now):
    for _turn in range(2):
        assert isinstance(actions.check_in(session=buoi, learner=an, at=now, how="qr"), Knock)
    actions.check_in(session=buoi, learner=outsider, at=now, how="qr")
    assert class_10a1.members.count() == 3
    first, second = queries.sheet(buoi).knocks
    for _turn in range(2):
        actions.answer_knock(knock=first, accept=True, by=binh, now=now + 30 * MINUTE)
        actions.answer_knock(knock=second, accept=False, by=binh, now=now)
    member = class_10a1.members.get(learner=an)
    row = Attendance.objects.get(member=member)
    assert (member.source, row.state, row.late, row.arrived_at) == ("walk_in", "present", False, now)
    assert queries.sheet(buoi).knocks == () and not class_10a1.members.filter(learner=outsider).exists()


def test_a_full_class_lets_nobody_in_at_the_door(class_10a1, buoi, an, binh, now):
    rules = {"by_nomination": False, "attendance_needed": None, "by": binh, "now": now}
    actions.change_rules(training_class=class_10a1, capacity=3, **rules)
    actions.check_in(session=buoi, learner=an, at=now, how="qr")
    with pytest.raises(actions.ClassFull):
        actions.answer_knock(knock=Knock.objects.get(), accept=True, by=binh, now=now)
    assert Knock.objects.get().accepted is None


# --- papers -----------------------------------------------------------------------------------------------------------


def test_a_signed_list_is_understood_first_and_then_marked_once(class_10a1, buoi, binh, now):
    add(class_10a1, "Lê Gia Hân", now, keep_namesakes=True)
    text = f"1. Trần Minh Khôi\nLê Gia Hân\n4. Lê Gia Hân\n{pupil(class_10a1, 3).username}\nTrần Minh Khôi\nĐinh Văn Lạ"
    plan = queries.paper_plan(buoi, text)
    assert [row.status for row in plan.rows] == ["mark", "doubtful", "mark", "mark", "present", "unknown"]
    assert Attendance.objects.count() == 0
    told = {"session": buoi, "text": text, "by": binh, "now": now + 300 * MINUTE}
    assert actions.import_paper(**told, add_unknown=False) == (3, ())
    assert actions.import_paper(**told, add_unknown=False) == (0, ())
    changed, slips = actions.import_paper(**told, add_unknown=True)
    assert (changed, [slip.name for slip in slips]) == (1, ["Đinh Văn Lạ"])
    assert marks(buoi) == {1: "", 2: "present", 3: "present", 4: "present", 5: "present"}
    assert set(Attendance.objects.values_list("how", flat=True)) == {"paper"}


def picture(kind="JPEG", **more):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(stream, kind, **more)
    return stream.getvalue()


def test_a_photograph_is_kept_without_where_it_was_taken(class_10a1, buoi, binh, now):
    exif = Image.Exif()
    exif[0x010F] = "Máy ảnh của Bình"
    file = io.BytesIO(picture(exif=exif))
    assert b"Exif" in file.getvalue()
    for _turn in range(2):
        paper = actions.attach_paper(session=buoi, file=file, size=len(file.getvalue()), by=binh, now=now)
    kept = paper.file.open("rb").read()
    assert b"Exif" not in kept and kept.startswith(b"\xff\xd8\xff")
    assert SessionPaper.objects.count() == 1
    assert clean(io.BytesIO(b"%PDF-1.7 x"), 10)[1] == "pdf"
    for wrong in (b"", b"<script>", b"GIF89a", picture()[:40]):
        with pytest.raises(PaperRefused):
            clean(io.BytesIO(wrong), len(wrong))
    with pytest.raises(PaperRefused):
        clean(io.BytesIO(b"%PDF-"), 11 * 1024 * 1024)


# --- what it counts for -----------------------------------------------------------------------------------------------


def test_attendance_counts_for_the_class_only_where_the_class_says_so(class_10a1, course, buoi, binh, week, now):
    actions.assign(training_class=class_10a1, teacher=binh, course=course.page, part=None, due_at=week, now=now)
    second = session(class_10a1, now + dt.timedelta(days=1), trainer=binh)
    third = session(class_10a1, now + dt.timedelta(days=2), trainer=binh)
    actions.cancel_session(session=third, by=binh, reason="Bão", now=now)
    actions.check_in(session=buoi, learner=pupil(class_10a1, 1), at=now, how="qr")
    actions.mark(session=queries.live_session(second.pk, second.starts_at), marks={1: "excused", 2: "late"}, by=binh, now=now)
    for number in (1, 2, 3):
        finish(pupil(class_10a1, number), course, now)
    later = now + dt.timedelta(days=3)

    def standing():
        class_10a1.refresh_from_db()
        return [(row.attended, row.held, row.finished) for row in queries.board(class_10a1, now=later).rows]

    assert standing() == [(1, 2, True), (1, 2, True), (0, 2, True)]
    rules = {"capacity": None, "by_nomination": False, "by": binh, "now": now}
    actions.change_rules(training_class=class_10a1, attendance_needed=50, **rules)
    assert standing() == [(1, 2, True), (1, 2, True), (0, 2, False)]
    actions.change_rules(training_class=class_10a1, attendance_needed=51, **rules)
    assert [row[2] for row in standing()] == [False, False, False]
    assert queries.board(class_10a1, now=now).held == 0


# --- the minutes ------------------------------------------------------------------------------------------------------


def test_the_minutes_say_who_was_there_and_leave_room_to_sign(class_10a1, buoi, binh, city, now):
    add(class_10a1, names(40), now)
    actions.mark(session=buoi, marks={1: "late", 2: "excused", 3: "present"}, by=binh, now=now)
    actions.write_remarks(session=buoi, remarks="Máy chiếu hỏng 10 phút.\nHọc viên hỏi nhiều về <deepfake> & lừa đảo.")
    buoi.refresh_from_db()
    body = draw(queries.sheet(buoi), parent="Sở Giáo dục và Đào tạo", made_at=now, made_by="Trần Văn Bình")
    reader = PdfReader(io.BytesIO(body))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for told in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "BIÊN BẢN", "TRƯỜNG THPT HOA XOAN",
        "SỞ GIÁO DỤC VÀ ĐÀO TẠO", "/BB-THPT-HX", "09 giờ 00, ngày 23/11/2026", "Hội trường A", "Có mặt: 2, trong đó đến muộn 1",
        "Vắng: 1, trong đó có phép 1", "Chưa điểm danh: 40", "Lê Gia Hân", "<deepfake> & lừa đảo", "12 giờ 00", "GIẢNG VIÊN",
        "ĐẠI DIỆN HỌC VIÊN", "Trần Văn Bình",
    ):  # fmt: skip
        assert told in text, told
    fonts = {font["/BaseFont"] for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert all("Tinos" in font for font in fonts), fonts
    assert len(reader.pages) == 2


# --- screens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(class_10a1, binh):
    """A session that goes on at this very moment."""
    return session(class_10a1, timezone.now() - 5 * MINUTE, trainer=binh)


def own(one, **more):
    return {"pk": one.training_class_id, "number": one.number, **more}


def scan(client, shown):
    """Opens the address in the QR code, as a phone does."""
    return client.get(shown)


def qr_address(one):
    return reverse("classes:scanned", args=[checkin.token(one.pk, timezone.now())])


def test_a_learner_scans_signs_in_and_is_there(client, class_10a1, live):
    url = qr_address(live)
    assert client.get(url).url == reverse("classes:here")
    assert client.get(reverse("classes:here")).url.startswith("/accounts/login/")
    client.login(username=pupil(class_10a1, 1).username, password="x")
    client.force_login(pupil(class_10a1, 1))
    client.get(url)
    page = client.get(reverse("classes:here")).content.decode()
    assert "Buổi 1, lớp 10A1" in page and Attendance.objects.count() == 0  # opening a link changes nothing
    assert client.post(reverse("classes:here")).url == reverse("learn")
    assert client.post(reverse("classes:here")).status_code == 200  # the ticket is used up
    assert marks(live)[1] == "present" and Attendance.objects.get().how == "qr"


def test_an_old_picture_of_the_screen_is_refused(client, class_10a1, live):
    client.force_login(pupil(class_10a1, 1))
    old = reverse("classes:scanned", args=[checkin.token(live.pk, timezone.now() - 2 * MINUTE)])
    assert "đã hết hạn" in client.get(old, follow=True).content.decode()
    client.post(reverse("classes:here"))
    assert Attendance.objects.count() == 0


def test_typing_the_code_and_guessing_it(client, class_10a1, live, an):
    client.force_login(pupil(class_10a1, 2))
    client.post(reverse("classes:here"), {"code": checkin.code(live.pk, timezone.now())})
    assert Attendance.objects.get().how == "code"
    client.force_login(an)
    for turn in range(12):
        answer = client.post(reverse("classes:here"), {"code": "222-222"})
        assert answer.status_code == (200 if turn < 10 else 429)
    assert client.post(reverse("classes:here"), {"code": checkin.code(live.pk, timezone.now())}).status_code == 429
    assert Knock.objects.count() == 0


PAGES = [
    ("get", "roll", {}), ("post", "roll", {}), ("get", "screen", {}), ("post", "walk_in", {}), ("post", "door", {"knock": 1}),
    ("get", "paper", {}), ("post", "paper", {}), ("post", "attach", {}), ("post", "remarks", {}), ("get", "minutes", {}),
]  # fmt: skip


def test_strangers_find_nothing_and_change_nothing(client, class_10a1, live, outsider, an, chi, dung, binh, now):
    file = io.BytesIO(picture())
    paper = actions.attach_paper(session=live, file=file, size=100, by=binh, now=now)
    pages = [*PAGES, ("get", "attached", {"paper": paper.pk})]
    for stranger in (outsider, an, chi, dung, pupil(class_10a1, 1)):
        client.force_login(stranger)
        for method, name, more in pages:
            fields = {"here": "1", "mark-1": "present", "name": "Lạ", "names": "Lê Gia Hân", "confirm": "1", "accept": "1"}
            answer = getattr(client, method)(reverse(f"classes:{name}", kwargs=own(live, **more)), fields)
            assert answer.status_code == 404, (stranger, method, name)
    assert Attendance.objects.count() == 0 and class_10a1.members.count() == 3
    client.force_login(binh)
    for method, name, more in pages:
        if method == "get":
            answer = client.get(reverse(f"classes:{name}", kwargs=own(live, **more)))
            assert answer.status_code == 200
            assert "no-store" in answer["Cache-Control"], name


def test_the_screen_shows_a_code_that_opens_and_renews_itself(client, class_10a1, live, binh):
    client.force_login(binh)
    url = reverse("classes:screen", kwargs=own(live))
    page = client.get(url).content.decode()
    assert "<noscript><meta http-equiv=\"refresh\"" in page and "<svg" in page and "ui/checkin.js" in page
    shown = re.search(r'screen-word code">([^<]+)<', page).group(1)
    assert queries.session_by_code(shown, timezone.now()) == live
    part = client.get(url + "?part=1").content.decode()
    assert "<html" not in part and "screen-word" in part
    over = session(class_10a1, timezone.now() - dt.timedelta(days=1))
    assert "Chưa mở điểm danh" in client.get(reverse("classes:screen", kwargs=own(over))).content.decode()


def test_the_trainer_does_it_all_through_the_screens(client, class_10a1, live, an, binh):
    client.force_login(binh)
    roll = reverse("classes:roll", kwargs=own(live))
    client.post(roll, {"here": ["1", "2", "x"]})
    client.post(roll, {"mark-1": "late", "mark-2": "nonsense", "rest": "1"})
    assert marks(live) == {1: "late", 2: "present", 3: "absent"}
    page = client.post(reverse("classes:walk_in", kwargs=own(live)), {"name": "Đinh Văn Tới"}).content.decode()
    assert len(re.findall(r"<dd><code>[a-z0-9]{4}-[a-z0-9]{4}</code>", page)) == 1
    actions.check_in(session=queries.live_session(live.pk, timezone.now()), learner=an, at=timezone.now(), how="qr")
    assert "Người ngoài danh sách" in client.get(roll).content.decode()
    client.post(reverse("classes:door", kwargs=own(live, knock=Knock.objects.get().pk)), {"accept": "1"})
    paper = reverse("classes:paper", kwargs=own(live))
    page = client.post(paper, {"names": "Phạm Ngọc Ánh\nHồ Mới Đến", "preview": "1"}).content.decode()
    assert "1 người sẽ được ghi có mặt" in page
    client.post(paper, {"names": "Phạm Ngọc Ánh\nHồ Mới Đến", "confirm": "1", "add_unknown": "on"})
    assert marks(live) == {1: "late", 2: "present", 3: "present", 4: "present", 5: "present", 6: "present"}
    photo = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    client.post(reverse("classes:attach", kwargs=own(live)), {"file": photo})
    client.post(reverse("classes:attach", kwargs=own(live)), {"file": SimpleUploadedFile("a.jpg", b"<html>", "image/jpeg")})
    assert SessionPaper.objects.count() == 1
    client.post(reverse("classes:remarks", kwargs=own(live)), {"remarks": "Học sôi nổi."})
    answer = client.get(reverse("classes:minutes", kwargs=own(live)))
    assert answer.content.startswith(b"%PDF-") and "attachment" in answer["Content-Disposition"]
    assert client.get(reverse("classes:detail", args=[class_10a1.pk])).status_code == 200


def test_a_mark_is_not_changed_after_the_session_without_a_word_why(client, class_10a1, binh):
    over = session(class_10a1, timezone.now() - dt.timedelta(days=1))
    client.force_login(binh)
    roll = reverse("classes:roll", kwargs=own(over))
    client.post(roll, {"here": ["1"]})
    assert "phải nói vì sao" in client.post(roll, {"mark-1": "absent"}).content.decode()
    assert marks(over)[1] == "present"
    client.post(roll, {"mark-1": "absent", "reason": "Nhầm"})
    assert marks(over)[1] == "absent"


@pytest.mark.parametrize("size", [3, 30])
def test_a_session_takes_as_many_queries_for_three_as_for_thirty(
    size, client, binh, city, now, django_assert_num_queries, django_assert_max_num_queries
):
    made = open_class(binh, city.school, now)
    add(made, names(size), now)
    one = session(made, now, trainer=binh)
    there = dict.fromkeys(range(1, size), "present")
    actions.mark(session=queries.live_session(one.pk, now), marks=there, by=binh, now=now)
    with django_assert_num_queries(5):
        queries.sheet(one)
    with django_assert_num_queries(5):
        queries.paper_plan(one, names(size))
    client.force_login(binh)
    with django_assert_max_num_queries(13):
        assert client.get(reverse("classes:roll", kwargs=own(one))).status_code == 200
