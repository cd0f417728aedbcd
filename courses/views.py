"""What a reader sends from a course or lesson page. The pages themselves are Wagtail's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST
from wagtail.views import serve as wagtail_serve

from courses import actions, guests, queries
from courses.ideas import place_of
from courses.models import CoursePage, Enrolment, LessonPage
from courses.templatetags.courses import idea_address, lesson_ideas, lesson_parts, shown_question

View = Callable[..., HttpResponse]


def from_this_site(view: View) -> View:
    """Django's CSRF token for who is signed in; the Origin header for guests.

    A token in a guest's page would make every public page private. A guest's post touches only her own session.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return protected(request, *args, **kwargs)
        source = request.headers.get("Origin") or request.headers.get("Referer") or ""
        if source and urlsplit(source).netloc != request.get_host():
            return HttpResponseForbidden()
        return view(request, *args, **kwargs)

    return guarded


@require_GET
def page(request: HttpRequest, path: str) -> HttpResponse:
    """A page of the catalogue, found by its address in one step; what is not known goes Wagtail's way.

    Wagtail walks down from the root with two queries a step, which is most of what a lesson costs.
    """
    kept = queries.catalogue()
    request.known_outlines = kept.courses  # type: ignore[attr-defined]
    found = queries.page_at(request.path, kept)
    return found.serve(request) if found else wagtail_serve(request, f"khoa-hoc/{path}")


def _lesson(page_id: int) -> LessonPage:
    return get_object_or_404(LessonPage.objects.live(), pk=page_id)


def _enrolment(request: HttpRequest, lesson: LessonPage) -> Enrolment | None:
    """The learner's enrolment, made at the first thing she does: reading alone enrols nobody."""
    if not request.user.is_authenticated:
        return None
    course = CoursePage.objects.get(pk=lesson.get_parent().pk)
    kept = queries.enrolment_in(request.user, course.pk)
    return kept or actions.enrol(learner=request.user, course=course, now=timezone.now())


@from_this_site
@require_POST
def answer(request: HttpRequest, page_id: int) -> HttpResponse:
    """Feedback on a question of a lesson: a piece of page for the script, else back to the question."""
    lesson = _lesson(page_id)
    name = request.POST.get("question", "")
    chosen = [int(value) for value in request.POST.getlist("chosen") if value.isdecimal() and len(value) < 3]
    question = next((part["question"] for part in lesson_parts(lesson) if part.get("question", {}).get("name") == name), None)
    if question is None:
        return HttpResponse(status=404)
    if chosen:
        keep_answer(request, lesson, name, chosen)
    if request.headers.get("X-Requested-With") == "fetch":
        context = {"question": shown_question(question, chosen), "page": lesson, "unanswered": not chosen}
        context["y"] = place_of(lesson_ideas(lesson), name) if "y" in request.POST else None
        return render(request, "courses/question.html", context)
    if not chosen:
        messages.warning(request, _("Bạn chưa chọn phương án nào. Hãy chọn rồi bấm Trả lời."))
    return redirect(_at_question(request, lesson, name))


def _at_question(request: HttpRequest, lesson: LessonPage, name: str) -> str:
    """Where a question stands. The forms of the simple view post `y`; there it is on a screen of its own."""
    screen = f"?y={place_of(lesson_ideas(lesson), name)}" if "y" in request.POST else ""
    return f"{lesson.get_url(request)}{screen}#{name}"


def keep_answer(request: HttpRequest, lesson: LessonPage, name: str, chosen: list[int]) -> None:
    enrolment = _enrolment(request, lesson)
    if enrolment is None:
        kept = request.session.setdefault(guests.SESSION_KEY, {})
        course = lesson.get_parent()
        guests.answer(kept, str(course.translation_key), str(lesson.translation_key), name, chosen)
        request.session.modified = True
        return
    with suppress(actions.NotInOutline):  # unpublished between the page and the answer
        actions.answer_practice(enrolment=enrolment, lesson=lesson, question=name, chosen=chosen, now=timezone.now())


@from_this_site
@require_POST
def opened(request: HttpRequest, page_id: int) -> HttpResponse:
    """The page's script says that the lesson was opened: where to resume."""
    lesson = _lesson(page_id)
    enrolment = queries.enrolment_in(request.user, lesson.get_parent().pk) if request.user.is_authenticated else None
    if enrolment and enrolment.completed_at is None:
        with suppress(actions.NotInOutline):
            actions.open_part(enrolment=enrolment, part=lesson.translation_key, now=timezone.now())
    return JsonResponse({"opened": True})


@from_this_site
@require_POST
def done(request: HttpRequest, page_id: int) -> HttpResponse:
    """"I have finished this lesson": on to the next part, or back to what is still missing."""
    lesson = _lesson(page_id)
    course = lesson.get_parent()
    try:
        completed = finish(request, lesson)
    except actions.StillMissing as missing:
        messages.warning(request, _("Còn câu hỏi chưa trả lời trong bài. Trả lời đúng hay sai đều được, miễn là bạn đã thử."))
        return redirect(_at_question(request, lesson, missing.questions[0]))
    if completed:
        return redirect("learn")
    if "y" in request.POST:  # the simple view says on its last screen that the lesson is done, and leads on from there
        ideas = lesson_ideas(lesson)
        return redirect(f"{lesson.get_url(request)}{idea_address(ideas, len(ideas))}")
    outline = queries.outlines().get(course.pk)
    following = outline.after(lesson.translation_key) if outline else None
    return redirect(following.url if following else course.get_url(request))


def finish(request: HttpRequest, lesson: LessonPage) -> bool:
    enrolment = _enrolment(request, lesson)
    if enrolment:
        try:
            return actions.complete_lesson(enrolment=enrolment, lesson=lesson, now=timezone.now())
        except actions.NotInOutline:
            return False
    kept = request.session.setdefault(guests.SESSION_KEY, {})
    key = str(lesson.get_parent().translation_key)
    answered = guests.course_of(kept, key)["answers"].get(str(lesson.translation_key), {})
    missing = [name for name in lesson.question_names() if name not in answered]
    if missing:
        raise actions.StillMissing(missing)
    guests.finish_lesson(kept, key, str(lesson.translation_key))
    request.session.modified = True
    return False


@login_required
@require_POST
def enrol(request: HttpRequest, page_id: int) -> HttpResponse:
    course = get_object_or_404(CoursePage.objects.live(), pk=page_id)
    try:
        enrolment = actions.enrol(learner=request.user, course=course, now=timezone.now())
    except actions.CourseNotOpen:
        messages.error(request, _("Khóa học này đang được soạn, chưa có bài nào mở. Bạn quay lại sau nhé."))
        return redirect(course.get_url(request))
    following = queries.standing(enrolment).next
    return redirect(following.url if following else course.get_url(request))


@login_required
@require_POST
def withdraw(request: HttpRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    enrolment = get_object_or_404(Enrolment.objects.select_related("course", "learner"), pk=enrolment_id, learner=request.user)
    actions.withdraw(enrolment=enrolment, now=timezone.now())
    told = _("Bạn đã rời khóa “%(title)s”. Muốn học lại thì mở khóa và bấm Vào học.") % {"title": enrolment.course.title}
    messages.success(request, told)
    return redirect("learn")
