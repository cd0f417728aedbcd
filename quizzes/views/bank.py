"""The bank of questions for those who write it: find, look at, take in from files, give out as files."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.queries import role_kinds
from quizzes import actions, queries
from quizzes.files import BankError
from quizzes.formats import workbook
from quizzes.formats.items import Unreadable
from quizzes.formats.registry import WRITERS
from quizzes.forms import QuestionFileForm
from quizzes.item_figures import quiz_figures
from quizzes.models import EDITING, Category, Question, QuestionFile, QuizPage

_SUFFIX = {"gift": "gift.txt", "moodlexml": "xml", "qti": "zip", "xlsx": "xlsx"}


def _editors_only(request: HttpRequest) -> None:
    if set(EDITING).isdisjoint(role_kinds(request.user)):  # type: ignore[arg-type]
        raise Http404


@login_required
@never_cache
@require_safe
def bank(request: HttpRequest) -> HttpResponse:
    _editors_only(request)
    found = queries.bank_list(request.user, queries.Wanted.of(request.GET.dict()), request.GET.get("page", 1))
    return render(request, "quizzes/bank/list.html", {"bank": found, "page": found.page, "formats": WRITERS})


def _question(request: HttpRequest, code: str) -> Question:
    _editors_only(request)
    mine = Question.objects.filter(category__in=Category.objects.visible_to(request.user)).select_related("category")
    return get_object_or_404(mine, code=code)


@login_required
@never_cache
@require_safe
def question(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "quizzes/bank/question.html", {"sheet": queries.question_sheet(_question(request, code))})


@login_required
@require_POST
def retire(request: HttpRequest, code: str) -> HttpResponse:
    found, back = _question(request, code), "back" in request.POST
    changed = actions.retire(codes=[found.code], by=request.user, now=timezone.now(), back=back)  # type: ignore[arg-type]
    if changed:
        messages.success(request, _("Đã dùng lại câu này.") if back else _("Đã ngừng dùng. Lượt đang làm không đổi."))
    elif found.category.in_files:
        messages.warning(request, _("Câu này do tệp quiz.yaml của khóa học giữ; sửa ở tệp đó."))
    return redirect("quizzes:bank_question", code)


@login_required
@never_cache
@require_safe
def figures(request: HttpRequest, page_id: int) -> HttpResponse:
    """How the questions of a quiz did. Of a quiz whose bank she may see."""
    _editors_only(request)
    mine = QuizPage.objects.filter(category__in=Category.objects.visible_to(request.user))
    quiz = get_object_or_404(mine, pk=page_id)
    found = quiz_figures(quiz)
    known = Question.objects.in_bulk([one.question for one in found.questions])
    latest = {one.question_id: one for one in queries.latest().filter(question__in=known)}
    rows = [(known[one.question], latest.get(one.question), one) for one in found.questions]
    rows.sort(key=lambda row: (not row[2].suspicions, row[0].code))
    return render(request, "quizzes/bank/figures.html", {"quiz": quiz, "found": found, "rows": rows})


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """A category with what is inside it, as a file of another system. The keys are in it."""
    _editors_only(request)
    kind, code = request.GET.get("format", ""), request.GET.get("category", "")
    if kind not in WRITERS or not code:
        messages.info(request, _("Chọn một chủ đề rồi chọn dạng tệp muốn tải."))
        return redirect("quizzes:bank")
    category = get_object_or_404(Category.objects.visible_to(request.user), code=code)
    found = queries.bank_file(category)
    return _file(WRITERS[kind](found.items, found.media), f"{category.code}.{_SUFFIX[kind]}")


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The table to be filled in."""
    _editors_only(request)
    return _file(workbook.template(), "mau-cau-hoi.xlsx")


def _file(content: bytes, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment", "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


# --- taking in -------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    _editors_only(request)
    first = {"key": uuid.uuid4(), "path": request.GET.get("category", "")}
    form = QuestionFileForm(request.POST or None, request.FILES or None, initial=first)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            kept = actions.keep_question_file(
                key=wanted["key"], name=wanted["file"].name, data=wanted["file"].read(), path=wanted["path"],
                by=request.user, now=timezone.now(),  # type: ignore[arg-type]
            )  # fmt: skip
            return redirect("quizzes:bank_file", kept.pk)
        except Unreadable as error:
            form.add_error("file", str(error))
        except actions.NotYourBank:
            form.add_error("path", _("Bạn không soạn được chủ đề này. Chọn một chủ đề của đơn vị bạn."))
    mine = queries.shelves(Category.objects.visible_to(request.user))
    return render(request, "quizzes/bank/send.html", {"form": form, "shelves": mine})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sent_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What is in a file and what would become of it; POST takes it in."""
    _editors_only(request)
    file = get_object_or_404(QuestionFile.objects.filter(sent_by=request.user), pk=pk)
    try:
        if request.method == "POST":
            return _take_in(request, file)
        reading, outcome = actions.look_at(file, now=timezone.now())
    except (Unreadable, BankError, actions.NotYourBank) as error:
        messages.error(request, str(error) or _("Không nhập được tệp này."))
        return redirect("quizzes:bank_send")
    rows = queries.foreseen(reading.items, outcome)
    return render(request, "quizzes/bank/file.html", {"file": file, "reading": reading, "outcome": outcome, "rows": rows})


def _take_in(request: HttpRequest, file: QuestionFile) -> HttpResponse:
    done = actions.take_in(file=file, by=request.user, now=timezone.now(), whole="whole" in request.POST)  # type: ignore[arg-type]
    if done and not done.imported and done.refusals:
        messages.warning(request, _("Chưa nhập câu nào, vì có câu bị từ chối."))
        return redirect("quizzes:bank_file", file.pk)
    if done:
        told: dict[str, Any] = {"n": done.imported, "new": len(done.new), "changed": len(done.changed)}
        words = ngettext(
            "Đã nhập %(n)s câu: %(new)s mới, %(changed)s có bản mới.", "Đã nhập %(n)s câu: %(new)s mới, %(changed)s có bản mới.",
            done.imported,
        )  # fmt: skip
        messages.success(request, words % told)
    return redirect("quizzes:bank")
