"""The pages for when something went wrong: calm, and drawn even when much is broken."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation

from lms.urls import urlpatterns as site

pytestmark = pytest.mark.django_db


def _raises(error: Exception) -> Any:
    def view(request: Any) -> None:
        raise error

    return view


urlpatterns = [
    path("boom/", _raises(RuntimeError("secret detail"))),
    path("closed/", _raises(PermissionDenied("secret detail"))),
    path("odd/", _raises(SuspiciousOperation("secret detail"))),
    *site,
]


@pytest.mark.parametrize(
    ("where", "status", "words"),
    [
        ("/boom/", 500, "sự cố"),
        ("/closed/", 403, "dành cho người khác"),
        ("/odd/", 400, "không hiểu"),
        ("/khong-co/", 404, "Không thấy trang này"),
    ],
)
@override_settings(ROOT_URLCONF="tests.people.test_error_pages")
def test_each_error_has_its_calm_page(where: str, status: int, words: str) -> None:
    answer = Client(raise_request_exception=False).get(where)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "secret detail" not in page
    assert "<style" not in page and "<script>" not in page


@override_settings(ROOT_URLCONF="tests.people.test_error_pages")
def test_the_pages_speak_english_to_who_chose_it() -> None:
    client = Client(raise_request_exception=False)
    client.cookies["django_language"] = "en"
    with translation.override("vi"):
        assert '<html lang="en">' in client.get("/boom/").content.decode()


def test_a_foreign_host_gets_a_page_and_not_a_second_error() -> None:
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400


def test_the_500_page_needs_neither_request_nor_database(django_db_blocker: Any) -> None:
    with django_db_blocker.block(), translation.override("vi"):
        assert "sự cố" in render_to_string("500.html")


def post_without_token(**data: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post("/accounts/login/", data, headers={"referer": "http://testserver/accounts/login/"})


def test_an_old_form_is_explained_and_leads_back() -> None:
    answer = post_without_token(login="an", password="mat-khau-thu-1")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'href="http://testserver/accounts/login/"' in page
    assert "chưa được lưu" in page


def test_a_long_text_is_given_back_to_copy_but_no_password_and_nothing_to_send() -> None:
    essay = "Bài em viết về chợ Bà Chiểu <b>rất dài</b>"
    page = post_without_token(essay=essay, password="mot-mat-khau-dai-hon-ba-muoi-ky-tu-nhe").content.decode()
    assert "chợ Bà Chiểu &lt;b&gt;" in page
    assert "mot-mat-khau" not in page
    assert 'method="post" action="/accounts' not in page


def test_the_way_back_never_leads_to_another_site() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/accounts/login/", {}, headers={"referer": "https://evil.example/"}).content.decode()
    assert "evil.example" not in page
