"""Being there, from the learner's side: the link of the QR code, the typed code, and one button."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from classes import actions, queries
from classes.forms import CheckInForm
from classes.models import Attendance, ClassSession
from classes.views.access import TRIES, tries_too_many

# Who scanned may take so long to sign in and press the button; the time of the scan counts.
TICKET = dt.timedelta(minutes=10)
_KEY = "scanned_session"


@never_cache
@require_GET
def scanned(request: HttpRequest, token: str) -> HttpResponse:
    """The token is worth something for a minute, so it is judged now and remembered while she signs in."""
    now = timezone.now()
    session = queries.session_by_token(token, now)
    if session:
        request.session[_KEY] = {"session": str(session.pk), "at": now.isoformat()}
    else:
        request.session.pop(_KEY, None)
        messages.error(request, _("Mã này đã hết hạn hoặc buổi học chưa mở điểm danh. Hãy quét mã mới trên màn hình."))
    return redirect("classes:here")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def here(request: HttpRequest) -> HttpResponse:
    """After a scan: which session it is, and the button. Without one: the code to type."""
    now = timezone.now()
    session, at = _ticket(request, now)
    form = CheckInForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and session and "code" not in request.POST:
        return _done(request, session, at, "qr")
    if request.method == "POST" and form.is_valid():
        if tries_too_many("here", request.user.pk, now):
            form.add_error("code", _("Bạn đã thử %(tries)s lần. Hãy nhờ giảng viên điểm danh.") % {"tries": TRIES})
            return render(request, "classes/here.html", {"form": form}, status=429)
        found = queries.session_by_code(form.cleaned_data["code"], now)
        if found:
            return _done(request, found, now, "code")
        form.add_error("code", _("Không có buổi nào đang hiện mã này. Mã đổi mỗi 45 giây; hãy gõ mã đang trên màn hình."))
    return render(request, "classes/here.html", {"form": form, "session": session})


def _ticket(request: HttpRequest, now: dt.datetime) -> tuple[ClassSession | None, dt.datetime]:
    kept = request.session.get(_KEY)
    if not kept:
        return None, now
    at = dt.datetime.fromisoformat(kept["at"])
    return (queries.live_session(kept["session"], at) if now - at <= TICKET else None), at


def _done(request: HttpRequest, session: ClassSession, at: dt.datetime, how: str) -> HttpResponse:
    request.session.pop(_KEY, None)
    try:
        made = actions.check_in(session=session, learner=request.user, at=at, how=how)
    except actions.NotNow:
        messages.error(request, _("Buổi học không còn nhận điểm danh. Hãy báo giảng viên."))
        return redirect("classes:here")
    words = {"number": session.number, "name": session.training_class.name}
    if isinstance(made, Attendance) and made.state == "present":
        messages.success(request, _("Đã ghi: bạn có mặt ở buổi %(number)s, lớp %(name)s.") % words)
    elif isinstance(made, Attendance):
        messages.warning(request, _("Giảng viên đã ghi bạn vắng ở buổi %(number)s, lớp %(name)s. Hãy báo giảng viên.") % words)
    else:
        told = _("Bạn không có trong danh sách lớp %(name)s. Giảng viên thấy tên bạn và sẽ nhận bạn vào.")
        messages.info(request, told % words)
    return redirect("learn")
