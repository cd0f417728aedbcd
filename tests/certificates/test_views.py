from __future__ import annotations

import hashlib

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.urls import reverse

from certificates import actions
from certificates.models import Certificate, CertificateTemplate
from courses.actions import enrol
from tests import world


@pytest.fixture
def certificate(an, finish, now):
    return actions.issue(enrolment=finish(an), now=now)


@pytest.fixture
def childs(finish, now, city):
    child = world.make_user("han", "Lý Gia Hân", birth_year=2014, audience="hs_pt")
    world.join(child, city.school, "hoc_sinh")
    return actions.issue(enrolment=finish(child), now=now)


def page(certificate):
    return reverse("certificates:verify", args=[certificate.code])


def document(certificate):
    return reverse("certificates:pdf", args=[certificate.code])


def test_anybody_with_the_code_sees_that_the_paper_is_real(client, certificate):
    response = client.get(page(certificate))
    text = response.content.decode()
    assert response.status_code == 200
    for words in ("là thật", "Nguyễn Thị An", "Khóa thử", "Cơ bản", "8,5/10", certificate.shown_code, "thứ Hai, 23/11/2026"):
        assert words in text
    assert "Tải PDF" not in text and str(certificate.enrolment_id) not in text
    assert "no-store" in response.headers["Cache-Control"] and response.headers["X-Robots-Tag"] == "noindex"


def test_the_public_page_takes_few_queries(client, certificate, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        client.get(page(certificate))


def test_a_childs_name_is_shown_as_initials_to_all_but_the_child_and_its_overseers(client, childs, an, outsider, dung):
    assert childs.minor
    for reader in (None, an, outsider):
        if reader:
            client.force_login(reader)
        text = client.get(page(childs)).content.decode()
        assert "L. G. H." in text and "Gia" not in text and "Hân" not in text
    client.force_login(dung)
    assert "Lý Gia Hân" in client.get(page(childs)).content.decode()
    client.force_login(childs.enrolment.learner)
    assert "Lý Gia Hân" in client.get(page(childs)).content.decode()


def test_the_owner_is_congratulated_and_finds_everything_to_take_along(client, an, certificate):
    client.force_login(an)
    text = client.get(page(certificate)).content.decode()
    address = f"/certificates/{certificate.code}/"
    for words in ("Chúc mừng An", document(certificate), address, reverse("learn"), "<svg", "data-copy"):
        assert words in text


@pytest.mark.parametrize("code", ["0" * 28, "abc", "%00", "Đ" * 28, "x" * 3000])
def test_unknown_and_malformed_codes_get_the_same_calm_404(client, certificate, code):
    response = client.get(f"/certificates/{code}/")
    assert response.status_code == 404
    assert "Không tìm thấy giấy xác nhận này" in response.content.decode()


def test_a_code_off_by_one_is_unknown(client, certificate):
    last = "0" if certificate.code[-1] != "0" else "1"
    assert client.get(f"/certificates/{certificate.code[:-1]}{last}/").status_code == 404


def test_a_code_in_another_form_leads_to_its_one_address(client, certificate):
    response = client.get(f"/certificates/{certificate.shown_code.lower()}/")
    assert response.status_code == 302 and response.url == page(certificate)


def test_a_revoked_paper_says_so_to_all_and_why_only_to_its_owner(client, an, dung, certificate, now):
    client.force_login(an)
    client.get(document(certificate))
    actions.revoke(certificate=certificate, reason="Học hộ người khác", by=dung, now=now)
    mine = client.get(page(certificate)).content.decode()
    assert "đã bị thu hồi" in mine and "Học hộ người khác" in mine and "Tải PDF" not in mine
    response = client.get(document(certificate))
    assert response.status_code == 302 and response.url == page(certificate)
    client.logout()
    text = client.get(page(certificate)).content.decode()
    assert "đã bị thu hồi" in text and "là thật" not in text and "Học hộ" not in text


def test_the_lookup_forgives_case_dashes_and_spaces(client, certificate):
    for typed in (certificate.code, certificate.shown_code, f" {certificate.shown_code.lower().replace('-', ' ')} "):
        response = client.get(reverse("certificates:lookup"), {"code": typed})
        assert response.status_code == 302 and response.url == page(certificate)


@pytest.mark.parametrize("typed", ["", "K7QF-2MXD", "chưa có mã", "<script>"])
def test_the_lookup_says_how_to_mend_a_wrong_code(client, certificate, typed):
    response = client.get(reverse("certificates:lookup"), {"code": typed})
    assert response.status_code == 200 and "summary-error" in response.content.decode()
    assert "<script>alert" not in response.content.decode()


def test_an_address_may_look_up_sixty_codes_in_ten_minutes(client, certificate):
    lookup = reverse("certificates:lookup")
    for _number in range(30):
        client.get(lookup, {"code": "K7QF"})
        client.get("/certificates/unknown/")
    assert client.get(lookup, {"code": certificate.code}).status_code == 429
    assert client.get("/certificates/unknown/").status_code == 429
    # Who scans a real paper is never turned away because of a guessing neighbour.
    assert client.get(page(certificate)).status_code == 200


def test_the_owner_downloads_the_document_drawn_at_once(client, an, certificate):
    client.force_login(an)
    response = client.get(document(certificate))
    content = b"".join(response.streaming_content)
    assert response.headers["Content-Type"] == "application/pdf" and content.startswith(b"%PDF")
    assert response.headers["Content-Disposition"] == 'attachment; filename="xac-nhan-cd-t-nguyen-thi-an.pdf"'
    assert "no-store" in response.headers["Cache-Control"] and response.headers["X-Content-Type-Options"] == "nosniff"
    assert Certificate.objects.get().pdf_sha256 == hashlib.sha256(content).hexdigest()
    assert client.get(document(certificate) + "?open=1").headers["Content-Disposition"].startswith("inline")


def test_the_document_is_for_its_owner_and_overseers_only(client, certificate, outsider, binh, dung, chi, finish, now):
    response = client.get(document(certificate))
    assert response.status_code == 302 and "/accounts/login/" in response.url
    for user in (outsider, binh, chi, dung):  # An belongs to no organisation, so no officer oversees her
        client.force_login(user)
        assert client.get(document(certificate)).status_code == 404
    # Chi's own enrolment was frozen to her ward: the whole city's owner may open it, another ward's officer may not.
    staff = actions.issue(enrolment=finish(chi), now=now)
    for user, status in ((chi, 200), (dung, 200), (outsider, 404), (binh, 404)):
        client.force_login(user)
        assert client.get(document(staff)).status_code == status


def test_claiming_issues_now_and_leads_to_the_page(client, an, finish):
    enrolment = finish(an)
    client.force_login(an)
    response = client.post(reverse("certificates:claim", args=[enrolment.pk]))
    certificate = Certificate.objects.get()
    assert response.status_code == 302 and response.url == page(certificate)
    assert client.post(reverse("certificates:claim", args=[enrolment.pk])).url == page(certificate)
    assert Certificate.objects.count() == 1


def test_claiming_takes_post_from_the_learner_alone(client, an, outsider, dung, finish):
    address = reverse("certificates:claim", args=[finish(an).pk])
    assert "/accounts/login/" in client.post(address).url
    for user in (outsider, dung):
        client.force_login(user)
        assert client.post(address).status_code == 404
    client.force_login(an)
    assert client.get(address).status_code == 405
    assert not Certificate.objects.exists()


def test_claiming_too_early_says_what_is_missing(client, an, course, now):
    enrolment = enrol(learner=an, course=course.page, now=now)
    client.force_login(an)
    response = client.post(reverse("certificates:claim", args=[enrolment.pk]))
    assert response.status_code == 302
    assert "Bài 1, Bài 2, Bài kiểm tra cuối khóa" in str(next(iter(get_messages(response.wsgi_request))))


def test_the_command_revokes(certificate, dung, capsys):
    call_command("revoke_certificate", certificate.shown_code.lower(), "--reason", "Cấp nhầm", "--by", "dung")
    assert not Certificate.objects.get().valid


def test_editors_reword_the_template_but_never_add_or_delete_one_or_see_certificates(client, certificate, db):
    editor = world.make_user("bien", "Biên Tập", is_staff=True)
    editor.user_permissions.add(
        Permission.objects.get(codename="access_admin"), *Permission.objects.filter(content_type__app_label="certificates")
    )
    client.force_login(editor)
    template = CertificateTemplate.objects.get()
    snippets = "/cms/snippets/certificates"
    assert client.get(f"{snippets}/certificatetemplate/edit/{template.pk}/").status_code == 200
    assert client.get(f"{snippets}/certificatetemplate/add/").status_code == 302
    assert client.get(f"{snippets}/certificatetemplate/delete/{template.pk}/").status_code == 302
    assert client.get(f"{snippets}/certificate/").status_code == 404
