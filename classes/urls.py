"""The teacher's workplace, and joining a class."""

from __future__ import annotations

from django.urls import path, re_path

from classes.views import join, members, teacher

UUID = r"(?P<pk>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

app_name = "classes"
urlpatterns = [
    path("", teacher.class_list, name="list"),
    path("new/", teacher.create, name="create"),
    path("join/", join.join, name="join"),
    path("<uuid:pk>/", teacher.detail, name="detail"),
    re_path(rf"^{UUID}/export\.(?P<extension>csv|xlsx)$", teacher.export, name="export"),
    path("<uuid:pk>/assign/", teacher.assign, name="assign"),
    path("<uuid:pk>/assignments/<uuid:assignment>/", teacher.due, name="due"),
    path("<uuid:pk>/assignments/<uuid:assignment>/withdraw/", teacher.withdraw, name="withdraw"),
    path("<uuid:pk>/close/", teacher.close, name="close"),
    path("<uuid:pk>/reopen/", teacher.reopen, name="reopen"),
    path("<uuid:pk>/members/add/", members.add, name="add"),
    path("<uuid:pk>/members/slips/", members.slips, name="slips"),
    path("<uuid:pk>/members/<int:number>/", members.member, name="member"),
    path("<uuid:pk>/members/<int:number>/rename/", members.rename, name="rename"),
    path("<uuid:pk>/members/<int:number>/password/", members.password, name="password"),
    path("<uuid:pk>/members/<int:number>/remove/", members.remove, name="remove"),
    path("<uuid:pk>/members/<int:number>/restore/", members.restore, name="restore"),
]
