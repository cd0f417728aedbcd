from django.apps import AppConfig


class LmsConfig(AppConfig):
    name = "lms"
    verbose_name = "Học AI"

    def ready(self) -> None:
        from lms import checks  # noqa: F401
