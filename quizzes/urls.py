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
    path("attempts/<uuid:attempt_id>/next/", views.go_on, name="go_on"),
    path("attempts/<uuid:attempt_id>/upload/", views.upload, name="upload"),
    path("files/<uuid:file_id>", views.answer_file, name="answer_file"),
    path("attempts/<uuid:attempt_id>/finish/", views.finish, name="finish"),
    path("bank/", views.bank, name="bank"),
    path("bank/export/", views.export, name="bank_export"),
    path("bank/send/", views.send, name="bank_send"),
    path("bank/send/template.xlsx", views.template, name="bank_template"),
    path("bank/send/<uuid:pk>/", views.sent_file, name="bank_file"),
    path("bank/figures/<int:page_id>/", views.figures, name="bank_figures"),
    path("bank/questions/<str:code>/", views.question, name="bank_question"),
    path("bank/questions/<str:code>/retire/", views.retire, name="bank_retire"),
    path("terms/<int:page_id>/", views.terms, name="terms"),
    path("terms/withdraw/<int:pk>/", views.withdraw_override, name="withdraw_override"),
    path("accommodations/", views.accommodations, name="accommodations"),
    path("accommodations/<int:pk>/withdraw/", views.withdraw_accommodation, name="withdraw_accommodation"),
    path("marking/", views.queue, name="marking"),
    path("marking/<int:quiz_id>/<int:question_id>/", views.pile, name="pile"),
    path("marking/answers/<int:slot_id>/", views.mark, name="mark"),
    path("regrading/", views.regradings, name="regradings"),
    path("regrading/<int:quiz_id>/", views.regrade, name="regrade"),
    path("regrading/flags/<int:pk>/", views.look, name="look"),
]
