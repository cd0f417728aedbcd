"""The officer's workplace. An agency is named by its code, which is what officers write in their own tables."""

from __future__ import annotations

from django.urls import path, re_path

from classes.views import agencies, lists, organisations, outside, rosters

app_name = "agencies"
urlpatterns = [
    path("", agencies.overview, name="overview"),
    re_path(r"^export\.(?P<extension>csv|xlsx)$", agencies.export, name="export"),
    path("tree/", organisations.tree, name="tree"),
    path("tree/<str:code>/", organisations.unit, name="unit"),
    path("tree/<str:code>/rename/", organisations.rename, name="rename"),
    path("tree/<str:code>/move/", organisations.move, name="move"),
    path("tree/<str:code>/merge/", organisations.merge, name="merge"),
    path("tree/<str:code>/split/", organisations.split, name="split"),
    path("tree/<str:code>/close/", organisations.close, name="close"),
    path("import/", organisations.import_file, name="import"),
    re_path(r"^import/template\.(?P<extension>csv|xlsx)$", organisations.import_template, name="import_template"),
    path("import/<uuid:pk>/", organisations.import_preview, name="import_preview"),
    path("import/<uuid:pk>/errors.xlsx", organisations.import_errors, name="import_errors"),
    path("operations/", organisations.operations, name="operations"),
    path("operations/<uuid:pk>/", organisations.operation, name="operation"),
    path("operations/<uuid:pk>/undo/", organisations.undo, name="undo"),
    path("lists/", lists.my_lists, name="lists"),
    path("lists/<uuid:pk>/progress.json", lists.progress, name="list_progress"),
    path("lists/<uuid:pk>/file", lists.fetch, name="list_file"),
    path("lists/<uuid:pk>/drop/", lists.drop, name="list_drop"),
    path("views/", lists.keep_view, name="keep_view"),
    path("views/<int:pk>/", lists.change_view, name="change_view"),
    path("<str:code>/", agencies.agency, name="agency"),
    path("<str:code>/list/", lists.ask, name="list_ask"),
    re_path(r"^(?P<code>[^/]+)/export\.(?P<extension>csv|xlsx)$", agencies.export, name="agency_export"),
    re_path(r"^(?P<code>[^/]+)/people\.(?P<extension>csv|xlsx)$", agencies.export_people, name="people_export"),
    path("<str:code>/rosters/", rosters.roster_list, name="rosters"),
    re_path(
        r"^(?P<code>[^/]+)/rosters/template-(?P<kind>[a-z]+)\.(?P<extension>csv|xlsx)$", rosters.template, name="roster_template"
    ),
    path("<str:code>/rosters/waiting/", rosters.waiting, name="waiting"),
    path("<str:code>/rosters/waiting/papers.pdf", rosters.papers, name="waiting_papers"),
    path("<str:code>/rosters/waiting/letters/", rosters.letters, name="waiting_letters"),
    path("<str:code>/rosters/<uuid:pk>/", rosters.roster, name="roster"),
    path("<str:code>/rosters/<uuid:pk>/progress.json", rosters.progress, name="roster_progress"),
    path("<str:code>/rosters/<uuid:pk>/columns/", rosters.columns, name="roster_columns"),
    path("<str:code>/rosters/<uuid:pk>/mend/", rosters.mend, name="roster_mend"),
    path("<str:code>/rosters/<uuid:pk>/apply/", rosters.apply, name="roster_apply"),
    path("<str:code>/rosters/<uuid:pk>/undo/", rosters.undo, name="roster_undo"),
    path("<str:code>/rosters/<uuid:pk>/drop/", rosters.drop, name="roster_drop"),
    path("<str:code>/rosters/<uuid:pk>/errors.xlsx", rosters.errors, name="roster_errors"),
    path("<str:code>/outside/", outside.outside, name="outside"),
    path("<str:code>/outside/add/", outside.add, name="outside_add"),
    path("<str:code>/outside/send/", outside.send, name="outside_send"),
    re_path(r"^(?P<code>[^/]+)/outside/template\.(?P<extension>csv|xlsx)$", outside.template, name="outside_template"),
    path("<str:code>/outside/<uuid:pk>/withdraw/", outside.withdraw, name="outside_withdraw"),
    path("<str:code>/outside/<uuid:pk>/evidence/", outside.evidence, name="outside_evidence"),
    path("<str:code>/outside/lists/<uuid:pk>/", outside.preview, name="completion_list"),
    path("<str:code>/outside/lists/<uuid:pk>/errors.xlsx", outside.errors, name="completion_errors"),
    path("<str:code>/outside/lists/<uuid:pk>/undo/", outside.undo, name="completion_undo"),
    path("<str:code>/require/", agencies.require, name="require"),
    path("<str:code>/requirements/<int:pk>/withdraw/", agencies.withdraw, name="withdraw"),
]
