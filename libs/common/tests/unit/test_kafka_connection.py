"""How a process comes to Kafka, from its settings: whole, or refused with the name of what is wrong."""

import ssl

import pytest

from fansipan_common.kafka import KafkaConnection, connection_to
from fansipan_common.settings import KafkaSecuritySettings, SettingsError

SERVERS = "kafka-1:9093,kafka-2:9093"


def settings(**given: object) -> KafkaSecuritySettings:
    return KafkaSecuritySettings.model_validate(given)


def test_without_settings_it_is_talked_to_in_the_clear():
    connection = KafkaConnection.of(SERVERS, settings())
    assert connection == connection_to(SERVERS)
    assert connection.options() == {
        "bootstrap_servers": SERVERS,
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_a_password_over_tls():
    connection = KafkaConnection.of(
        SERVERS,
        settings(
            KAFKA_SECURITY_PROTOCOL="SASL_SSL",
            KAFKA_SASL_USERNAME="ingest",
            KAFKA_SASL_PASSWORD="hidden-word",
        ),
    )
    options = connection.options()
    assert options["ssl_context"].check_hostname
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "ingest",
        "hidden-word",
    )
    assert str(connection) == f"{SERVERS} (SASL_SSL as ingest)"
    assert "hidden-word" not in repr(connection)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (
            {"KAFKA_SASL_PASSWORD": "x"},
            "KAFKA_SASL_PASSWORD: not used with KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
        ),
        ({"KAFKA_CA_FILE": "ca.pem", "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "KAFKA_CA_FILE: not used"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "x"},
            "SASL_SSL needs KAFKA_SASL_PASSWORD",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CERTIFICATE_FILE": "cert.pem"},
            "KAFKA_CERTIFICATE_FILE and KAFKA_KEY_FILE belong together",
        ),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "/no/ca.pem"}, "KAFKA_CA_FILE names /no/ca.pem"),
        (
            {
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_CERTIFICATE_FILE": "/no/cert.pem",
                "KAFKA_KEY_FILE": "/no/key.pem",
            },
            "KAFKA_CERTIFICATE_FILE /no/cert.pem and KAFKA_KEY_FILE /no/key.pem cannot be used",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: dict[str, str], named: str):
    with pytest.raises(SettingsError, match=named):
        KafkaConnection.of(SERVERS, settings(**given))
