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
    assert settings.facts_seconds == 60.0
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
        ("KAP_PUBLIC_URL", "localhost"),
        ("KAP_PUBLIC_URL", "localhost:8080"),
        ("KAP_PUBLIC_URL", "ftp://localhost"),
        ("KAP_PUBLIC_URL", "https://kap.example/console"),
        ("KAP_PUBLIC_URL", "https://kap.example?x"),
        ("KAP_PUBLIC_URL", "http://[::"),
        ("KAP_PUBLIC_URL", ""),
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


def test_a_key_set_is_not_read_but_must_be_there(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    given = {**NEEDED, "KAP_TOKEN_KEYS": f"@{keys}"}

    with pytest.raises(SettingsError, match="KAP_TOKEN_KEYS makes no sense"):
        Settings.from_env(given)
    keys.write_text('{"keys": []}')

    assert Settings.from_env(given).token_keys == f"@{keys}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://localhost:8080/",
        "http://[::1]:8080",
        "https://localhost",
    ],
)
def test_the_development_issuer_is_for_this_machine(url: str) -> None:
    given = {**NEEDED, "KAP_DEVELOPMENT_ISSUER": "true", "KAP_PUBLIC_URL": url}

    assert Settings.from_env(given).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://kap.clinics.example",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
    ],
)
def test_the_development_issuer_refuses_to_start_for_others(url: str) -> None:
    given = {**NEEDED, "KAP_DEVELOPMENT_ISSUER": "true", "KAP_PUBLIC_URL": url}

    with pytest.raises(SettingsError, match="KAP_DEVELOPMENT_ISSUER signs in anybody"):
        Settings.from_env(given)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            {
                "KAP_DEVELOPMENT_ISSUER": "true",
                "KAP_OIDC_ISSUER": "https://identity.example",
            },
            "exclude each other",
        ),
        ({"KAP_OIDC_ISSUER": "kap"}, "KAP_TOKEN_ISSUER"),
        (
            {
                "KAP_OIDC_ISSUER": "http://identity.example",
                "KAP_PUBLIC_URL": "https://kap.example",
            },
            "http://identity.example must be an https URL",
        ),
        (
            {
                "KAP_OIDC_ISSUER": "https://identity.example",
                "KAP_OIDC_KEYS": "http://identity.example/keys",
                "KAP_PUBLIC_URL": "https://kap.example",
            },
            "http://identity.example/keys must be an https URL",
        ),
        (
            {
                "KAP_TOKEN_KEYS": "http://elsewhere.example/keys",
                "KAP_PUBLIC_URL": "https://kap.example",
            },
            "http://elsewhere.example/keys must be an https URL",
        ),
        ({"KAP_OIDC_ISSUER": "identity"}, "KAP_OIDC_ISSUER must be a URL"),
        (
            {"KAP_OIDC_ISSUER": "https://x.example", "KAP_OIDC_CLIENT_ID": "kap"},
            "KAP_OIDC_CLIENT_SECRET is missing",
        ),
    ],
)
def test_what_does_not_go_together_is_said(
    said: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        Settings.from_env({**NEEDED, **said})


def test_an_identity_provider_on_this_machine_may_speak_plainly() -> None:
    said = {"KAP_OIDC_ISSUER": "http://127.0.0.1:8180/realms/kap"}

    assert Settings.from_env({**NEEDED, **said}).oidc_issuer == said["KAP_OIDC_ISSUER"]


def test_the_secrets_of_signing_in_are_not_shown() -> None:
    said = {
        "KAP_OIDC_ISSUER": "https://identity.example",
        "KAP_OIDC_CLIENT_ID": "kap-console",
        "KAP_OIDC_CLIENT_SECRET": "hidden",
        "KAP_DEVELOPMENT_SECRET": "concealed",
    }

    shown = repr(Settings.from_env({**NEEDED, **said}))

    assert "hidden" not in shown
    assert "concealed" not in shown
