from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from certificates import actions, queries, tasks
from certificates.models import Certificate, CertificateTemplate
from courses.actions import enrol
from courses.models import Enrolment, Outline
from lrs import vocabulary
from lrs.models import Statement
from tests import world

GOLDEN = Path(__file__).parent / "golden"


def test_a_completed_enrolment_gets_one_certificate_however_often_it_is_asked_for(an, finish, now):
    enrolment = finish(an)
    first = actions.issue(enrolment=enrolment, now=now)
    assert actions.issue(enrolment=enrolment, now=now + dt.timedelta(days=1)) == first
    assert Certificate.objects.count() == 1
    assert Statement.objects.filter(verb=vocabulary.EARNED.iri).count() == 1


def test_the_facts_are_frozen_on_the_day_of_issue(an, finish, now, course):
    certificate = actions.issue(enrolment=finish(an), now=now)
    an.full_name = "Tên Khác"
    an.save()
    course.page.title = "Khóa khác"
    course.page.save_revision().publish()
    CertificateTemplate.objects.update(title="Tiêu đề khác")
    kept = Certificate.objects.get(pk=certificate.pk)
    assert (kept.full_name, kept.course_title, kept.title) == (
        "Nguyễn Thị An", "Khóa thử", "Xác nhận hoàn thành khóa học trực tuyến",
    )  # fmt: skip
    assert (kept.score, kept.tier, kept.minor) == (Decimal("8.50"), "co_ban", False)
    assert kept.minutes == 2 * 10 + course.quiz.minutes
    assert "chứng chỉ" not in kept.title.lower() and "không phải là chứng chỉ bồi dưỡng" in kept.notice


def test_an_open_enrolment_gets_nothing_and_is_told_what_is_missing(an, course, now):
    enrolment = enrol(learner=an, course=course.page, now=now)
    with pytest.raises(actions.NotCompleted) as told:
        actions.issue(enrolment=enrolment, now=now)
    assert told.value.missing == ["Bài 1", "Bài 2", "Bài kiểm tra cuối khóa"]
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(
    ("birth_year", "audience", "minor"), [(2013, "hs_pt", True), (None, "hs_pt", True), (2010, "hs_pt", False)]
)
def test_a_child_under_sixteen_is_marked_as_a_minor(finish, now, db, birth_year, audience, minor):
    pupil = world.make_user("em", "Lý Gia Hân", birth_year=birth_year, audience=audience)
    assert actions.issue(enrolment=finish(pupil), now=now).minor is minor


def test_earned_is_recorded_with_the_public_page_and_without_a_name(an, finish, now):
    certificate = actions.issue(enrolment=finish(an), now=now)
    statement = Statement.objects.get(verb=vocabulary.EARNED.iri)
    assert an.full_name not in statement.document
    document = json.loads(statement.document)
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    enrolment = certificate.enrolment
    for value, name in (
        (str(an.actor_id), "ACTOR"), (str(enrolment.pk), "REGISTRATION"), (str(certificate.pk), "CERTIFICATE"),
        (str(enrolment.course.translation_key), "COURSE"), (certificate.code, "CODE"), (document["id"], "ID"),
    ):  # fmt: skip
        text = text.replace(value, name)
    assert text == (GOLDEN / "earned.json").read_text(encoding="utf-8").rstrip()


def test_the_sweep_finds_what_is_owed_and_finds_nothing_the_second_time(an, finish, now):
    finish(an)
    finish(world.make_user("ba", "Đỗ Văn Ba"))
    assert actions.issue_owed(now=now) == 2
    assert actions.issue_owed(now=now) == 0
    assert tasks.issue() == 0


def test_one_failing_enrolment_does_not_hold_up_the_others(an, finish, now, caplog):
    finish(an)
    broken = finish(world.make_user("ba", "Đỗ Văn Ba"))
    unreadable = Outline.objects.create(course=broken.course, digest="x", parts=5, created_at=now)
    earlier = now - dt.timedelta(days=1)
    Enrolment.objects.filter(pk=broken.pk).update(outline=unreadable, completed_at=earlier)
    assert actions.issue_owed(now=now) == 1
    assert Certificate.objects.get().enrolment.learner == an
    assert str(broken.pk) in caplog.text


def test_without_a_default_template_nothing_is_issued_and_everything_stays_owed(an, finish, now):
    enrolment = finish(an)
    CertificateTemplate.objects.update(is_default=False)
    with pytest.raises(actions.NoTemplate):
        actions.issue(enrolment=enrolment, now=now)
    assert actions.issue_owed(now=now) == 0
    CertificateTemplate.objects.update(is_default=True)
    assert actions.issue_owed(now=now) == 1


def test_the_document_is_drawn_once_and_its_hash_is_kept(an, finish, now):
    certificate = actions.issue(enrolment=finish(an), now=now)
    drawn = actions.render(certificate=certificate)
    content = drawn.pdf.read()
    assert content.startswith(b"%PDF") and hashlib.sha256(content).hexdigest() == drawn.pdf_sha256
    written = Path(drawn.pdf.path).stat().st_mtime_ns
    assert actions.render(certificate=Certificate.objects.get()).pdf.name == drawn.pdf.name
    assert Path(drawn.pdf.path).stat().st_mtime_ns == written
    assert tasks.render() == 0


def test_a_worker_killed_while_writing_leaves_one_whole_file_after_the_next_run(an, finish, now):
    """Fault drill F11: half a temporary file, half a final file, or a whole file nobody wrote down."""
    certificate = actions.issue(enrolment=finish(an), now=now)
    target = Path(certificate.pdf.storage.path(f"certificates/{certificate.code[:2]}/{certificate.code}.pdf"))
    target.parent.mkdir(parents=True)
    target.with_suffix(".part").write_bytes(b"%PDF half")
    target.write_bytes(b"%PDF half")
    assert actions.render_owed() == 1
    whole = target.read_bytes()
    Certificate.objects.update(pdf="", pdf_sha256="")
    assert actions.render_owed() == 1
    kept = Certificate.objects.get()
    assert target.read_bytes() == whole and hashlib.sha256(whole).hexdigest() == kept.pdf_sha256
    assert [path.name for path in target.parent.iterdir()] == [f"{certificate.code}.pdf"]


def test_a_lost_file_is_drawn_again_with_the_same_hash(an, finish, now):
    drawn = actions.render(certificate=actions.issue(enrolment=finish(an), now=now))
    Path(drawn.pdf.path).unlink()
    again = actions.render(certificate=Certificate.objects.get())
    assert again.pdf_sha256 == drawn.pdf_sha256 and Path(again.pdf.path).exists()


def test_the_owner_of_the_programme_revokes_once_with_a_reason(an, dung, finish, now):
    certificate = actions.issue(enrolment=finish(an), now=now)
    actions.revoke(certificate=certificate, reason="Cấp nhầm người", by=dung, now=now)
    actions.revoke(certificate=certificate, reason="Lý do khác", by=dung, now=now + dt.timedelta(days=1))
    kept = Certificate.objects.get()
    assert (kept.revoked_at, kept.revoked_reason, kept.revoked_by) == (now, "Cấp nhầm người", dung)
    voiding = Statement.objects.get(verb=vocabulary.VOIDED.iri)
    assert Statement.objects.get(verb=vocabulary.EARNED.iri).voided_by == voiding.statement_id
    with pytest.raises(actions.Revoked):
        actions.render(certificate=kept)
    assert actions.render_owed() == 0
    assert actions.issue_owed(now=now) == 0


def test_nobody_else_revokes_and_a_reason_is_needed(an, chi, outsider, dung, finish, now):
    certificate = actions.issue(enrolment=finish(an), now=now)
    for user in (an, chi, outsider):
        with pytest.raises(actions.NotAllowed):
            actions.revoke(certificate=certificate, reason="x", by=user, now=now)
    with pytest.raises(actions.ReasonMissing):
        actions.revoke(certificate=certificate, reason="  ", by=dung, now=now)
    assert Certificate.objects.get().valid


def test_my_certificates_are_mine_alone_in_one_query(an, chi, finish, now, django_assert_num_queries):
    actions.issue(enrolment=finish(an), now=now)
    actions.issue(enrolment=finish(chi), now=now)
    with django_assert_num_queries(1):
        assert [certificate.full_name for certificate in queries.my_certificates(an)] == ["Nguyễn Thị An"]


def test_a_document_drawn_while_its_holder_is_erased_is_not_kept(an, finish, now):
    certificate = actions.issue(enrolment=finish(an), now=now)
    Certificate.objects.update(full_name="(đã xóa)")
    assert actions.render(certificate=certificate).pdf.name == ""
    assert tasks.render() == 1
