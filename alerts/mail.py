"""Mail through an SMTP server, with the standard library in a thread.

smtp://USER@HOST:587/?from=a@x&to=b@y,c@z (STARTTLS where the server offers it) or smtps://...:465;
the password is the receiver's secret.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from typing import Any

import httpx

from alerts.addresses import RefusedAddress, check_host
from alerts.outcome import Outcome
from alerts.words import lines, title

ANSWER_LIMIT_S = 10.0
MAX_RECIPIENTS = 50
PORTS = {"smtp": 587, "smtps": 465}


def check_mail(text: str) -> httpx.URL:
    """The URL in its parts. Raises RefusedAddress."""
    url = httpx.URL(text)
    if url.scheme not in PORTS or not url.host:
        raise RefusedAddress("use smtp://USER@HOST:587/?from=a@x&to=b@y,c@z, or smtps://")
    if url.password:
        raise RefusedAddress("give the password as `secret`, not in the URL")
    addresses = [url.params.get("from", ""), *_recipients(url)]
    if len(addresses) < 2 or not all(_is_address(address) for address in addresses):
        raise RefusedAddress("`from` and `to` must be mail addresses, several `to` with commas")
    if len(addresses) - 1 > MAX_RECIPIENTS:
        raise RefusedAddress(f"at most {MAX_RECIPIENTS} addresses in `to`")
    return url


def _recipients(url: httpx.URL) -> list[str]:
    return [address.strip() for address in url.params.get("to", "").split(",")]


def _is_address(text: str) -> bool:
    name, at, domain = text.partition("@")
    return bool(name and at and domain) and text.isprintable() and not set(text) & set(" ,;<>")


async def send_mail(
    text: str, secret: str, content: dict[str, Any], message_id: str, *, allow_private: bool
) -> Outcome:
    """Hand one message to the server."""
    try:
        url = check_mail(text)
        await check_host(url.host, url.port or PORTS[url.scheme], allow_private)
    except (RefusedAddress, httpx.InvalidURL) as error:
        return Outcome(f"refused: {error}")
    return await asyncio.to_thread(_send, url, secret, mail_of(url, content, message_id))


def mail_of(url: httpx.URL, content: dict[str, Any], message_id: str) -> EmailMessage:
    """The mail; one id an event, the same in every attempt."""
    mail = EmailMessage()
    mail["Subject"] = f"[巡迹] {title(content)}"
    mail["From"], mail["To"] = url.params["from"], ", ".join(_recipients(url))
    mail["Message-ID"] = f"<{message_id}@xunji.{url.params['from'].partition('@')[2]}>"
    mail.set_content("\n".join(lines(content)) + "\n")
    return mail


def _send(url: httpx.URL, secret: str, mail: EmailMessage) -> Outcome:
    port = url.port or PORTS[url.scheme]
    context = ssl.create_default_context()
    try:
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                url.host, port, timeout=ANSWER_LIMIT_S, context=context
            )
        else:
            server = smtplib.SMTP(url.host, port, timeout=ANSWER_LIMIT_S)
        with server:
            server.ehlo()
            if url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
            if url.username:
                server.login(url.username, secret)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        return Outcome(f"refused by the server: {', '.join(error.recipients)}", again=False)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(f"{type(error).__name__}: {error}")
    return Outcome()
