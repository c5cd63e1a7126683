"""What the environment says is read once, and all that is wrong is said at once."""

from pathlib import Path

import pytest

from shared.settings import Settings, SettingsError

NEEDED = {
    "KAP_DATABASE_URL": "sqlite:///kap.db",
    "KAP_BROKER_URL": "memory://",
    "KAP_SIGNING_KEY": '{"kty": "EC", "d": "very secret"}',
    "KAP_TOKEN_KEYS": '{"keys": []}',
    "KAP_MASTER_KEYS": '{"current": "a", "keys": {}}',
}


def test_everything_that_is_missing_is_said_together() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"KAP_BROKER_URL": "memory://", "KAP_TOKEN_KEYS": ""})

    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "KAP_DATABASE_URL is missing",
        "KAP_SIGNING_KEY is missing",
        "KAP_TOKEN_KEYS is missing",
        "KAP_MASTER_KEYS is missing",
    ]


def test_what_is_not_said_has_a_default_unless_it_is_a_secret() -> None:
    settings = Settings.from_env(NEEDED)

    assert settings.database_url == "sqlite:///kap.db"
    assert settings.http_workers == 2
    assert settings.repair_seconds == 30.0
    assert settings.development_issuer is False
    assert settings.webhook_hosts == frozenset()


def test_what_is_said_counts() -> None:
    settings = Settings.from_env(
        {
            **NEEDED,
            "KAP_HTTP_WORKERS": "5",
            "KAP_REPAIR_SECONDS": "0.5",
            "KAP_DEVELOPMENT_ISSUER": "Yes",
            "KAP_WEBHOOK_HOSTS": "one.example, two.example three.example",
            "SOMETHING_ELSE": "x",
        }
    )

    assert settings.http_workers == 5
    assert settings.repair_seconds == 0.5
    assert settings.development_issuer is True
    assert settings.webhook_hosts == {"one.example", "two.example", "three.example"}


def test_limits_and_trusted_networks_are_read_as_they_are_written() -> None:
    settings = Settings.from_env(
        {
            **NEEDED,
            "KAP_RATE_PER_TOKEN": "20/second",
            "KAP_RATE_PER_ADDRESS": "Off",
            "KAP_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8",
        }
    )

    assert settings.rate_per_token == "20/second"
    assert settings.rate_per_address == ""
    assert settings.rate_sign_ins == "60/minute"
    assert {str(one) for one in settings.trusted_proxies} == {"10.0.0.0/8", "fd00::/8"}


def test_a_secret_can_be_a_files_content(tmp_path: Path) -> None:
    secret = tmp_path / "database"
    secret.write_text("postgresql://somewhere/kap\n")

    settings = Settings.from_env({**NEEDED, "KAP_DATABASE_URL": f"@{secret}"})

    assert settings.database_url == "postgresql://somewhere/kap"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_secrets_file_that_is_missing_or_empty_is_said(
    content: str | None, tmp_path: Path
) -> None:
    secret = tmp_path / "database"
    if content is not None:
        secret.write_text(content)

    with pytest.raises(SettingsError, match="KAP_DATABASE_URL makes no sense"):
        Settings.from_env({**NEEDED, "KAP_DATABASE_URL": f"@{secret}"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAP_HTTP_WORKERS", "two"),
        ("KAP_HTTP_WORKERS", "0"),
        ("KAP_HTTP_WORKERS", "-1"),
        ("KAP_HTTP_WORKERS", "2.5"),
        ("KAP_HTTP_WORKERS", ""),
        ("KAP_REPAIR_SECONDS", "soon"),
        ("KAP_REPAIR_SECONDS", "0"),
        ("KAP_REPAIR_SECONDS", "-5"),
        ("KAP_REPAIR_SECONDS", "nan"),
        ("KAP_REPAIR_SECONDS", "inf"),
        ("KAP_DEVELOPMENT_ISSUER", "perhaps"),
        ("KAP_RATE_PER_TOKEN", "many"),
        ("KAP_RATE_PER_TOKEN", "5/fortnight"),
        ("KAP_RATE_PER_ADDRESS", ""),
        ("KAP_RATE_SIGN_INS", "-1/minute"),
        ("KAP_TRUSTED_PROXIES", "proxy.example"),
        ("KAP_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_value_that_makes_no_sense_is_said_with_what_it_is_for(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"{name} makes no sense .*: .+"):
        Settings.from_env({**NEEDED, name: value})


def test_what_is_missing_and_what_makes_no_sense_is_said_together() -> None:
    given = {**NEEDED, "KAP_HTTP_WORKERS": "two", "KAP_REPAIR_SECONDS": "nan"}
    del given["KAP_SIGNING_KEY"]

    with pytest.raises(SettingsError) as caught:
        Settings.from_env(given)

    assert len(str(caught.value).splitlines()) == 3


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    given = {**NEEDED, "KAP_DATABASE_URL": "postgresql://kap:hidden@somewhere/kap"}

    shown = repr(Settings.from_env(given))

    assert "hidden" not in shown
    assert "very secret" not in shown
    assert "http_workers=2" in shown
