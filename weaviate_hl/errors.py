"""Everything that this client raises: one root, a class for each thing that can go wrong, and one table from a server's
answer to a class.

An error says what was being done, what the server or the network said, and what to do about it where we know. It never
holds a credential: requests are named by their operation, not by their headers.
"""

from __future__ import annotations

from typing import Any

LONGEST = 2000
"""Characters of a message at most, should it quote something endless."""


class WeaviateBaseError(Exception):
    """The root of all errors of this client.

    Attributes:
        message: What went wrong, in one line.
        operation: The operation that failed, such as `objects.create` or `Search`.
        status: The HTTP status (int) or the name of the gRPC code (str) of the answer, if there was one.
        server_text: What the server said.
        attempts: How often the request was sent.
        request_id: The id that the server or a proxy gave the request, if any.
        hint: What to do about it.
    """

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status: int | str | None = None,
        server_text: str | None = None,
        attempts: int = 1,
        request_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        if len(message) > LONGEST:
            start, end = message[:1500], message[-300:]
            message = f"{start} ... ({len(message) - 1800:,} characters more) ... {end}"
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status = status
        self.server_text = server_text
        self.attempts = attempts
        self.request_id = request_id
        self.hint = hint

    @property
    def status_code(self) -> int:
        """The HTTP status, or the number of the gRPC code; -1 if there was no answer."""
        return self.status if isinstance(self.status, int) else GRPC_CODES.get(self.status or "", -1)

    @property
    def error(self) -> str:
        """What the server said, or else the message."""
        return self.server_text or self.message

    def __str__(self) -> str:
        facts = [
            self.operation,
            None if self.status is None else f"status {self.status}",
            f"{self.attempts} attempts" if self.attempts > 1 else None,
            f"request {self.request_id}" if self.request_id else None,
        ]
        known = ", ".join(fact for fact in facts if fact)
        text = f"{self.message} ({known})" if known else self.message
        return f"{text}. {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[WeaviateBaseError], args: tuple[Any, ...], state: dict[str, Any]) -> WeaviateBaseError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# Before anything is sent


class WeaviateInvalidInputError(WeaviateBaseError):
    """An argument is wrong; nothing was sent."""


class WeaviateClosedClientError(WeaviateBaseError):
    """The client is not connected, or was closed.

    `outcome` is "unknown" when it was closed during the call, which the server may have seen.
    """

    outcome: str = "not sent"

    def __init__(self, message: str = "The client is closed", **facts: Any) -> None:
        facts.setdefault("hint", "Before using it, run client.connect(), or open it with `with`")
        super().__init__(message, **facts)


class WeaviateUnsupportedFeatureError(WeaviateBaseError):
    """The server is too old for what was asked."""

    def __init__(self, feature: str, current: str, minimum: str) -> None:
        super().__init__(f"{feature} needs Weaviate {minimum}; this server is {current}", hint="Upgrade the server")


class WeaviatePackageNotInstalledError(WeaviateBaseError):
    """A package that only some calls need is not installed."""

    def __init__(self, package: str, install: str = "") -> None:
        super().__init__(f"{package} is not installed", hint=f"pip install {install or package}")


class WeaviateAgentsNotInstalledError(WeaviatePackageNotInstalledError):
    """The package of agents is not installed."""

    def __init__(self) -> None:
        super().__init__("weaviate-agents")


class InvalidDataModelError(WeaviateBaseError):
    """A class given as a data model cannot be used as one."""


class AdditionalPropertiesError(WeaviateBaseError):
    """Additional properties were given in two ways at once."""


class WeaviateInsertInvalidPropertyError(WeaviateInvalidInputError):
    """An object has a property of a name that cannot be used."""


class WeaviateAddInvalidPropertyError(WeaviateInvalidInputError):
    """A property with a name that cannot be used was to be added."""


# Connecting, and what happens on the way


class WeaviateConnectionError(WeaviateBaseError):
    """The server could not be reached, or the connection broke.

    `outcome` is "not sent" when the server cannot have seen the request, and "unknown" when it may have.
    """

    outcome: str = "not sent"


class WeaviateGRPCUnavailableError(WeaviateConnectionError):
    """The server's gRPC port could not be reached."""


class WeaviateTimeoutError(WeaviateBaseError):
    """The time that a call may take has run out; what the server did is unknown."""


class WeaviateRetryError(WeaviateBaseError):
    """A request failed as often as it may be tried."""


class WeaviateStartUpError(WeaviateConnectionError):
    """The server is not ready, or is not one that this client can use."""


class WeaviateEmbeddedInvalidVersionError(WeaviateBaseError):
    """There is no such version of the server to embed."""


class WeaviateProtobufIncompatibility(WeaviateBaseError):
    """Never raised: the messages of this client work with every protobuf from 4.25. Here for programs that catch it."""


# Who may do what


class AuthenticationFailedError(WeaviateBaseError):
    """The credentials were refused, or none could be had."""


class MissingScopeError(AuthenticationFailedError):
    """The identity provider needs a scope that was not given."""


# What the server answers


class UnexpectedStatusCodeError(WeaviateBaseError):
    """The server answered with a status that does not mean success."""


class InsufficientPermissionsError(UnexpectedStatusCodeError):
    """The credentials are known, but may not do this."""


class UnauthenticatedError(AuthenticationFailedError, UnexpectedStatusCodeError):
    """The server does not accept the credentials."""


class ObjectAlreadyExistsError(UnexpectedStatusCodeError):
    """There is an object with this id already."""


class ResponseCannotBeDecodedError(WeaviateBaseError):
    """An answer that cannot be read: not what the operation promises."""


class EmptyResponseError(WeaviateBaseError):
    """An answer without the content that it must have."""


class SchemaValidationError(WeaviateBaseError):
    """A collection's configuration that cannot be right."""


class WeaviateQueryError(WeaviateBaseError):
    """The server refused a query; the message has its words."""

    def __init__(self, message: str = "", protocol_type: str = "gRPC", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.protocol_type = protocol_type


class WeaviateBatchError(WeaviateQueryError):
    """A batch as a whole failed."""


class WeaviateBatchSendError(WeaviateQueryError):
    """A part of a batch could not be sent."""


class WeaviateBatchStreamError(WeaviateQueryError):
    """The stream of a batch failed."""


class WeaviateBatchFailedToReestablishStreamError(WeaviateBaseError):
    """The stream of a batch broke and could not be opened again."""


class WeaviateBatchValidationError(WeaviateInvalidInputError):
    """An object or reference that cannot be added to a batch."""


class WeaviateBatchWarning(UserWarning):
    """A batch has ended, and some of what was added to it was not stored, or it is not known whether it was."""


class WeaviateDeleteManyError(WeaviateQueryError):
    """Deleting by a filter failed."""


class WeaviateTenantGetError(WeaviateQueryError):
    """Tenants could not be read."""


class WeaviateInsertManyAllFailedError(WeaviateBaseError):
    """Not one of the objects was stored."""


class BackupFailedError(WeaviateBaseError):
    """A backup or a restore failed."""


class BackupCanceledError(WeaviateBaseError):
    """A backup or a restore was cancelled."""


class ExportFailedError(WeaviateBaseError):
    """An export failed."""


class ExportCanceledError(WeaviateBaseError):
    """An export was cancelled."""


GRPC_CODES = {
    "OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10,
    "OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}  # fmt: skip
GRPC_NAMES = {number: name for name, number in GRPC_CODES.items()}

_LOG_IN = "Give credentials that the server knows: auth_credentials=Auth.api_key(...)"
_ALLOW = "Give the user a role that may do this"

# What an answer means, and what to do about it: by HTTP status and by gRPC code.
MEANING: dict[int | str, tuple[type[WeaviateBaseError], str | None]] = {
    401: (UnauthenticatedError, _LOG_IN),
    "UNAUTHENTICATED": (UnauthenticatedError, _LOG_IN),
    403: (InsufficientPermissionsError, _ALLOW),
    "PERMISSION_DENIED": (InsufficientPermissionsError, _ALLOW),
    408: (WeaviateTimeoutError, None),
    504: (WeaviateTimeoutError, None),
    "DEADLINE_EXCEEDED": (
        WeaviateTimeoutError,
        "Give it more time: AdditionalConfig(timeout=Timeout(query=..., insert=...))",
    ),
    "UNAVAILABLE": (WeaviateGRPCUnavailableError, None),
}


def from_answer(
    doing: str,
    status: int | str,
    text: str,
    otherwise: type[WeaviateBaseError] = UnexpectedStatusCodeError,
    **facts: Any,
) -> WeaviateBaseError:
    """The error that an answer means.

    Args:
        doing: What the client was doing, such as "Creating collection 'Article'".
        status: The HTTP status or the name of the gRPC code.
        text: What the server said.
        otherwise: The class of an answer that the table does not name.
        **facts: See `WeaviateBaseError`.
    """
    if status == "UNKNOWN" and "unauthorized" in text:  # how the server refuses credentials over gRPC
        status = "UNAUTHENTICATED"
    if status == 422 and text.startswith("id '") and text.endswith("already exists"):
        otherwise = ObjectAlreadyExistsError
    kind, hint = MEANING.get(status, (otherwise, None))
    reason = text or ("there is none" if status == 404 else "the server gave no reason")
    return kind(f"{doing} failed: {reason}", status=status, server_text=text, hint=hint, **facts)


# Names of earlier releases
AdditionalPropertiesException = AdditionalPropertiesError
AuthenticationFailedException = AuthenticationFailedError
BackupFailedException = BackupFailedError
EmptyResponseException = EmptyResponseError
InvalidDataModelException = InvalidDataModelError
MissingScopeException = MissingScopeError
ObjectAlreadyExistsException = ObjectAlreadyExistsError
ResponseCannotBeDecodedException = ResponseCannotBeDecodedError
SchemaValidationException = SchemaValidationError
UnexpectedStatusCodeException = UnexpectedStatusCodeError
WeaviateEmbeddedInvalidVersionException = WeaviateEmbeddedInvalidVersionError
WeaviateGrpcUnavailable = WeaviateGRPCUnavailableError
WeaviateInvalidInputException = WeaviateInvalidInputError
WeaviateQueryException = WeaviateQueryError
ERROR_CODE_EXPLANATION = {
    413: "Payload Too Large: send fewer or smaller objects in one request",
}
