"""The consent of guardians: papers to print, papers that came back, letters."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from classes import actions, queries
from classes.forms import PaperDateForm
from classes.models import TrainingClass
from classes.views.access import document, note_reading, taught_class
from people.consent_forms import ConsentForm, draw_forms
from people.consents import current_texts
from people.models import ConsentPurpose, ReadingKind


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    training_class = taught_class(request, pk)
    rows = queries.guardian_rows(training_class, timezone.localdate())
    sent = request.POST if request.POST.get("step") == "papers" else None
    form = PaperDateForm(sent, initial={"signed_on": timezone.localdate()})
    children = {row.member.number for row in rows}
    if request.method == "POST" and _taken(request, training_class, form, children):
        return redirect("classes:consents", pk)
    note_reading(request, ReadingKind.CLASS, people=len(rows), group=pk)
    standing = sum(row.consent is not None for row in rows)
    return render(request, "classes/consents.html", {"class": training_class, "rows": rows, "form": form, "standing": standing})


def _taken(request: HttpRequest, training_class: TrainingClass, form: PaperDateForm, children: set[int]) -> bool:
    """False: the page comes back with what is to be mended."""
    now, said = timezone.now(), request.POST
    if said.get("step") == "papers":
        chosen = {int(one) for one in said.getlist("paper") if one.isascii() and one.isdigit()} & children
        chosen = children if said.get("all") else chosen
        if not chosen or not form.is_valid():
            messages.warning(request, _("Xem lại ngày ký.") if chosen else _("Chọn những em đã nộp phiếu, và ngày cha mẹ ký."))
            return False
        done = actions.record_consent_papers(
            training_class=training_class, numbers=chosen, by=request.user, now=now, **form.cleaned_data  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, ngettext("Đã ghi %(n)s phiếu.", "Đã ghi %(n)s phiếu.", done) % {"n": done})
    elif said.get("step") == "letters":
        return _asked(request, training_class, children)
    elif said.get("step", "").startswith("withdraw-") and said["step"][9:].isdecimal():
        actions.withdraw_consent_paper(training_class=training_class, number=int(said["step"][9:]), now=now)
        messages.success(request, _("Đã ghi cha mẹ rút đồng ý."))
    return True


def _asked(request: HttpRequest, training_class: TrainingClass, children: set[int]) -> bool:
    typed = {number: request.POST.get(f"address-{number}", "").strip() for number in sorted(children)}
    addresses = {number: address for number, address in typed.items() if address}
    wrong = [str(number) for number, address in addresses.items() if not _is_address(address)]
    if wrong or not addresses:
        messages.warning(
            request, _("Xem lại địa chỉ của các em số %(numbers)s.") % {"numbers": ", ".join(wrong)} if wrong else
            _("Viết địa chỉ thư của cha mẹ bên cạnh tên em.")
        )  # fmt: skip
        return False
    sent = actions.ask_guardians(training_class=training_class, addresses=addresses, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, ngettext("%(n)s lá thư đang được gửi.", "%(n)s lá thư đang được gửi.", sent) % {"n": sent})
    return True


def _is_address(typed: str) -> bool:
    try:
        validate_email(typed)
    except ValidationError:
        return False
    return len(typed) <= 254


@login_required
@require_GET
def consent_forms(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A page for each pupil under 16 whose guardian has not agreed yet; `number` asks for one alone."""
    training_class = taught_class(request, pk)
    rows = [row for row in queries.guardian_rows(training_class, timezone.localdate()) if row.consent is None]
    wanted = request.GET.get("number", "")
    names = [row.member.shown_as for row in rows if not wanted or str(row.member.number) == wanted]
    text = current_texts()[ConsentPurpose.GUARDIAN]
    form = ConsentForm(
        school=training_class.organisation.name, group=training_class.name, title=text.title, paragraphs=text.paragraphs,
        version=text.version, address=settings.PUBLIC_URL,
    )  # fmt: skip
    note_reading(request, ReadingKind.SLIPS, people=len(names), group=pk)
    return document(draw_forms(names or [""], form), "application/pdf", f"phieu-dong-y-{training_class.name}.pdf")
