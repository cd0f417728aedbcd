"""Accounts that are likely one person's: the list, what merging would do, merging, undoing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people import queries
from people.actions import merging
from people.actions.accounts import RoleRefused
from people.actions.readings import record_reading
from people.forms import MergeForm
from people.models import ReadingKind, managed_roots
from people.queries import duplicates
from people.views.reader import reader_of

WHY_NOT = {
    "one": gettext_lazy("Đây là một tài khoản, không phải hai."),
    "closed": gettext_lazy("Một trong hai tài khoản đã đóng hoặc đã được gộp rồi."),
    "superuser": gettext_lazy("Tài khoản quản trị hệ thống không gộp ở đây."),
    "erased": gettext_lazy("Một trong hai người đã được xóa, hoặc đang xin xóa tài khoản. Giải quyết yêu cầu ấy trước."),
    "two_people": gettext_lazy("Năm sinh khác nhau, nên đây có thể là hai người. Sửa năm sinh sai trước, rồi gộp."),
    "list": gettext_lazy("Một danh sách có người này đang được nhập hoặc hoàn tác. Đợi xong rồi thử lại."),
    "nobody_home": gettext_lazy("Tài khoản giữ lại chưa có ai nhận. Đổi chiều: giữ tài khoản mà người ấy đang dùng."),
    "no_reason": gettext_lazy("Viết lý do, một câu là đủ."),
}


def _require_merging(request: HttpRequest) -> None:
    if not queries.role_kinds(reader_of(request)) & duplicates.MERGING:
        raise Http404


@never_cache
@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    _require_merging(request)
    reader = reader_of(request)
    groups = duplicates.likely(reader)
    people = sum(len(group.people) for group in groups)
    for place in managed_roots(reader):
        record_reading(reader=reader, kind=ReadingKind.UNIT, people=people, organisation=place, now=timezone.now())
    context = {"groups": groups, "merges": duplicates.merges_of(reader)[: duplicates.SHOWN], "shown": duplicates.SHOWN}
    return render(request, "people/duplicates.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, kept: int, closed: int) -> HttpResponse:
    """`kept` stays, `closed` is merged into it."""
    _require_merging(request)
    reader = reader_of(request)
    pair = {one.pk: one for one in duplicates.mergeable_by(reader).filter(pk__in=[kept, closed])}
    if set(pair) != {kept, closed}:
        raise Http404
    form = MergeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            merging.merge_people(
                kept=pair[kept], closed=pair[closed], reason=form.cleaned_data["reason"], by=reader, now=timezone.now()
            )
        except merging.NotMerged as error:
            form.add_error(None, WHY_NOT[str(error)])
        except RoleRefused:
            form.add_error(None, _("Tài khoản sẽ đóng giữ vai trò mà bạn không kết thúc được. Nhờ người chủ trì."))
        else:
            messages.success(request, _("Đã gộp. Trong 30 ngày vẫn tách lại được ở trang này."))
            return redirect("staff_duplicates")
    for person in pair.values():
        record_reading(reader=reader, kind=ReadingKind.PERSON, people=1, person=person, now=timezone.now())
    effect = duplicates.effect(pair[kept], pair[closed])
    context = {"form": form, "effect": effect, "against": WHY_NOT.get(effect.against, "")}
    return render(request, "people/merge.html", context)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    _require_merging(request)
    merge = get_object_or_404(duplicates.merges_of(reader_of(request)), pk=pk)
    try:
        merging.undo_merge(merge=merge, by=reader_of(request), now=timezone.now())
    except merging.CannotBeUndone:
        messages.error(request, _("Không tách lại được nữa: đã quá 30 ngày, hoặc dữ liệu đã thay đổi từ khi gộp."))
    except RoleRefused:
        messages.error(request, _("Tài khoản kia từng giữ vai trò mà bạn không giao lại được. Nhờ người chủ trì."))
    else:
        messages.success(request, _("Đã tách lại thành hai tài khoản như trước."))
    return redirect("staff_duplicates")
