"""A teacher looks at the site as a pupil of her class sees it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import queries
from classes.forms import ViewAsReasonForm
from classes.views.access import class_member
from people.actions import impersonation


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def view_as(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    member = class_member(request, pk, number)
    if not queries.teaches_member(request.user, pk, member.learner):  # type: ignore[arg-type]
        raise Http404
    form = ViewAsReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = impersonation.begin(
                viewer=request.user, person=member.learner, group=pk, now=timezone.now(), **form.cleaned_data  # type: ignore[arg-type]
            )  # fmt: skip
        except impersonation.NotViewable:
            raise Http404 from None
        request.session[impersonation.SESSION_KEY] = str(begun.pk)
        return redirect("learn")
    return render(request, "people/view_as.html", {"form": form, "name": member.shown_as})
