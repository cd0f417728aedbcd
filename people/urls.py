"""Placeholder until the views stand."""

from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse(), name="account")]
