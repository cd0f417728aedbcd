def test_the_world_stands(an, binh, chi, dung, outsider, course, city, now):
    from courses import actions, queries

    enrolment = actions.enrol(learner=an, course=course.page, now=now)
    assert [part.kind for part in queries.standing(enrolment).parts] == ["lesson", "lesson", "quiz"]
