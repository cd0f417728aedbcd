"""The trainer's side of a session: the screen with the code, the list, papers, people at the door, the minutes."""

from __future__ import annotations

import uuid

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, checkin, queries
from classes.evidence import PaperRefused
from classes.forms import PaperFileForm, PaperForm, RemarksForm, WalkInForm
from classes.minutes_pdf import draw
from classes.models import ClassSession, Knock, SessionPaper
from classes.views.access import class_session, document, note_reading
from classes.views.members import show_slips
from people.models import ReadingKind


@login_required
@never_cache
@require_GET
def screen(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """For the wall: the QR code and the code to type, new every 45 seconds. `?part=1` is the changing part alone."""
    session, now = class_session(request, pk, number), timezone.now()
    context = {"class": session.training_class, "session": session, "open": session.takes_check_in(now)}
    if context["open"]:
        link = request.build_absolute_uri(reverse("classes:scanned", args=[checkin.token(session.pk, now)]))
        drawn = segno.make(link, error="l", micro=False).svg_inline(omitsize=True, border=3, dark="#000", light="#fff")
        context |= {
            "qr": mark_safe(drawn),  # noqa: S308
            "code": checkin.code(session.pk, now), "left": checkin.seconds_left(now),
            "present": queries.present_count(session), "page": request.build_absolute_uri(reverse("classes:here")),
        }  # fmt: skip
    return render(request, "classes/_screen.html" if "part" in request.GET else "classes/screen.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def roll(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """The list to tick."""
    session = class_session(request, pk, number)
    if request.method == "POST" and _save(request, session):
        return redirect("classes:roll", pk, number)
    sheet = queries.sheet(session)
    note_reading(request, ReadingKind.CLASS, people=len(sheet.rows), group=pk)
    context = {
        "class": session.training_class, "session": session, "sheet": sheet, "words": queries.mark_words(),
        "now": timezone.now(), "file_form": PaperFileForm(), "walk_in": WalkInForm(),
        "remarks": RemarksForm(initial={"remarks": session.remarks}), "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "classes/roll.html", context)


def _save(request: HttpRequest, session: ClassSession) -> bool:
    marks = {int(number): "present" for number in request.POST.getlist("here") if number.isdigit()}
    for name, value in request.POST.items():
        if name.startswith("mark-") and name[5:].isdigit() and value in queries.mark_words():
            marks[int(name[5:])] = value
    told = {"by": request.user, "now": timezone.now(), "reason": request.POST.get("reason", "")}
    try:
        changed = actions.mark(session=session, marks=marks, **told)
        if "rest" in request.POST:
            changed += actions.mark_rest_absent(session=session, by=request.user, now=told["now"])
    except actions.NeedsReason:
        messages.error(request, _("Buổi học đã qua: sửa dấu đã ghi thì phải nói vì sao. Chưa lưu gì."))
        return False
    except actions.ClassClosed:
        messages.error(request, _("Buổi này đã hủy hoặc lớp đã lưu kho nên không sửa được."))
        return True
    messages.success(request, _("Đã lưu %(count)s dấu điểm danh.") % {"count": changed})
    return True


@login_required
@never_cache
@require_POST
def walk_in(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Somebody without a phone. A new account's slip is shown once."""
    session, form = class_session(request, pk, number), WalkInForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Hãy gõ họ và tên người mới đến."))
        return redirect("classes:roll", pk, number)
    try:
        made = actions.walk_in(session=session, name=form.cleaned_data["name"], by=request.user, now=timezone.now())
    except (actions.ClassClosed, actions.ClassFull, actions.ListChanged, LookupError) as error:
        messages.error(request, _refused(error))
        return redirect("classes:roll", pk, number)
    messages.success(request, _("%(name)s có mặt.") % {"name": made.member.shown_as})
    return show_slips(request, session.training_class, (made.slip,)) if made.slip else redirect("classes:roll", pk, number)


def _refused(error: Exception) -> str:
    if isinstance(error, actions.ClassFull):
        return _("Lớp đã đủ người. Hãy tăng sĩ số tối đa rồi thêm lại.")
    if isinstance(error, actions.ClassClosed):
        return _("Lớp đã đóng nên không nhận thêm người.")
    return _("Không đọc được họ tên này. Hãy gõ họ và tên, không kèm số.")


@login_required
@require_POST
def door(request: HttpRequest, pk: uuid.UUID, number: int, knock: int) -> HttpResponse:
    session = class_session(request, pk, number)
    one = get_object_or_404(Knock.objects.filter(session=session).select_related("learner"), pk=knock)
    one.session, accept = session, "accept" in request.POST
    try:
        actions.answer_knock(knock=one, accept=accept, by=request.user, now=timezone.now())
    except (actions.ClassClosed, actions.ClassFull) as error:
        messages.error(request, _refused(error))
    else:
        told = _("Đã nhận %(name)s vào lớp, có mặt.") if accept else _("Không nhận %(name)s.")
        messages.success(request, told % {"name": one.learner.full_name})
    return redirect("classes:roll", pk, number)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """A signed list, typed off or pasted: first what was understood, then the deed."""
    session, form = class_session(request, pk, number), PaperForm(request.POST or None)
    context = {"class": session.training_class, "session": session, "form": form}
    if request.method == "POST" and form.is_valid():
        if "confirm" in request.POST:
            done = _import(request, session, form)
            if done:
                return done
        context["plan"] = queries.paper_plan(session, form.cleaned_data["names"])
    return render(request, "classes/paper.html", context)


def _import(request: HttpRequest, session: ClassSession, form: PaperForm) -> HttpResponse | None:
    wanted = {"text": form.cleaned_data["names"], "add_unknown": form.cleaned_data["add_unknown"]}
    try:
        changed, slips = actions.import_paper(session=session, by=request.user, now=timezone.now(), **wanted)
    except (actions.ClassClosed, actions.ClassFull, actions.ListChanged) as error:
        form.add_error(None, _refused(error))
        return None
    messages.success(request, _("Đã ghi %(count)s người có mặt theo danh sách ký tay.") % {"count": changed})
    if slips:
        return show_slips(request, session.training_class, slips)
    return redirect("classes:roll", session.training_class_id, session.number)


@login_required
@require_POST
def attach(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    session, form = class_session(request, pk, number), PaperFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            actions.attach_paper(session=session, file=file, size=file.size, by=request.user, now=timezone.now())
            messages.success(request, _("Đã lưu ảnh danh sách làm minh chứng."))
        except PaperRefused as error:
            messages.error(request, str(error))
        except actions.ClassClosed:
            messages.error(request, _("Lớp đã lưu kho nên chỉ xem được."))
    else:
        messages.error(request, _("Chưa có tệp nào. Hãy chọn ảnh hoặc PDF rồi gửi lại."))
    return redirect("classes:roll", pk, number)


@login_required
@require_GET
def attached(request: HttpRequest, pk: uuid.UUID, number: int, paper: uuid.UUID) -> HttpResponse | FileResponse:
    session = class_session(request, pk, number)
    one = get_object_or_404(SessionPaper.objects.filter(session=session), pk=paper)
    try:
        body = one.file.open("rb").read()
    except OSError:
        raise Http404 from None
    return document(body, "application/pdf" if one.extension == "pdf" else "image/jpeg", f"ky-tay-buoi-{number}.{one.extension}")


@login_required
@require_POST
def remarks(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    session, form = class_session(request, pk, number), RemarksForm(request.POST)
    if form.is_valid():
        try:
            actions.write_remarks(session=session, remarks=form.cleaned_data["remarks"])
            messages.success(request, _("Đã lưu ghi nhận cho biên bản."))
        except actions.ClassClosed:
            messages.error(request, _("Lớp đã lưu kho nên chỉ xem được."))
    else:
        messages.error(request, _("Ghi nhận dài quá 2.000 chữ. Hãy rút gọn rồi lưu lại."))
    return redirect("classes:roll", pk, number)


@login_required
@require_GET
def minutes(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    session = class_session(request, pk, number)
    parent, sheet = session.training_class.organisation.get_parent(), queries.sheet(session)
    note_reading(request, ReadingKind.CLASS_FILE, people=len(sheet.rows), group=pk)
    body = draw(
        sheet, parent=parent.name if parent else "", made_at=timezone.now(), made_by=request.user.full_name
    )
    return document(body, "application/pdf", f"bien-ban-{session.training_class.name}-buoi-{number}.pdf")
