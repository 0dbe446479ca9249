"""The demo takes everything with it, however it ends."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until


@pytest.mark.parametrize(
    "ending",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_nothing_of_the_demo_is_left(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wizard", "demo", "--serve", "--rows", "500"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        told = next(line for line in demo.stdout if "--profile" in line)
        found = re.search(r"--profile (\S+)", told)
        assert found is not None
        profile = Path(found[1])
        assert "saas_platform" in profile.read_text()
        demo.send_signal(ending)
        until(lambda: None if profile.parents[1].exists() else True)
