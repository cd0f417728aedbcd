"""Looking at the site as a learner sees it: beginning and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people import queries
from people.actions import impersonation
from people.forms import ViewAsForm
from people.models import User
from people.views.reader import reader_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def view_as(request: HttpRequest, pk: int) -> HttpResponse:
    """For owner and support, who answer this person's requests."""
    viewer, person = reader_of(request), get_object_or_404(User, pk=pk)
    if not queries.may_view_as(viewer, person):
        raise Http404
    form = ViewAsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        begun = impersonation.begin(viewer=viewer, person=person, group=None, now=timezone.now(), **form.cleaned_data)
        request.session[impersonation.SESSION_KEY] = str(begun.pk)
        return redirect("learn")
    return render(request, "people/view_as.html", {"form": form, "name": person.full_name})


@login_required
@require_POST
def end_view_as(request: HttpRequest) -> HttpResponse:
    request.session.pop(impersonation.SESSION_KEY, None)
    if impersonation.end(viewer=reader_of(request), now=timezone.now()):
        messages.success(request, _("Đã thôi xem. Bây giờ bạn là chính mình."))
    return redirect("learn")
