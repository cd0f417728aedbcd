"""Each page tried by the public, by its user, and by somebody who has rights elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from plans import actions, views
from plans.models import Indicator, Measurement, Plan, ReportingPeriod
from tests import world
from tests.plans import make


@pytest.fixture(autouse=True)
def _the_day(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> None:
    """Views take the time from the clock; here it stands at the day of the tests."""
    monkeypatch.setattr(views.timezone, "now", lambda: now)


@pytest.fixture
def measured(plan: Plan, city: SimpleNamespace, course: SimpleNamespace, now: dt.datetime) -> Plan:
    begun, done = now - dt.timedelta(days=9), now - dt.timedelta(days=2)
    for learner in make.learners(12, "cbccvc_nld"):
        make.enrolment(learner, course.page, begun, done_at=done, organisation=city.clinic)
    actions.measure(plan=plan, now=now)
    return plan


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- public ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_every_plan_with_its_standing(measured: Plan, client: Client) -> None:
    Plan.objects.create(code="2022", symbol="Kế hoạch 2022", title="Cũ", status="historical")
    page = text(client.get("/plans/"))
    assert "4738/KH-UBND" in page and "4 chỉ tiêu" in page and "Lưu lịch sử" in page


def test_the_ledger_is_public_provisional_and_dated(measured: Plan, client: Client) -> None:
    response = client.get("/plans/4738/")
    page = text(response)
    for words in ("Quý IV/2026", "khoảng 10 lớp", "Tạm tính", "Hôm nay", "Thứ Năm 24 12/2026", "12 người", "Nền tảng tự đếm",
                  "Đếm lớp đã kết thúc.", "Chưa kỳ nào được chốt"):  # fmt: skip
        assert words in page, words
    assert "Theo cơ quan" not in page
    assert "Bản nháp" not in page
    assert "<style" not in response.content.decode()


def test_svg_numbers_are_never_written_the_vietnamese_way(measured: Plan, client: Client) -> None:
    drawn = re.findall(r"<svg class=\"(?:chart|bullet)[^>]*>.*?</svg>", client.get("/plans/4738/").content.decode(), re.S)
    assert len(drawn) >= 2
    for svg in drawn:
        assert not re.search(r'(?:x|y|width|height|points)="[^"]*,', svg)


def test_a_closed_period_shows_its_hash_and_is_not_provisional(
    measured: Plan, dung: Any, client: Client, now: dt.datetime
) -> None:
    closed = actions.close_period(period=measured.periods.get(code="2026-Q3"), by=dung, now=now)
    response = client.get("/plans/4738/?ky=2026-Q3")
    assert "Đã chốt" in text(response) and closed.digest[:12] in text(response)
    assert '<span class="xs muted">tạm tính</span>' not in response.content.decode()


def test_filters_come_from_the_query(measured: Plan, client: Client) -> None:
    page = text(client.get("/plans/4738/?nhom=5"))
    assert "1 chỉ tiêu đang xem, trên 4" in page and "TG-0502" in page and "TG-0701" not in page
    assert "Không có chỉ tiêu nào hợp với bộ lọc" in text(client.get("/plans/4738/?chu-tri=KHONG-CO"))


def test_unknown_plans_periods_and_indicators_are_not_found(measured: Plan, client: Client) -> None:
    for url in ("/plans/9999/", "/plans/4738/?ky=2031-Q1", "/plans/4738/indicators/TG-9999/", "/plans/9999/indicators/TG-0903/"):
        assert client.get(url).status_code == 404, url


def test_a_plan_kept_for_the_record_shows_what_it_said(db: None, client: Client) -> None:
    plan = Plan.objects.create(
        code="2022", symbol="Kế hoạch 2022", title="Cũ", status="historical", issued_note="Số chưa xác nhận."
    )
    make.target(plan, "TG-2201", "=", "3", unit="bộ dữ liệu", deadline="2022-Q3")
    page = text(client.get("/plans/2022/"))
    assert "Số chưa xác nhận." in page and "3 bộ dữ liệu" in page and "Quý III/2022" in page


@pytest.mark.parametrize("more", [0, 27])
@pytest.mark.parametrize("who", ["public", "chi"])
def test_the_page_takes_at_most_15_queries(
    measured: Plan, chi: Any, who: str, more: int, django_assert_max_num_queries: Any
) -> None:
    for place in range(more):
        make.target(measured, f"TG-7{place:03}", ">=", "3", unit="báo cáo")
    client = signed_in(chi) if who == "chi" else Client()
    with django_assert_max_num_queries(15):
        assert client.get("/plans/4738/").status_code == 200


def test_the_page_reads_in_english_without_vietnamese_numbers_in_between(measured: Plan, client: Client) -> None:
    client.cookies["django_language"] = "en"
    assert client.get("/plans/4738/").status_code == 200


# --- entering -------------------------------------------------------------------------------------------------------

URL = "/plans/4738/indicators/TG-0502/"
GIVEN = {"period": "2026-Q4", "value": "4", "evidence": "Quyết định 12/QĐ-SKHCN", "evidence_url": "", "evidence_file": ""}


def test_only_the_owner_is_offered_the_form(measured: Plan, dung: Any, chi: Any, outsider: Any, client: Client) -> None:
    assert "Ghi số" in text(signed_in(dung).get(URL))
    for other in (client, signed_in(chi), signed_in(outsider)):
        assert "Ghi số" not in text(other.get(URL))
        assert other.post(URL, GIVEN).status_code == 404
    assert "Ghi số" not in text(signed_in(dung).get("/plans/4738/indicators/TG-0903/"))
    assert signed_in(dung).post("/plans/4738/indicators/TG-0903/", GIVEN).status_code == 404
    assert not Measurement.objects.filter(entered_by__isnull=False).exists()


def test_the_owner_enters_a_figure_and_everybody_sees_it_with_its_evidence(measured: Plan, dung: Any, client: Client) -> None:
    file = SimpleUploadedFile("qd-12.pdf", b"%PDF-1.7 noi dung")
    response = signed_in(dung).post(URL, {**GIVEN, "value": "4,5", "evidence_file": file})
    assert response.status_code == 302
    row = Measurement.objects.get(entered_by=dung)
    assert row.value == Decimal("4.5")
    page = text(client.get(URL))
    assert "4,5 nhiệm vụ" in page and "Quyết định 12/QĐ-SKHCN" in page and "Chủ trì chương trình nhập" in page
    assert "Phạm Quốc Dũng" not in page  # who typed it is for those who oversee
    assert "Phạm Quốc Dũng" in text(signed_in(dung).get(URL))


def test_a_bad_file_and_a_negative_figure_come_back_with_words(measured: Plan, dung: Any) -> None:
    client = signed_in(dung)
    bad = client.post(URL, {**GIVEN, "evidence_file": SimpleUploadedFile("qd.pdf", b"<script>")})
    assert "Nội dung tệp không khớp" in text(bad)
    assert "nhỏ hơn 0" in text(client.post(URL, {**GIVEN, "value": "-2"}, follow=True))
    assert "Cần sửa một chỗ" in text(client.post(URL, {**GIVEN, "evidence": ""}))
    assert not Measurement.objects.filter(entered_by=dung).exists()


def test_yes_or_no_is_chosen(measured: Plan, dung: Any) -> None:
    client = signed_in(dung)
    client.post("/plans/4738/indicators/TG-0701/", {**GIVEN, "value": "1"})
    assert Measurement.objects.get(entered_by=dung).value == 1
    assert "Chưa đạt" in text(client.get("/plans/4738/indicators/TG-0701/"))


# --- evidence -------------------------------------------------------------------------------------------------------


@pytest.fixture
def evidence(measured: Plan, city: Any, dung: Any) -> str:
    """The address of a file that stands beside a figure led by Chi's ward."""
    Indicator.objects.get(code="TG-0502").lead_agencies.set([city.ward])
    signed_in(dung).post(URL, {**GIVEN, "evidence_file": SimpleUploadedFile("qd-12.pdf", b"%PDF-1.7 noi dung")})
    return reverse("plans:evidence", args=[Measurement.objects.get(entered_by=dung).pk])


def test_evidence_is_never_opened_in_the_page(evidence: str, chi: Any) -> None:
    response = signed_in(chi).get(evidence)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 noi dung"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"


def test_evidence_is_read_by_who_oversees_its_lead_agency_or_entered_it(
    evidence: str, city: Any, dung: Any, chi: Any, binh: Any, an: Any, outsider: Any, client: Client
) -> None:
    auditors = [world.make_user(f"kt{place}", "Lý Văn Phúc", audience="cbccvc_nld") for place in range(3)]
    for auditor, where in zip(auditors, (city.city, city.ward, city.dept), strict=True):
        world.grant(auditor, "auditor", where)
    over_the_city = world.make_officer("vp", "Hồ Thị Quý", city.city)
    below = world.make_officer("tram", "Đặng Ngọc Em", city.clinic)
    for reader in (dung, chi, over_the_city, *auditors[:2]):
        assert signed_in(reader).get(evidence).status_code == 200
        assert evidence in signed_in(reader).get(URL).content.decode()
    for reader in (an, binh, outsider, below, auditors[2]):
        assert signed_in(reader).get(evidence).status_code == 404
        assert evidence not in signed_in(reader).get(URL).content.decode()
    assert client.get(evidence).status_code == 302
    assert evidence not in client.get(URL).content.decode()
    dung.roles.update(until=dung.roles.get().since)  # what one has entered oneself stays open
    assert signed_in(type(dung).objects.get(pk=dung.pk)).get(evidence).status_code == 200


def test_a_measurement_without_a_file_has_no_evidence_page(measured: Plan, dung: Any) -> None:
    row = Measurement.objects.first()
    assert row is not None
    assert signed_in(dung).get(reverse("plans:evidence", args=[row.pk])).status_code == 404


# --- closing --------------------------------------------------------------------------------------------------------


def test_the_owner_closes_a_period_and_nobody_else_does(
    measured: Plan, dung: Any, chi: Any, outsider: Any, client: Client
) -> None:
    url = "/plans/4738/periods/2026-Q3/close/"
    for other in (signed_in(chi), signed_in(outsider)):
        assert other.post(url).status_code == 404
    assert client.post(url).status_code == 302
    assert signed_in(dung).get(url).status_code == 405
    assert not ReportingPeriod.objects.exclude(closed_at=None).exists()
    assert signed_in(dung).post(url).status_code == 302
    assert ReportingPeriod.objects.get(code="2026-Q3").closed_at is not None
    assert "Chưa đến giờ chốt" in text(signed_in(dung).post("/plans/4738/periods/2026-Q4/close/", follow=True))


# --- reports --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_reports_are_for_owner_officer_and_auditor(
    measured: Plan, dung: Any, chi: Any, outsider: Any, binh: Any, an: Any, city: SimpleNamespace, client: Client, kind: str
) -> None:
    url = f"/plans/4738/reports/2026-Q4.{kind}"
    auditor = world.make_user("thu", "Hồ Minh Thu")
    world.grant(auditor, "auditor", city.city)
    for allowed in (dung, chi, outsider, auditor):
        response = signed_in(allowed).get(url)
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
        assert response["Cache-Control"] == "private, no-store"
    for other in (binh, an):
        assert signed_in(other).get(url).status_code == 404
    assert client.get(url).status_code == 302
    assert signed_in(dung).get(f"/plans/4738/reports/2031-Q1.{kind}").status_code == 404
