"""A learner joins a class by its code."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classes import actions
from classes.forms import JoinForm
from classes.views.access import TRIES, tries_too_many


@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    form = JoinForm(request.POST or None, initial={"code": request.GET.get("ma", "")})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        wait_until = tries_too_many("join", request.user.pk, now)
        if wait_until:
            form.add_error("code", _("Bạn đã thử %(tries)s lần. Hãy thử lại sau %(time)s.") % {
                "tries": TRIES, "time": f"{timezone.localtime(wait_until):%H:%M}"})  # fmt: skip
            return render(request, "classes/join.html", {"form": form}, status=429)
        try:
            member = actions.join(learner=request.user, code=form.cleaned_data["code"], now=now)
        except actions.WrongCode:
            form.add_error("code", _("Không có lớp nào có mã này. Hãy so lại từng chữ với mã giáo viên đưa."))
        except actions.ClassClosed:
            form.add_error("code", _("Lớp này đã đóng nên không nhận thêm. Hãy hỏi giáo viên của bạn."))
        except actions.ClassFull:
            return _asked(request, form.cleaned_data["code"], now)
        else:
            messages.success(request, _("Bạn đã vào lớp %(name)s.") % {"name": member.training_class.name})
            return redirect("learn")
    return render(request, "classes/join.html", {"form": form})


def _asked(request: HttpRequest, code: str, now: dt.datetime) -> HttpResponse:
    """No place by the code alone: the agency has the word, or there is a queue."""
    wish = actions.ask_to_join(learner=request.user, code=code, now=now)
    told = {
        "asked": _("Lớp %(name)s do cơ quan cử người. Đã gửi nguyện vọng của bạn tới cơ quan; được duyệt là bạn vào lớp."),
        "declined": _("Cơ quan hoặc đơn vị tổ chức đã không nhận bạn vào lớp %(name)s. Hãy hỏi người phụ trách ở cơ quan bạn."),
    }.get(wish.state, _("Lớp %(name)s đã đủ người. Bạn ở trong danh sách chờ; có chỗ là bạn tự được vào."))
    messages.info(request, told % {"name": wish.training_class.name})
    return redirect("learn")
