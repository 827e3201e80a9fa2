"""`xunji doctor` against real brokers: what they queue, and whom they let in."""

from __future__ import annotations

from functools import partial

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.mqtt_client import RECEIVE_MAXIMUM
from tests.brokers import Mosquitto
from tests.xunji.checks import by_name
from xunji.doctor.broker import PROBE_MESSAGES, check_broker, probe_broker
from xunji.settings import MqttSettings, Settings

pytestmark = pytest.mark.usefixtures("nothing_inherited")


@pytest.mark.mosquitto
def test_a_broker_with_its_defaults_queues_little(mosquitto: Mosquitto) -> None:
    found = by_name(check_broker(Settings(mqtt=MqttSettings(url=mosquitto.url))))
    assert found["mqtt"].state == "ok"
    assert "mosquitto" in found["mqtt"].en
    # With MQTT 5 it is our receive maximum that counts.
    assert found["mqtt_in_flight"].state == "ok"
    assert str(RECEIVE_MAXIMUM) in found["mqtt_in_flight"].en
    assert found["mqtt_queue"].state == "warning"
    assert "max_queued_messages" in found["mqtt_queue"].mend_zh
    assert found["mqtt_persistence"].state == "note"


@pytest.mark.mosquitto
def test_a_broker_of_old_is_too_narrow(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = partial(probe_broker, version=MQTTProtocolVersion.MQTTv311)
    monkeypatch.setattr("xunji.doctor.broker.probe_broker", old)
    found = by_name(check_broker(Settings(mqtt=MqttSettings(url=mosquitto.url))))
    assert "3.1.1" in found["mqtt"].en
    assert found["mqtt_in_flight"].state == "warning"
    assert found["mqtt_in_flight"].en.startswith("20 messages")
    assert "max_inflight_messages" in found["mqtt_in_flight"].mend_zh


@pytest.mark.mosquitto
def test_a_broker_set_up_well(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    mosquitto.extra = "max_inflight_messages 0\nmax_queued_messages 100000"
    mosquitto.start()
    found = by_name(check_broker(Settings(mqtt=MqttSettings(url=mosquitto.url))))
    assert found["mqtt_in_flight"].state == "ok"
    assert found["mqtt_queue"].state == "ok"
    assert str(PROBE_MESSAGES) in found["mqtt_queue"].en


@pytest.mark.mosquitto
def test_a_broker_that_takes_little(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    mosquitto.extra = "max_packet_size 2000"
    mosquitto.start()
    found = by_name(check_broker(Settings(mqtt=MqttSettings(url=mosquitto.url))))
    assert found["mqtt_packet_size"].state == "warning"


@pytest.mark.mosquitto
def test_a_broker_that_lets_nobody_in(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    mosquitto.extra = "allow_anonymous false"
    mosquitto.start()
    found = by_name(check_broker(Settings(mqtt=MqttSettings(url=mosquitto.url))))
    assert found["mqtt"].state == "broken"
    assert "authorized" in found["mqtt"].en


def test_no_broker() -> None:
    for url in ("mqtt://127.0.0.1:1", "http://broker"):
        found = by_name(check_broker(Settings(mqtt=MqttSettings(url=url))))
        assert found["mqtt"].state == "broken"
        assert "XUNJI_MQTT__URL" in found["mqtt"].mend_en
    assert check_broker(Settings(mqtt=MqttSettings(enabled=False)))[0].state == "ok"
