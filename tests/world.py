"""Makes the little world of the tests: a city, people, courses. Plain functions, used by the fixtures and by tests."""

from __future__ import annotations

import datetime as dt
import time
from types import SimpleNamespace
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client
from wagtail.models import Page, Site

from courses.models import CourseIndexPage, CoursePage, LessonPage
from courses.queries import _seen as kept_in_this_process
from pages.models import HomePage
from people.models import Membership, Organisation, Role, StaffCategory, User
from people.text import fold
from quizzes.models import Category, Question, QuestionVersion, QuizPage

LONG_AGO = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def empty_cache() -> None:
    """Forget what this worker of the tests kept.

    On Redis `cache.clear()` would empty the whole database: the other worker's keys in the middle of its test, and
    whatever else lives there. Rolled back, a version of the page tree comes again with other pages.
    """
    kept_in_this_process.clear()
    if not settings.REDIS_URL:
        cache.clear()
        return
    client = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
    for key in client.scan_iter(match=f"{cache.key_prefix}:*", count=1000):
        client.unlink(key)


def make_city() -> SimpleNamespace:
    def organisation(parent: Organisation | None, code: str, name: str, kind: str) -> Organisation:
        fields = {"code": code, "name": name, "kind": kind}
        # treebeard keeps counts on the parent object: read it again before adding under it.
        return Organisation.objects.get(pk=parent.pk).add_child(**fields) if parent else Organisation.add_root(**fields)

    city = organisation(None, "UBND-TP", "Ủy ban nhân dân Thành phố", "committee")
    dept = organisation(city, "SNV", "Sở Nội vụ", "department")
    ward = organisation(city, "P-BC", "Ủy ban nhân dân phường Bến Cỏ", "ward")
    clinic = organisation(ward, "TYT-BC", "Trạm y tế phường Bến Cỏ", "clinic")
    other_ward = organisation(city, "P-AK", "Ủy ban nhân dân phường An Khúc", "ward")
    school_office = organisation(city, "SGDDT", "Sở Giáo dục và Đào tạo", "department")
    school = organisation(school_office, "THPT-HX", "Trường THPT Hoa Xoan", "school")
    other_school = organisation(school_office, "THPT-SD", "Trường THPT Sông Dinh", "school")
    return SimpleNamespace(
        city=city, dept=dept, ward=ward, clinic=clinic, other_ward=other_ward,
        school_office=school_office, school=school, other_school=other_school,
    )  # fmt: skip


def make_user(username: str, full_name: str, **fields: Any) -> User:
    return User.objects.create_user(
        username=username, email=f"{username}@example.com", password="mat-khau-thu-1", full_name=full_name,
        name_folded=fold(full_name), **fields,
    )  # fmt: skip


def join(user: User, organisation: Organisation, category: str = StaffCategory.CIVIL_SERVANT) -> Membership:
    return Membership.objects.create(user=user, organisation=organisation, category=category, since=LONG_AGO.date())


def grant(user: User, kind: str, organisation: Organisation) -> Role:
    return Role.objects.create(user=user, kind=kind, organisation=organisation, since=LONG_AGO)


def give_second_factor(user: User) -> None:
    """An authenticator application and recovery codes. Given twice, the first ones stay."""
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)


def log_in_whole(client: Client, user: User, backend: str | None = None) -> None:
    """What `client.force_login` does in these tests: a whole log-in, with the second factor of whoever needs one.

    Only what the log-in itself leaves behind is written, so what is shut to a session without it stays shut. Tests of
    the second factor log in by the page.
    """
    force_login(client, user, backend)
    edits = User.objects.get(pk=user.pk).has_perm("wagtailadmin.access_admin")
    if edits or Role.objects.current().filter(user=user).exists():
        give_second_factor(user)
    request = HttpRequest()
    request.session = client.session
    request.session["sign_in"] = [request.session.session_key, int(time.time())]
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if factor:
        record_authentication(request, user, "mfa", id=factor.pk, type=factor.type)
    request.session.save()


force_login = Client.force_login


def make_teacher(username: str, full_name: str, school: Organisation) -> User:
    user = make_user(username, full_name, audience="giao_vien")
    join(user, school, StaffCategory.PUBLIC_EMPLOYEE)
    grant(user, "teacher", school)
    return user


def make_officer(username: str, full_name: str, organisation: Organisation) -> User:
    user = make_user(username, full_name, audience="cbccvc_nld")
    join(user, organisation)
    grant(user, "officer", organisation)
    return user


def make_owner(username: str, full_name: str, organisation: Organisation) -> User:
    user = make_user(username, full_name, audience="cbccvc_nld")
    join(user, organisation)
    grant(user, "owner", organisation)
    return user


def make_home() -> HomePage:
    found = HomePage.objects.first()
    if found:
        return found
    root = Page.get_first_root_node()
    Page.objects.filter(depth=2).delete()
    root = Page.objects.get(pk=root.pk)
    home = root.add_child(
        instance=HomePage(title="Học AI", slug="home", headline="Hiểu AI trong mười phút.", lead="Khóa học miễn phí.")
    )
    named = {"hostname": "localhost", "root_page": home, "site_name": "Học AI"}
    Site.objects.update_or_create(is_default_site=True, defaults=named)
    Site.clear_site_root_paths_cache()
    return home


def make_catalogue() -> CourseIndexPage:
    found = CourseIndexPage.objects.first()
    return found or make_home().add_child(instance=CourseIndexPage(title="Khóa học", slug="khoa-hoc"))


def make_course(code: str, title: str, *, audience: str = "cong_dan", tier: str = "co_ban", lessons: int = 2) -> SimpleNamespace:
    page = make_catalogue().add_child(
        instance=CoursePage(
            title=title, slug=code.lower(), code=code, audience=audience, tier=tier, summary="Giới thiệu.",
            objective="Mục tiêu.", outcomes="Làm được một việc.",
        )  # fmt: skip
    )
    made = [make_lesson(page, number) for number in range(1, lessons + 1)]
    category = make_bank(code)
    quiz = page.add_child(instance=QuizPage(title="Bài kiểm tra cuối khóa", slug="kiem-tra", category=category, ask=5))
    # Publishing writes the page log, by which caches know that the tree changed.
    page.save_revision().publish()
    return SimpleNamespace(page=CoursePage.objects.get(pk=page.pk), lessons=made, quiz=quiz, category=category)


def make_lesson(course: CoursePage, number: int) -> LessonPage:
    body: list[dict[str, Any]] = [{"type": "text", "value": f"<h2>Máy học từ ví dụ</h2><p>Đạo đức và trí tuệ, bài {number}.</p>"}]
    if number == 1:
        body.append({
            "type": "question",
            "value": {
                "name": "q1", "prompt": "Việc nên làm đầu tiên?", "kind": "single",
                "options": [
                    {"text": "Chuyển tiền", "correct": False, "feedback": "Khó lấy lại."},
                    {"text": "Gọi lại số đã lưu", "correct": True, "feedback": "Chắc nhất."},
                ],
            },
        })  # fmt: skip
    lesson = LessonPage(
        title=f"Bài {number}", slug=f"bai-{number}", minutes=10, objective="Mục tiêu.", promise="Sau bài này, bạn làm được.",
    )  # fmt: skip
    lesson.body = body
    return CoursePage.objects.get(pk=course.pk).add_child(instance=lesson)


def make_bank(code: str) -> Category:
    category = Category.objects.create(code=code, name=f"Ngân hàng {code}")
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("single", {"options": [
            {"id": "a", "text": "Đúng một", "correct": True, "feedback": "Phải."},
            {"id": "b", "text": "Sai một", "correct": False, "feedback": "Chưa."},
            {"id": "c", "text": "Sai hai", "correct": False, "feedback": "Chưa."},
        ]}),
        ("multiple", {"options": [
            {"id": "a", "text": "Đúng một", "correct": True, "feedback": ""},
            {"id": "b", "text": "Đúng hai", "correct": True, "feedback": ""},
            {"id": "c", "text": "Sai một", "correct": False, "feedback": ""},
        ]}),
        ("true_false", {"answer": False, "feedback_true": "Chưa.", "feedback_false": "Phải."}),
        ("short_text", {"accept": ["thiên kiến"]}),
        ("number", {"answer": "7", "tolerance": "0.5", "unit": "câu"}),
        ("matching", {"pairs": [
            {"id": "a", "left": "Chợ", "right": "Rau"}, {"id": "b", "left": "Xe", "right": "Xăng"},
        ], "extra": [{"id": "x1", "text": "Mây"}]}),
        ("ordering", {"items": [{"id": "a", "text": "Một"}, {"id": "b", "text": "Hai"}, {"id": "c", "text": "Ba"}]}),
        ("single", {"options": [
            {"id": "a", "text": "Sai một", "correct": False, "feedback": ""},
            {"id": "b", "text": "Đúng một", "correct": True, "feedback": ""},
        ]}),
    ]  # fmt: skip
    for number, (kind, body) in enumerate(bodies, 1):
        question = Question.objects.create(code=f"{code.lower()}-{number:02}", category=category)
        QuestionVersion.objects.create(
            question=question, number=1, kind=kind, stem=f"Câu {number} hỏi gì?", body=body, created_at=LONG_AGO,
            feedback="Giải thích.", lesson="bai-1",
        )  # fmt: skip
    return category
