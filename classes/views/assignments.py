"""What is given to a class: to whom, until when, who has more time, who is exempt, who is written to."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions, queries
from classes.forms import AssignForm, DueForm, GroupForm, LetterForm, OwnDueForm, PathForm, ReasonForm
from classes.models import Assignment, ClassGroup, ClassMember, Letter, TrainingClass
from classes.views.access import note_reading, taught_class
from people.models import ReadingKind


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    training_class, now = taught_class(request, pk), timezone.now()
    form = AssignForm(
        request.POST or None, courses=queries.assignable(training_class), training_class=training_class, now=now,
        initial={"what": request.GET.get("what", "")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("course", "part")} | form.wanted()
        given = _give(request, form, actions.assign, training_class, **wanted)
        if given:
            told = _("Đã giao “%(title)s” cho cả lớp.") if wanted["members"] is None and not wanted["group"] else _(
                "Đã giao “%(title)s” cho những người được chọn.")  # fmt: skip
            messages.success(request, told % {"title": given.title})
            return redirect("classes:detail", pk)
    return render(request, "classes/assign.html", {"class": training_class, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def assign_path(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    training_class, now = taught_class(request, pk), timezone.now()
    form = PathForm(
        request.POST or None, courses=queries.assignable(training_class), training_class=training_class, now=now
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        wanted = {"courses": form.cleaned_data["courses"]} | form.wanted()
        given = _give(request, form, actions.assign_path, training_class, **wanted)
        if given:
            messages.success(request, _("Đã giao lộ trình %(count)s khóa.") % {"count": len(given)})
            return redirect("classes:detail", pk)
    return render(request, "classes/assign_path.html", {"class": training_class, "form": form})


def _give(request: HttpRequest, form: Any, action: Any, training_class: TrainingClass, **wanted: Any) -> Any:
    try:
        return action(training_class=training_class, teacher=request.user, now=timezone.now(), **wanted)
    except actions.ClassClosed:
        form.add_error(None, _("Lớp đã đóng nên không giao thêm được. Hãy mở lại lớp trước."))
    except actions.NothingToAssign:
        form.add_error(None, _("Bài này vừa được gỡ xuống. Hãy chọn bài khác."))
    except actions.EmptyTarget:
        form.add_error("group", _("Nhóm này chưa có ai. Hãy thêm người vào nhóm trước."))
    except actions.DueInPast:
        form.add_error("due_on", _("Hạn này đã qua. Hãy chọn một ngày từ hôm nay trở đi và giờ chưa tới."))
    except actions.NotOfClass:
        raise Http404 from None
    return None


def _assignment(training_class: TrainingClass, pk: uuid.UUID) -> Assignment:
    found = Assignment.objects.current().filter(training_class=training_class)
    return get_object_or_404(found.select_related("course", "group", "training_class__organisation"), pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def due(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    training_class, now = taught_class(request, pk), timezone.now()
    given = _assignment(training_class, assignment)
    form = DueForm(request.POST or None, now=now, due_at=given.due_at)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_due(assignment=given, due_at=form.cleaned_data["due_at"], now=now, by=request.user)
        except actions.DueInPast:
            form.add_error("due_on", _("Hạn phải sau ngày bắt đầu của bài."))
        except actions.ClassClosed:
            form.add_error(None, _("Lớp đã lưu kho nên chỉ xem được."))
        else:
            messages.success(request, _("Đã đổi hạn của “%(title)s”.") % {"title": given.title})
            return redirect("classes:detail", pk)
    return render(request, "classes/due.html", {"class": training_class, "given": given, "form": form})


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    given = get_object_or_404(Assignment.objects.filter(training_class=taught_class(request, pk)), pk=assignment)
    actions.withdraw_assignment(assignment=given, now=timezone.now())
    told = _("Đã rút “%(title)s”. Phần các bạn đã học vẫn còn; giao lại lúc nào cũng được.")
    messages.success(request, told % {"title": given.title})
    return redirect("classes:detail", pk)


@login_required
@require_GET
def learners(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    """Everybody of one assignment: when it is due for her, and why."""
    training_class = taught_class(request, pk)
    given = _assignment(training_class, assignment)
    rows = queries.owed_rows(given)
    note_reading(request, ReadingKind.CLASS, people=len(rows), group=pk)
    context = {"class": training_class, "given": given, "rows": rows, "sent": queries.sent_messages(given)}
    return render(request, "classes/learners.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def exception(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID, number: int) -> HttpResponse:
    """More time for one learner, or an exemption; each with its reason."""
    training_class, now = taught_class(request, pk), timezone.now()
    given = _assignment(training_class, assignment)
    member = get_object_or_404(ClassMember.objects.current().filter(training_class=training_class), number=number)
    owed = queries.Targets([given]).owed(given, member)
    if owed is None:
        raise Http404
    extending = request.POST.get("do") == "extend"
    form = OwnDueForm(request.POST if extending else None, now=now, due_at=max(owed.due_at, now))
    reason = ReasonForm(request.POST if request.method == "POST" and not extending else None)
    if not training_class.archived_at and _excepted(request, given, member, form if extending else reason, now):
        return redirect("classes:learners", pk, assignment)
    context = {"class": training_class, "given": given, "member": member, "owed": owed, "form": form, "reason": reason}
    return render(request, "classes/exception.html", context)


def _excepted(request: HttpRequest, given: Assignment, member: ClassMember, form: Any, now: Any) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    told = {"assignment": given, "member": member, "reason": form.cleaned_data["reason"], "by": request.user, "now": now}
    if request.POST.get("do") == "extend":
        actions.extend(due_at=form.cleaned_data["due_at"], **told)
        messages.success(request, _("Đã gia hạn cho %(name)s.") % {"name": member.shown_as})
    else:
        actions.exempt(exempt=request.POST.get("do") == "exempt", **told)
        messages.success(request, _("Đã ghi cho %(name)s, kèm lý do.") % {"name": member.shown_as})
    return True


@login_required
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, pk: uuid.UUID, assignment: uuid.UUID) -> HttpResponse:
    """A letter to those who are behind: what each gets is shown before it is written."""
    training_class, now = taught_class(request, pk), timezone.now()
    given = _assignment(training_class, assignment)
    initial = {"key": uuid.uuid4(), "subject": _("Còn bài “%(title)s” chưa xong") % {"title": given.title},
               "text": _("Bạn sắp xong rồi, chỉ còn vài phần. Vướng chỗ nào thì hỏi mình nhé.")}  # fmt: skip
    form = LetterForm(request.POST or None, initial=initial)
    text = form.data.get("text", "") if form.is_bound else initial["text"]
    drafts = queries.drafts(given, text=str(text), by=request.user, now=now)
    if request.method == "POST" and form.is_valid() and "send" in request.POST and _written(request, given, form):
        return redirect("classes:learners", pk, assignment)
    chosen = request.POST.getlist("to") if form.is_bound else [str(one.member.number) for one in drafts]
    context = {"class": training_class, "given": given, "form": form, "drafts": drafts, "chosen": chosen}
    return render(request, "classes/letter.html", context)


def _written(request: HttpRequest, given: Assignment, form: LetterForm) -> bool:
    chosen = {int(number) for number in request.POST.getlist("to") if number.isdigit()}
    try:
        made = actions.write_to_behind(
            assignment=given, members=chosen, by=request.user, now=timezone.now(), **form.cleaned_data
        )  # fmt: skip
    except actions.EmptyTarget:
        form.add_error(None, _("Chưa chọn ai. Hãy đánh dấu ít nhất một người."))
        return False
    except actions.NotOfClass:
        raise Http404 from None
    by_mail = made.letters.exclude(state="site").count()
    told = _("Đã viết cho %(all)s người: ai cũng thấy ở “Việc học của tôi”, %(mail)s người nhận thêm e-mail.")
    messages.success(request, told % {"all": made.letters.count(), "mail": by_mail})
    return True


@login_required
@require_POST
def letter_read(request: HttpRequest, letter: int) -> HttpResponse:
    """The learner puts it away."""
    mine = Letter.objects.filter(member__learner=request.user)
    actions.read_letter(letter=get_object_or_404(mine, pk=letter), now=timezone.now())
    return redirect("learn")


@login_required
@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest, pk: uuid.UUID, group: int | None = None) -> HttpResponse:
    training_class = taught_class(request, pk)
    rows = queries.groups_of(training_class)
    row = next((one for one in rows if one.group.pk == group), None)
    if group is not None and row is None:
        raise Http404
    initial = {"name": row.group.name, "members": [one.pk for one in row.members]} if row else {}
    form = GroupForm(request.POST or None, training_class=training_class, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _grouped(request, training_class, row.group if row else None, form)
    return render(request, "classes/groups.html", {"class": training_class, "groups": rows, "row": row, "form": form})


def _grouped(request: HttpRequest, training_class: TrainingClass, group: ClassGroup | None, form: GroupForm) -> HttpResponse:
    members = list(form.cleaned_data["members"].select_related("learner"))
    made = actions.set_group(
        training_class=training_class, group=group, name=form.cleaned_data["name"], members=members, now=timezone.now()
    )
    messages.success(request, _("Đã lưu nhóm %(name)s.") % {"name": made.name})
    return redirect("classes:groups", training_class.pk)
