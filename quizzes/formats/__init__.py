"""Questions in the files of other systems, in and out: pure, no database.

Every format is a module with `read(data) -> Reading` and, where we write it, `write(items, media) -> bytes`. Between
the formats and the bank stands one form, the *plain form* of a question: the mapping that quiz.yaml has
(content/README.md), checked and turned into a body by `quizzes.kinds`. Formats know nothing of bodies and ids.
"""
