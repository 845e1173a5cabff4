"""What holds for every test: hypothesis does not fail one for being slow on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("surefoot", deadline=None)
settings.load_profile("surefoot")
