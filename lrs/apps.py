from django.apps import AppConfig


class LRSConfig(AppConfig):
    name = "lrs"
    verbose_name = "Hồ sơ học tập"
