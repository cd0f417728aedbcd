from __future__ import annotations

from django.urls import path

from quizzes import views

app_name = "quizzes"
urlpatterns = [
    path("media/<str:name>", views.media, name="media"),
    path("start/<int:page_id>/", views.start, name="start"),
    path("attempts/<uuid:attempt_id>/", views.attempt, name="attempt"),
    path("attempts/<uuid:attempt_id>/evidence.pdf", views.evidence, name="evidence"),
    path("attempts/<uuid:attempt_id>/save/", views.save, name="save"),
    path("attempts/<uuid:attempt_id>/upload/", views.upload, name="upload"),
    path("files/<uuid:file_id>", views.answer_file, name="answer_file"),
    path("attempts/<uuid:attempt_id>/finish/", views.finish, name="finish"),
    path("marking/", views.queue, name="marking"),
    path("marking/<int:quiz_id>/<int:question_id>/", views.pile, name="pile"),
    path("marking/answers/<int:slot_id>/", views.mark, name="mark"),
    path("regrading/", views.regradings, name="regradings"),
    path("regrading/<int:quiz_id>/", views.regrade, name="regrade"),
    path("regrading/flags/<int:pk>/", views.look, name="look"),
]
