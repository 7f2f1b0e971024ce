"""How hard the property tests look: little on each save, KIROK_TEST_LONG=1 for a night."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("short", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("long" if os.environ.get("KIROK_TEST_LONG") else "short")
