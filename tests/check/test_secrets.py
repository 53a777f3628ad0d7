"""Every shape of a secret is found, also where nothing else in the file looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest
from base import FILES, write

from journeys.check.folder import check_folder

LETTERS = "notAnyonesKey0000notAnyonesKey0000"


@pytest.mark.parametrize(
    ("before", "secret"),
    [
        pytest.param("", "-----BEGIN RSA PRIVATE KEY-----", id="a private key"),
        pytest.param("", f"rk_test_{LETTERS}", id="a test key for payments"),
        pytest.param("", "ASIAIOSFODNN7EXAMPLE", id="a passing key of a cloud"),
        *(pytest.param("", f"gh{kind}_{LETTERS}", id=f"a gh{kind} token") for kind in "pousr"),
        pytest.param("", f"github_pat_{LETTERS}", id="a personal token"),
        pytest.param("", f"glpat-{LETTERS}", id="a token of a repository"),
        pytest.param("", f"xoxb-{LETTERS}", id="a token for chat"),
        pytest.param("", f"SG.{LETTERS}.{LETTERS}", id="a key for mail"),
        pytest.param("", f"AIza{LETTERS}", id="a key for maps"),
        pytest.param("", f"whsec_{LETTERS}", id="a secret of a webhook"),
        pytest.param("", "key-" + "0a" * 16, id="another key for mail"),
        pytest.param("", f"sk-{LETTERS}", id="a key for a model"),
        pytest.param("", f"eyJ{LETTERS}.{LETTERS}.{LETTERS}", id="a signed token"),
        pytest.param("bEaReR ", LETTERS, id="a bearer"),
        pytest.param("Basic\t", LETTERS, id="a name with a password, encoded"),
        pytest.param("http://ana:", "hunter2", id="a password in an address"),
        pytest.param("https://a.example/?ACCESS_TOKEN=", LETTERS, id="a token in an address"),
        pytest.param("https://a.example/?a=1&sig=", LETTERS, id="a signature in an address"),
        pytest.param("https://hooks.slack.com/services/", LETTERS, id="a hook of Slack"),
        pytest.param("https://hooks.zapier.com/hooks/", LETTERS, id="a hook of Zapier"),
        pytest.param("https://discordapp.com/api/webhooks/", LETTERS, id="a hook of Discord"),
        pytest.param("https://kaffa.webhook.office.com/webhookb2/", LETTERS, id="a hook of Teams"),
    ],
)
def test_each_shape_of_a_secret_is_told_where_it_stands(tmp_path: Path, before: str, secret: str) -> None:
    after = "@a.example" if "ana:" in before else ""
    words = FILES["touches/more.md"].replace("More.", f"More: {before}{secret}{after}", 1)

    problems = check_folder(write(tmp_path, {**FILES, "touches/more.md": words})).problems

    told = [problem for problem in problems if problem.rule == "secret-in-file"]
    assert [(one.column, one.length) for one in told] == [(len(f"More: {before}") + 1, len(secret))]
