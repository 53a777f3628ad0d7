"""Whether what is installed has holes that are known: asked of those who keep lists of them.

A known hole fails.  Where no such list can be reached that is said in one line, and nothing fails: a place without that
network says nothing of the change that is to land there.  Whatever else goes wrong fails, for nobody would know
whether there are holes.

Arguments are handed on to pip-audit; npm asks the registry that it is set up with.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

CLIENTS: Final = Path(__file__).parents[1] / "tests" / "clients"
# How the libraries of both call it that nobody answered.  A certificate that is wrong is none of these.
_AWAY: Final = re.compile(
    r"^requests\.exceptions\.(?:ConnectionError|ProxyError|\w*Timeout):|Could not connect to"
    r"|reason: .*(?:ECONNREFUSED|ECONNRESET|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|network timeout)",
    re.MULTILINE,
)
_NO_LIST: Final = (404, 405)  # a registry that keeps packages alone


def audit_python(options: list[str]) -> bool:
    """Whether all is well with what is installed beside this Python, and ours is not asked for."""
    # PyPI's own list calls what it does not answer for unknown, and all of it would pass.
    command = [sys.executable, "-m", "pip_audit", "-s", "osv", "--skip-editable", "--progress-spinner", "off"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    if done.returncode and _AWAY.search(done.stderr):
        return _say_away("Python", done.stderr)
    print(done.stdout, done.stderr, sep="", end="", flush=True)
    return done.returncode == 0


def audit_npm() -> bool:
    """Whether all is well with the clients that tests run."""
    command = ["npm", "audit", "--json", "--package-lock-only"]
    done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {}
    if "auditReportVersion" not in report:
        message = str(report.get("message"))
        if report.get("statusCode") in _NO_LIST or _AWAY.search(message):
            return _say_away("npm", message)
        print(done.stdout, done.stderr, sep="", end="", flush=True)
        return False
    found = report["vulnerabilities"]
    for name, hole in sorted(found.items()):
        said = [each["url"] if isinstance(each, dict) else f"by {each}" for each in hole["via"]]
        print(f"npm: {name} has a known hole ({hole['severity']}): {', '.join(said)}")
    print(
        f"npm: {len(found) or 'no'} known holes in {report['metadata']['dependencies']['total']} packages", flush=True
    )
    return not found


def _say_away(of: str, said: str) -> bool:
    print(f"{of}: no list of known holes can be reached, and none was looked for ({said.strip().splitlines()[-1]})")
    return True


if __name__ == "__main__":
    sys.exit(0 if all([audit_python(sys.argv[1:]), audit_npm()]) else 1)
