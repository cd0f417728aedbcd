"""Placeholder until the views stand."""

app_name = "lrs"
urlpatterns: list = []
