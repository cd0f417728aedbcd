"""Placeholder until the views stand."""

from django.http import HttpResponse
from django.urls import path

app_name = "agencies"
urlpatterns = [path("", lambda request: HttpResponse(), name="overview")]
