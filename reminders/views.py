"""The owner sets the rules; everybody says what she wants to hear."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.actions.accounts import DataHeldBack
from people.consents import current_texts
from people.models import OVERSEEING, Audience, ConsentPurpose, RoleKind, User
from people.queries import role_kinds
from reminders import actions, queries
from reminders.actions.phones import EnoughCodes, NotSent, WrongCode
from reminders.actions.rules import NotLookedAt
from reminders.actions.stops import NoSuchLetter
from reminders.forms import CodeForm, HoursForm, PhoneForm, RuleForm, WantedForm
from reminders.judgement import ALWAYS, Rule
from reminders.models import Round
from reminders.wording import NAMES, summary

# A rehearsal of a pilot city is done within the request; the sweep goes on with that of a large one.
FIRST_SLICE = 1.5


def _owner(request: HttpRequest) -> User:
    reader = request.user
    assert isinstance(reader, User)
    if RoleKind.OWNER not in role_kinds(reader):
        raise Http404
    return reader


def _rule(value: str) -> Rule:
    try:
        return Rule(value)
    except ValueError:
        raise Http404 from None


@never_cache
@login_required
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    _owner(request)
    now = timezone.now()
    context = {"cards": queries.rule_cards(), "hours": queries.hours(), "week": queries.last_week(now)}
    return render(request, "reminders/rules.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, rule: str) -> HttpResponse:
    """Set its numbers; what comes of it is seen before it holds."""
    owner, which = _owner(request), _rule(rule)
    if which in ALWAYS:
        raise Http404
    card = queries.rule_card(which)
    form = RuleForm(request.POST or None, rule=which, policy=card.policy)
    if request.method == "POST" and form.is_valid():
        made = actions.rehearse(rule=which, policy=form.policy(), by=owner, now=timezone.now())
        until = time.monotonic() + FIRST_SLICE
        actions.advance(made, now=timezone.now(), more=lambda: time.monotonic() < until)
        return redirect("reminders:rehearsal", made.pk)
    return render(request, "reminders/rule.html", {"form": form, "card": card})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def rehearsal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    owner = _owner(request)
    found = get_object_or_404(Round.objects.exclude(rehearses=""), pk=pk)
    which = Rule(found.rehearses)
    if request.method == "POST":
        try:
            actions.apply_rehearsal(rehearsal=found, by=owner, now=timezone.now())
        except NotLookedAt:
            messages.error(request, _("Đang tính, chưa bật được. Bạn chờ thêm một lát."))
            return redirect("reminders:rehearsal", found.pk)
        messages.success(request, _("Đã bật: %(rule)s.") % {"rule": NAMES[which]})
        return redirect("reminders:rules")
    now = timezone.now()
    first_at = queries.next_round_at(queries.hours(), now)
    card = queries.rule_card(which)
    policy = queries.policies_from(found.policies)[which]
    context: dict[str, Any] = {
        "round": found, "card": card, "tally": found.tally, "says": summary(which, policy),
        "held": card.on_since is not None and card.policy == policy,
        "first_at": first_at, "at_once": which == Rule.CERTIFICATE or first_at <= now,
        "audiences": _shares(found.tally.get("audiences", {}), dict(Audience.choices)),
        "by": _shares(found.tally.get("by", {}), {})[:20],
    }  # fmt: skip
    return render(request, "reminders/rehearsal.html", context)


def _shares(counts: dict[str, int], names: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted(((str(names.get(key, key)), count) for key, count in counts.items()), key=lambda one: (-one[1], one[0]))


@never_cache
@login_required
@require_GET
def progress(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    _owner(request)
    found = get_object_or_404(Round.objects.exclude(rehearses=""), pk=pk)
    busy = found.finished_at is None
    return JsonResponse({"busy": busy, "percent": found.percent, "done": localize(found.tally.get("people", 0))})


@login_required
@require_POST
def switch_off(request: HttpRequest, rule: str) -> HttpResponse:
    owner, which = _owner(request), _rule(rule)
    if which in ALWAYS:
        raise Http404
    actions.switch_off(rule=which, by=owner, now=timezone.now())
    messages.success(request, _("Đã tắt: %(rule)s. Thư đang chờ cũng không gửi nữa.") % {"rule": NAMES[which]})
    return redirect("reminders:rules")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def sending_hours(request: HttpRequest) -> HttpResponse:
    owner, now = _owner(request), timezone.now()
    held = queries.hours()
    form = HoursForm(request.POST or None, initial={"opens": held.opens, "closes": held.closes, "a_day": held.a_day})
    if request.method == "POST" and form.is_valid():
        actions.set_hours(hours=form.hours(), by=owner, now=now)
        messages.success(request, _("Đã lưu giờ gửi."))
        return redirect("reminders:rules")
    return render(request, "reminders/hours.html", {"form": form})


@never_cache
@login_required
@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    _owner(request)
    page = Paginator(queries.changes(), 50).get_page(request.GET.get("page"))
    said = [(one, *queries.change_said(one)) for one in page]
    return render(request, "reminders/changes.html", {"page": page, "said": said})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What she wants to hear, and what she heard."""
    reader = request.user
    choices = queries.choices_of(reader, oversees=bool(role_kinds(reader) & set(OVERSEEING)))
    form = WantedForm(
        request.POST or None, choices=[(rule.value, name) for rule, name, _wanted in choices],
        initial={"wanted": [rule.value for rule, _name, wanted in choices if wanted]},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        wanted = [Rule(value) for value in form.cleaned_data["wanted"]]
        among = [rule for rule, _name, _wanted in choices]
        actions.want(person=reader, wanted=wanted, among=among, now=timezone.now())
        messages.success(request, _("Đã lưu."))
        return redirect("reminders:mine")
    told = [(notice, [NAMES[rule] for rule in Rule if rule.value in {one.rule for one in notice.reminders.all()}])
            for notice in queries.last_notices(reader)]  # fmt: skip
    now = timezone.now()
    context = {
        "form": form, "told": told, "any_on": bool(set(queries.policies_on()) - set(ALWAYS)),
        "phone": queries.phone_of(reader, now), "may_have_phone": queries.may_have_phone(reader, now),
    }  # fmt: skip
    return render(request, "reminders/mine.html", context)


def _who_may_have_a_phone(request: HttpRequest) -> User:
    reader = request.user
    assert isinstance(reader, User)
    if not queries.may_have_phone(reader, timezone.now()):
        raise Http404
    return reader


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """A number to be reminded at; a code goes there."""
    reader = _who_may_have_a_phone(request)
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.send_code(person=reader, now=timezone.now(), **form.cleaned_data)
        except EnoughCodes:
            form.add_error("number", _("Hôm nay đã gửi đủ mã cho số này. Bạn thử lại vào ngày mai."))
        except DataHeldBack:
            form.add_error(None, _("Bạn đang hạn chế dùng dữ liệu của mình. Bỏ hạn chế trước, rồi chọn lại."))
        except NotSent as error:
            words = _("Số này không nhận được tin. Bạn xem lại số.") if str(error) == "number" else _(
                "Máy gửi tin đang bận. Bạn thử lại sau vài phút."
            )
            form.add_error("number", words)
        else:
            return redirect("reminders:phone_code")
    return render(request, "reminders/phone.html", {"form": form, "text": current_texts()[ConsentPurpose.PHONE]})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def phone_code(request: HttpRequest) -> HttpResponse:
    reader = _who_may_have_a_phone(request)
    state = queries.phone_of(reader, timezone.now())
    if state is None or not state.waits:
        return redirect("reminders:mine" if state and state.confirmed else "reminders:phone")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_code(person=reader, now=timezone.now(), **form.cleaned_data)
        except WrongCode as error:
            (left,) = error.args
            again = _("Mã chưa đúng. Còn %(left)s lần thử.") % {"left": left}
            form.add_error("code", again if left else _("Mã này không dùng được nữa. Hãy xin mã mới."))
        else:
            messages.success(request, _("Từ nay tin nhắc tới số %(number)s.") % {"number": state.shown})
            return redirect("reminders:mine")
    return render(request, "reminders/phone_code.html", {"form": form, "phone": state})


@login_required
@require_POST
def remove_phone(request: HttpRequest) -> HttpResponse:
    actions.remove_phone(person=request.user, now=timezone.now())
    messages.success(request, _("Đã xóa số điện thoại. Thư nhắc lại tới hộp thư của bạn."))
    return redirect("reminders:mine")


@csrf_exempt  # a mail program posts without a page before it (RFC 8058); the signed address says who and what
@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing, so that a mail scanner that opens links stops nobody's letters."""
    try:
        read = actions.read_token(token)
    except NoSuchLetter:
        return render(request, "reminders/stop_unknown.html", status=404)
    done = ""
    if request.method == "POST" and request.POST.get("answer") == "resume":
        actions.resume(person=read.person, rules=read.rules)
        done = "resumed"
    elif request.method == "POST":
        actions.stop(person=read.person, rules=read.rules, now=timezone.now())
        done = "stopped"
    return render(request, "reminders/stop.html", {"names": [NAMES[rule] for rule in read.rules], "done": done})
