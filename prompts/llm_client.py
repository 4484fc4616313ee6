"""One conversation with a server that speaks OpenAI's chat protocol: text in, and text out or a reason why not.

What leaves the machine is the request's body, the key, and the plain headers of HTTP; nothing of the environment.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from prompts.errors import PromptsError

if TYPE_CHECKING:
    import httpx2
    import openai

__all__ = ["Connection", "LlmError", "Message", "RejectedError", "TooLate"]

Message = Mapping[str, str]  # role and content
Kind = Literal["unreachable", "timeout", "http", "refusal", "empty", "invalid", "schema", "setup"]

#: The client adds the operating system, versions, and whatever OPENAI_… variables hold for another server.
HEADERS = frozenset({"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"})
LONGEST = 300  # characters of what a server says of an error


class LlmError(PromptsError):
    """Why a language model gave no answer. `kind` is a stable word for the cause; the message never holds the key."""

    def __init__(self, reason: str, kind: Kind) -> None:
        super().__init__(reason)
        self.kind = kind


class RejectedError(LlmError):
    """The server does not take the request as it stands; it may take it with other options."""


class TooLate(BaseException):
    """Nobody waits for the answer any more. No Exception, or the client would take it for a fault and try again."""


class _Spoken(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Spoken
    finish_reason: str | None = None


class _Completion(BaseModel):
    """What is read of a reply; the rest is the server's own."""

    choices: list[_Choice]


class Connection:
    """A server, a model of it, and the moment (of `time.monotonic`) after which nothing is sent any more.

    Use it as a context. Raises LlmError where the address or the key cannot be one, or the extra is not installed.
    """

    def __init__(self, base_url: str, model: str, key: str | None, deadline: float, retries: int) -> None:
        self._host, self._key = _checked_host(base_url), _checked_key(key)
        self._model, self._deadline = model, deadline
        try:
            import openai
        except ImportError as error:
            raise LlmError("needs the package openai: pip install 'mask-inspector[llm]'", "setup") from error
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=self._key or "none",  # or it takes one from the environment that was meant for another server
            admin_api_key="",
            timeout=max(deadline - time.monotonic(), 0.001),
            max_retries=retries,
            http_client=openai.DefaultHttpxClient(
                event_hooks={"request": [self._before_sending]},
                follow_redirects=False,  # the text is for this server, not for one that it names
            ),
        )

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def say(self, messages: Sequence[Message], options: Mapping[str, Any]) -> str:
        """What the model answers. `options` go into the request as they are. Raises LlmError."""
        import httpx2
        import openai

        try:
            body = {"model": self._model, "messages": list(messages), **options}
            reply = self._client.post("/chat/completions", cast_to=httpx2.Response, body=body)
        except openai.APITimeoutError as error:
            raise LlmError(f"{self._host} did not answer in time", "timeout") from error
        except openai.APIStatusError as error:
            raise self._status(error) from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            cause = error.__cause__ or error
            raise LlmError(
                f"cannot reach {self._host}: {self._plain(str(cause) or repr(cause))}", "unreachable"
            ) from error
        return _content(reply.text)

    def _before_sending(self, request: httpx2.Request) -> None:
        if time.monotonic() > self._deadline:
            raise TooLate
        for name in list(request.headers):
            if name.lower() not in HEADERS:
                del request.headers[name]
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"

    def _status(self, error: openai.APIStatusError) -> LlmError:
        body = error.body
        said = body.get("message") or body if isinstance(body, dict) else body or error.response.text
        reason = f"{self._host} answered with HTTP {error.status_code}: {self._plain(str(said))}"
        return RejectedError(reason, "http") if error.status_code in (400, 422) else LlmError(reason, "http")

    def _plain(self, text: str) -> str:
        """What a server says, on one line, short, and without the key that some repeat."""
        text = " ".join(text.replace(self._key, "***").split() if self._key else text.split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _checked_host(base_url: str) -> str:
    """The address as errors name it."""
    try:
        parts = urlsplit(base_url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise LlmError(f"{base_url!r} is no address of a server ({error})", "setup") from error
    if parts.username or parts.password:
        raise LlmError("the address holds a user name or a password; give the key instead", "setup")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LlmError(f"{base_url!r}: expected an address such as http://localhost:8000/v1", "setup")
    return f"{parts.scheme}://{parts.hostname}{port}"


def _checked_key(key: str | None) -> str:
    found = (key or "").strip()
    if not found.isascii() or not found.isprintable():
        raise LlmError("the key holds characters that no key has; was it pasted with others?", "setup")
    return found


def _content(reply: str) -> str:
    """The text of a reply. Raises LlmError where there is none."""
    try:
        choice = next(iter(_Completion.model_validate_json(reply).choices), None)
    except ValidationError as error:
        raise LlmError("the reply is no chat completion; does the address end in /v1?", "invalid") from error
    if choice is None or not (choice.message.content or choice.message.refusal or "").strip():
        raise LlmError("the reply is empty", "empty")
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise LlmError(f"the model refused: {choice.message.refusal or 'its content filter stepped in'}", "refusal")
    if choice.finish_reason == "length":
        raise LlmError("the answer was cut off at the server's limit of tokens", "invalid")
    return choice.message.content or ""
