"""The consent of guardians in a class: printed, recorded in bulk, asked by letter; for the teacher's own class alone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from classes import queries
from people.models import Consent, GuardianQuestion, User
from people.tasks import ask_guardians
from tests.classes.conftest import add, open_class

pytestmark = pytest.mark.django_db


@pytest.fixture
def klass(binh: Any, city: Any, now: Any) -> Any:
    made = open_class(binh, city.school, now)
    add(made, "Lê Gia Hân\nTrần Bảo Ngọc\nPhạm Minh Khôi", now)
    User.objects.filter(class_memberships__training_class=made).update(birth_year=timezone.localdate().year - 12)
    return made


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_papers_name_each_child_and_say_the_same_as_the_screen(klass: Any, binh: Any) -> None:
    answer = as_(binh).get(f"/classes/{klass.pk}/consents/forms.pdf")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 3
    words = " ".join(pages[1].extract_text().split())
    assert "Trần Bảo Ngọc" in words and "Không dùng để quảng cáo" in words and "Tôi không đồng ý" in words and "Bản 2" in words
    assert len(PdfReader(io.BytesIO(as_(binh).get(f"/classes/{klass.pk}/consents/forms.pdf?number=2").content)).pages) == 1


def test_a_pile_is_recorded_and_a_withdrawal_too(klass: Any, binh: Any) -> None:
    client, where = as_(binh), f"/classes/{klass.pk}/consents/"
    today = timezone.localdate()
    assert client.post(where, {"step": "papers", "signed_on": str(today)}).status_code == 200, "nobody chosen"
    late = {"step": "papers", "paper": ["1"], "signed_on": str(today.replace(year=today.year + 1))}
    assert client.post(where, late).status_code == 200 and not Consent.objects.exists()
    assert client.post(where, {"step": "papers", "paper": ["1", "2", "99", "x"], "signed_on": str(today)}).status_code == 302
    kept = Consent.objects.filter(purpose="guardian")
    assert [(one.channel, one.seen_by_id, one.signed_on) for one in kept] == [("paper", binh.pk, today)] * 2
    page = client.get(where).content.decode()
    assert "2 trên 3 em" in page and "đã xem" in page
    client.post(where, {"step": "withdraw-1"})
    assert kept.filter(withdrawn_at=None).count() == 1
    client.post(where, {"step": "papers", "all": "on", "signed_on": str(today)})
    assert kept.filter(withdrawn_at=None).count() == 3


def test_letters_go_to_guardians_and_a_refusal_shuts_nothing(klass: Any, binh: Any) -> None:
    client, where = as_(binh), f"/classes/{klass.pk}/consents/"
    assert client.post(where, {"step": "letters", "address-1": "khong-phai"}).status_code == 200
    assert not GuardianQuestion.objects.exists()
    asked = {"step": "letters", "address-1": "me@example.com", "address-77": "x@example.com"}
    assert client.post(where, asked).status_code == 302
    assert ask_guardians() == 1 and "nhà trường hỏi ý kiến bạn" in mail.outbox[0].body
    question = GuardianQuestion.objects.select_related("child").get()
    assert not question.holds_account and question.child.is_active
    path = mail.outbox[0].body.split("/account/guardian/")[1].split()[0]
    Client().post(f"/account/guardian/{path}", {"answer": "refuse"})
    question.child.refresh_from_db()
    assert question.child.is_active
    page = client.get(where).content.decode()
    assert "Không đồng ý" in page and "me@example.com" not in page


def test_the_outsider_finds_nothing(klass: Any, outsider: Any, chi: Any, an: Any) -> None:
    for user in (outsider, chi, an):
        for where in ("consents/", "consents/forms.pdf"):
            assert as_(user).get(f"/classes/{klass.pk}/{where}").status_code in {302, 404}
        assert as_(user).post(f"/classes/{klass.pk}/consents/", {"step": "papers", "paper": "1"}).status_code in {302, 404}
    assert not Consent.objects.exists()


@pytest.mark.parametrize("count", [3, 30])
def test_as_many_queries_for_30_pupils_as_for_3(
    count: int, klass: Any, now: Any, django_assert_num_queries: Any
) -> None:
    if count > 3:
        add(klass, "\n".join(f"Lê {chr(65 + number)}n" for number in range(count - 3)), now, keep_namesakes=True)
    User.objects.filter(class_memberships__training_class=klass).update(birth_year=timezone.localdate().year - 12)
    with django_assert_num_queries(3):
        assert len(queries.guardian_rows(klass, timezone.localdate())) == count
