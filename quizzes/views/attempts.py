from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quizzes import actions, queries, responses
from quizzes.evidence_pdf import evidence_pdf
from quizzes.evidence_sheet import evidence_sheet
from quizzes.forms import AnswerForm
from quizzes.kinds.by_hand import ESSAY_LIMIT, MOST_FILES
from quizzes.media import type_of
from quizzes.models import AnswerFile, AnswerStep, Attempt, AttemptState, Media, QuizPage, Slot
from quizzes.review import Item
from quizzes.templatetags.quizzes import clock

REVIEW = "xem-lai"
DRAFT = "quiz_draft"
_FIELD = re.compile(r"answer|certainty|files|check|(pair|place|mark)-\d{1,2}|gap-[A-Za-z0-9]{1,10}")
# A text and what is too long of it, to be refused in words.
_LONG = ESSAY_LIMIT + 1


@require_POST
def start(request: HttpRequest, page_id: int) -> HttpResponse:
    quiz = get_object_or_404(QuizPage.objects.live().public(), pk=page_id)
    if not request.user.is_authenticated:
        return redirect_to_login(quiz.get_url(request))
    try:
        attempt = actions.begin(
            learner=request.user, quiz=quiz, now=timezone.now(), password=request.POST.get("password", "")[:60]
        )
    except actions.WrongPassword:
        messages.error(request, _("Mật khẩu chưa đúng. Bạn hỏi lại người coi thi."))
    except actions.NoAttemptsLeft:
        messages.error(request, _("Bạn đã dùng hết số lượt làm. Nếu cần thêm lượt, bạn báo người phụ trách khóa học."))
    except actions.NotNow:
        messages.warning(request, _("Chưa bắt đầu được lúc này. Trang này nói rõ khi nào làm được."))
    except actions.QuizNotReady:
        messages.error(request, _("Bài kiểm tra này chưa mở. Bạn quay lại sau ít lâu, phần đã học vẫn được giữ."))
    else:
        return HttpResponseRedirect(reverse("quizzes:attempt", args=[attempt.pk]))
    return HttpResponseRedirect(quiz.get_url(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """The question asked for by ?cau=, the review before handing in, or the result; POST keeps an answer."""
    if not request.user.is_authenticated:
        return _log_in_first(request, attempt_id)
    if request.method == "POST":
        return _answer(request, attempt_id)
    found = get_object_or_404(queries.attempts_of(request.user), pk=attempt_id)
    if found.state != AttemptState.IN_PROGRESS:
        page = "submitted" if found.state == AttemptState.SUBMITTED else "result"
        return render(request, f"quizzes/{page}.html", {"result": queries.result(found, timezone.now())})
    draft = _draft(request, attempt_id)
    screen = queries.screen(attempt=found, now=timezone.now(), drafts=draft)
    if screen.over:
        return render(request, "quizzes/over.html", {"screen": screen})
    place = str(found.reached) if found.one_by_one else request.GET.get("cau", "")
    if screen.through or place == REVIEW:
        return render(request, "quizzes/review.html", {"screen": screen, "unsaved": next(iter(draft), None)})
    if not (place.isascii() and place.isdigit() and 1 <= int(place) <= screen.total):
        return _to(attempt_id, next(iter(draft), None) or screen.first_open or REVIEW)
    return _question(request, screen, int(place), draft=int(place) in draft)


@never_cache
@require_POST
def save(request: HttpRequest, attempt_id: uuid.UUID) -> JsonResponse:
    """Keep one answer, for quiz.js. {"position", "sequence", "flagged", "fields": {name: [value]}} → when it was kept."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "login", "login": _login_url(attempt_id)}, status=401)
    try:
        step, slot = _keep(request, attempt_id, _json(request))
    except responses.ResponseError as error:
        return JsonResponse({"error": "invalid", "message": str(error)}, status=422)
    except actions.Conflict as error:
        return JsonResponse({"error": "conflict", "sequence": error.step.sequence, "answer": _in_words(error.step)}, status=409)
    except actions.Closed:
        return JsonResponse({"error": "closed"}, status=409)
    deadline = slot.attempt.deadline
    return JsonResponse({
        "sequence": step.sequence if step else 0,
        "saved_at": clock(step.saved_at if step else timezone.now()),
        "seconds_left": max(0, int((deadline - timezone.now()).total_seconds())) if deadline else None,
    })  # fmt: skip


@never_cache
@require_POST
def upload(request: HttpRequest, attempt_id: uuid.UUID) -> JsonResponse:
    """Keep one file for a question, for upload.js: → its id and the name it is shown under. An answer names it afterwards."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "login", "login": _login_url(attempt_id)}, status=401)
    mine = get_object_or_404(Attempt.objects.visible_to(request.user), pk=attempt_id)
    form, sent = AnswerForm(request.POST), request.FILES.get("upload")
    if not form.is_valid() or sent is None:
        return JsonResponse({"error": "invalid", "message": _("Tệp này chưa gửi xong. Bạn gửi lại tệp.")}, status=422)
    try:
        kept = _keep_file(mine, form.cleaned_data["position"], sent)
    except Slot.DoesNotExist as error:
        raise Http404 from error
    except responses.ResponseError as error:
        return JsonResponse({"error": "invalid", "message": str(error)}, status=422)
    except actions.Closed:
        return JsonResponse({"error": "closed"}, status=409)
    return JsonResponse({"id": str(kept.pk), "name": kept.name, "size": filesizeformat(kept.size)})


@never_cache
@require_safe
def answer_file(request: HttpRequest, file_id: uuid.UUID) -> FileResponse:
    """To save, never shown within the site: nobody knows what is in it (security V13, V42)."""
    found = get_object_or_404(AnswerFile.objects.readable_by(request.user), pk=file_id)
    reply = FileResponse(found.file.open(), as_attachment=True, filename=found.name, content_type="application/octet-stream")
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return reply


@require_POST
def go_on(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """From a question that was marked on the spot to the next one."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("quizzes:attempt", args=[attempt_id]))
    return _step(request, attempt_id, actions.go_on)


@require_POST
def finish(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("quizzes:attempt", args=[attempt_id]))
    found = get_object_or_404(Attempt.objects.visible_to(request.user), pk=attempt_id)
    act = actions.time_up if "time_up" in request.POST else actions.finish_attempt
    act(attempt=found, now=timezone.now())
    request.session.pop(DRAFT, None)
    return _to(attempt_id)


@never_cache
@require_safe
def evidence(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """What was asked, answered and counted, on paper for a complaint: once the right answers may be told."""
    if not request.user.is_authenticated:
        return _log_in_first(request, attempt_id)
    found = get_object_or_404(queries.attempts_of(request.user), pk=attempt_id)
    if found.state == AttemptState.IN_PROGRESS or Item.KEYS not in queries.items_shown(found, timezone.now()):
        messages.info(request, _("Phiếu chứng cứ có đáp án, nên chỉ in được khi bạn đã đạt hoặc đã hết lượt."))
        return _to(attempt_id)
    sheet = evidence_pdf(evidence_sheet(found, timezone.now()))
    name = f"phieu-chung-cu-{found.number}.pdf"
    return HttpResponse(sheet, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """A picture or a sound of a question. The name is what is in it, so it may be kept for good, by this browser alone."""
    found = get_object_or_404(Media.objects.visible_to(request.user), name=name)
    reply = FileResponse(found.file.open(), content_type=type_of(name))
    reply["Cache-Control"] = "private, max-age=31536000, immutable"
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return reply


def _answer(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """An answer from the form, without JavaScript; then on to where the pressed button leads."""
    fields = _fields(dict(request.POST.lists()))
    try:
        _keep(request, attempt_id, {**request.POST.dict(), "fields": fields}, request.FILES.getlist("upload"))
    except responses.ResponseError as error:
        return _again(request, attempt_id, fields, problem=str(error), status=422)
    except actions.Conflict as error:
        return _again(request, attempt_id, fields, other=_in_words(error.step), status=409)
    except actions.Closed:
        messages.warning(request, _("Câu vừa rồi gửi đến sau khi hết giờ hoặc sau khi nộp bài, nên không được tính."))
        return _to(attempt_id)
    if request.session.get(DRAFT, {}).get("attempt") == str(attempt_id):
        del request.session[DRAFT]
    go = request.POST.get("go", "")
    if go in {"check", "next"}:
        return _step(request, attempt_id, actions.check_answer if go == "check" else actions.go_on)
    return _to(attempt_id, REVIEW if go == "review" else go if go.isdigit() else None)


def _step(request: HttpRequest, attempt_id: uuid.UUID, act: Callable[..., Any]) -> HttpResponse:
    """Where questions come one by one: have this one marked, or go on to the next."""
    found, form = get_object_or_404(Attempt.objects.visible_to(request.user), pk=attempt_id), AnswerForm(request.POST)
    try:
        act(attempt=found, position=form.cleaned_data["position"] if form.is_valid() else 0, now=timezone.now())
    except (actions.Closed, Slot.DoesNotExist):
        messages.warning(request, _("Chưa sang được câu khác. Bạn xem lại câu đang làm ở đây."))
    return _to(attempt_id)


def _keep(
    request: HttpRequest, attempt_id: uuid.UUID, posted: dict[str, Any], sent: Sequence[UploadedFile] = ()
) -> tuple[AnswerStep | None, Slot]:
    """Raises Http404, ResponseError, Conflict, Closed."""
    form = AnswerForm(posted)
    if not form.is_valid():
        raise responses.ResponseError(_("Câu trả lời gửi lên thiếu thông tin. Bạn tải lại trang rồi chọn lại."))
    position = form.cleaned_data["position"]
    try:
        slot = queries.slot_of(user=request.user, attempt_id=attempt_id, position=position)
    except Slot.DoesNotExist as error:
        raise Http404 from error
    fields = _fields(posted.get("fields"))
    for one in sent[:MOST_FILES]:
        fields["files"] = [*fields.get("files", []), str(_keep_file(slot.attempt, position, one).pk)]
    response = responses.parse(slot.version.kind, slot.version.body, slot.order, fields)
    step = actions.save_answer(
        attempt=slot.attempt, position=position, response=response, now=timezone.now(),
        sequence=form.cleaned_data["sequence"], flagged=form.cleaned_data["flagged"],
        certainty=queries.certainty_of(fields),
    )  # fmt: skip
    return step, slot


def _keep_file(attempt: Attempt, position: int, sent: UploadedFile) -> AnswerFile:
    """Raises ResponseError, Closed, Slot.DoesNotExist."""
    return actions.keep_file(
        attempt=attempt, position=position, name=sent.name or "", file=sent, size=sent.size or 0, now=timezone.now()
    )


def _again(request: HttpRequest, attempt_id: uuid.UUID, fields: dict[str, list[str]], status: int, **extra: Any) -> HttpResponse:
    """The same question with what was typed still in it, and why it was not kept."""
    found = get_object_or_404(queries.attempts_of(request.user), pk=attempt_id)
    form = AnswerForm(request.POST)
    if found.state != AttemptState.IN_PROGRESS or not form.is_valid():
        return _to(attempt_id)
    position = form.cleaned_data["position"]
    screen = queries.screen(attempt=found, now=timezone.now(), drafts={position: fields})
    return _question(request, screen, position, status=status, **extra)


def _question(request: HttpRequest, screen: queries.Screen, position: int, status: int = 200, **extra: Any) -> HttpResponse:
    context = {"screen": screen, "here": screen.at(position), "login_url": _login_url(screen.attempt.pk), **extra}
    return render(request, "quizzes/attempt.html", context, status=status)


# --- an answer posted after the session ended ------------------------------------------------------------------------


def _log_in_first(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """To the login page and back. A posted answer waits in the session, which logging in keeps; it is then shown in
    its question again, only to whom the attempt belongs."""
    form = AnswerForm(request.POST)
    if request.method == "POST" and form.is_valid() and Attempt.objects.open().filter(pk=attempt_id).exists():
        request.session[DRAFT] = {
            "attempt": str(attempt_id),
            "position": form.cleaned_data["position"],
            "fields": _fields(dict(request.POST.lists())),
        }
    return HttpResponseRedirect(_login_url(attempt_id))


def _draft(request: HttpRequest, attempt_id: uuid.UUID) -> dict[int, dict[str, list[str]]]:
    kept = request.session.get(DRAFT)
    return {kept["position"]: kept["fields"]} if kept and kept["attempt"] == str(attempt_id) else {}


# --- small translations ----------------------------------------------------------------------------------------------


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.body) if request.content_type == "application/json" else None
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def _fields(posted: Any) -> dict[str, list[str]]:
    """Only the fields of an answer, each short but one text, so that nobody fills a session or a question with a book."""
    if not isinstance(posted, dict):
        return {}
    return {
        name: [str(value)[: _LONG if len(values) == 1 and name == "answer" else 500] for value in values[:30]]
        for name, values in posted.items()
        if _FIELD.fullmatch(name) and isinstance(values, list)
    }


def _in_words(step: AnswerStep) -> list[str]:
    return responses.summarise(step.slot.version.kind, step.slot.version.body, step.response)


def _login_url(attempt_id: uuid.UUID) -> str:
    return f"{reverse('account_login')}?{urlencode({'next': reverse('quizzes:attempt', args=[attempt_id])})}"


def _to(attempt_id: uuid.UUID, place: int | str | None = None) -> HttpResponseRedirect:
    url = reverse("quizzes:attempt", args=[attempt_id])
    return HttpResponseRedirect(f"{url}?cau={place}" if place else url)
