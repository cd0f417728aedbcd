"""The teacher's workplace, and joining a class."""

from __future__ import annotations

from django.urls import path, re_path

from classes.views import assignments, attend, attendance, join, lifecycle, members, nominations, pins, sessions, teacher

UUID = r"(?P<pk>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

app_name = "classes"
urlpatterns = [
    path("", teacher.class_list, name="list"),
    path("new/", teacher.create, name="create"),
    path("sign-in/", pins.sign_in, name="sign_in"),
    path("join/", join.join, name="join"),
    path("letters/<int:letter>/read/", assignments.letter_read, name="letter_read"),
    path("here/", attend.here, name="here"),
    path("here/<str:token>/", attend.scanned, name="scanned"),
    path("open/", nominations.open_classes, name="open_classes"),
    path("<uuid:pk>/", teacher.detail, name="detail"),
    re_path(rf"^{UUID}/export\.(?P<extension>csv|xlsx)$", teacher.export, name="export"),
    path("<uuid:pk>/assign/", assignments.assign, name="assign"),
    path("<uuid:pk>/assign/path/", assignments.assign_path, name="assign_path"),
    path("<uuid:pk>/assignments/<uuid:assignment>/", assignments.due, name="due"),
    path("<uuid:pk>/assignments/<uuid:assignment>/withdraw/", assignments.withdraw, name="withdraw"),
    path("<uuid:pk>/assignments/<uuid:assignment>/learners/", assignments.learners, name="learners"),
    path("<uuid:pk>/assignments/<uuid:assignment>/learners/<int:number>/", assignments.exception, name="exception"),
    path("<uuid:pk>/assignments/<uuid:assignment>/letter/", assignments.letter, name="letter"),
    path("<uuid:pk>/groups/", assignments.groups, name="groups"),
    path("<uuid:pk>/groups/<int:group>/", assignments.groups, name="group"),
    path("<uuid:pk>/copy/", teacher.copy, name="copy"),
    path("<uuid:pk>/settings/", lifecycle.settings, name="settings"),
    path("<uuid:pk>/dates/", lifecycle.dates, name="dates"),
    path("<uuid:pk>/rules/", lifecycle.rules, name="rules"),
    path("<uuid:pk>/open/", lifecycle.open_up, name="open"),
    path("<uuid:pk>/close/", lifecycle.close, name="close"),
    path("<uuid:pk>/reopen/", lifecycle.reopen, name="reopen"),
    path("<uuid:pk>/cancel/", lifecycle.cancel, name="cancel"),
    path("<uuid:pk>/archive/", lifecycle.archive, name="archive"),
    path("<uuid:pk>/unarchive/", lifecycle.unarchive, name="unarchive"),
    path("<uuid:pk>/trainers/", sessions.trainer, name="trainer"),
    path("<uuid:pk>/sessions/", sessions.plan, name="sessions"),
    path("<uuid:pk>/sessions/<int:number>/change/", sessions.change, name="session_change"),
    path("<uuid:pk>/sessions/<int:number>/cancel/", sessions.cancel, name="session_cancel"),
    path("<uuid:pk>/sessions/<int:number>/", attendance.roll, name="roll"),
    path("<uuid:pk>/sessions/<int:number>/screen/", attendance.screen, name="screen"),
    path("<uuid:pk>/sessions/<int:number>/walk-in/", attendance.walk_in, name="walk_in"),
    path("<uuid:pk>/sessions/<int:number>/door/<int:knock>/", attendance.door, name="door"),
    path("<uuid:pk>/sessions/<int:number>/paper/", attendance.paper, name="paper"),
    path("<uuid:pk>/sessions/<int:number>/attach/", attendance.attach, name="attach"),
    path("<uuid:pk>/sessions/<int:number>/attached/<uuid:paper>/", attendance.attached, name="attached"),
    path("<uuid:pk>/sessions/<int:number>/remarks/", attendance.remarks, name="remarks"),
    path("<uuid:pk>/sessions/<int:number>/minutes.pdf", attendance.minutes, name="minutes"),
    path("<uuid:pk>/waiting/", nominations.waiting, name="waiting"),
    path("<uuid:pk>/waiting/<int:nomination>/decline/", nominations.turn_away, name="turn_away"),
    path("<uuid:pk>/nominate/", nominations.nominate, name="nominate"),
    path("<uuid:pk>/nominate/<int:nomination>/decline/", nominations.refuse, name="refuse"),
    path("<uuid:pk>/members/add/", members.add, name="add"),
    path("<uuid:pk>/members/slips/", members.slips, name="slips"),
    path("<uuid:pk>/members/pins/", pins.slips, name="pins"),
    path("<uuid:pk>/members/<int:number>/pin/", pins.reset, name="pin"),
    path("<uuid:pk>/members/<int:number>/", members.member, name="member"),
    path("<uuid:pk>/members/<int:number>/rename/", members.rename, name="rename"),
    path("<uuid:pk>/members/<int:number>/password/", members.password, name="password"),
    path("<uuid:pk>/members/<int:number>/remove/", members.remove, name="remove"),
    path("<uuid:pk>/members/<int:number>/restore/", members.restore, name="restore"),
]
