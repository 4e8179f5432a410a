"""What holds for every test: hypothesis has no deadline, since machines here are shared and noisy."""

from hypothesis import settings

collect_ignore_glob = ["*conftest.py"]  # doctests import every file by its name; these share theirs

settings.register_profile("riskwatch", deadline=None)
settings.load_profile("riskwatch")
