"""The page of the letter to a guardian: what is kept of the child and why; agree, refuse, withdraw."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.actions import guardians
from people.consents import current_texts
from people.forms import GuardianForm, GuardianLinkForm
from people.models import ConsentPurpose, GuardianQuestion, GuardianState


@never_cache
@require_http_methods(["GET", "POST"])
def guardian(request: HttpRequest, token: str) -> HttpResponse:
    """A look uses nothing up, so that a mail scanner that opens links answers for nobody."""
    try:
        question = guardians.find(token=token, now=timezone.now())
        form = GuardianForm(request.POST if request.POST.get("answer") == "agree" else None)
        if request.method == "POST" and _taken(request.POST.get("answer", ""), question, form):
            question.refresh_from_db()
            return render(request, "people/guardian_done.html", {"question": question})
    except guardians.LinkOver:
        return render(request, "people/guardian_over.html", {"form": GuardianLinkForm()}, status=410)
    context = {
        "question": question, "form": form, "text": current_texts()[ConsentPurpose.GUARDIAN],
        "agreed": question.state == GuardianState.AGREED,
    }  # fmt: skip
    return render(request, "people/guardian.html", context)


def _taken(answer: str, question: GuardianQuestion, form: GuardianForm) -> bool:
    now = timezone.now()
    if answer == "agree" and form.is_valid():
        guardians.agree(question=question, name=form.cleaned_data["name"], now=now)
    elif answer == "refuse":
        guardians.refuse(question=question, now=now)
    elif answer == "withdraw":
        guardians.withdraw(question=question, now=now)
    else:
        return False
    return True


@never_cache
@require_http_methods(["GET", "POST"])
def guardian_link(request: HttpRequest) -> HttpResponse:
    """A new link by letter. The answer is the same whether or not somebody was asked at this address."""
    form = GuardianLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guardians.send_link_again(address=form.cleaned_data["address"], now=timezone.now())
        messages.success(request, _("Nếu đã có thư gửi tới địa chỉ này, một liên kết mới đang trên đường tới."))
        return redirect("guardian_link")
    return render(request, "people/guardian_link.html", {"form": form})
