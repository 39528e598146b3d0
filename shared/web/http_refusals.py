"""Why a client is sent away before it is known what it asks."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class HeadersTooLargeError(DomainError):
    code = "headers_too_large"
    title = "The line and the headers of the request are longer than is accepted"
    title_fr = "Les en-têtes de la demande sont trop longs"
    instead = (
        "[At most {limit_bytes:byte} and {limit_fields:header}.|Send less there.] What is long belongs into the body."
    )
    instead_fr = (
        "[Au plus {limit_bytes:octet} et {limit_fields:en-tête}.|Envoyez-y moins.] Ce qui est long va dans le corps."
    )
    status = 431


class TooSlowError(DomainError):
    code = "too_slow"
    title = "The request did not come in time"
    title_fr = "La demande n'est pas arrivée à temps"
    instead = "Send it again, without a pause; nothing is recorded twice."
    instead_fr = "Renvoyez-la sans interruption ; rien n'est enregistré deux fois."
    status = 408


class UnreadableRequestError(DomainError):
    code = "unreadable"
    title = "What came is no HTTP request, or breaks off"
    title_fr = "Ce qui est arrivé n'est pas une requête HTTP, ou est incomplet"
    instead = "Send it again, whole, as HTTP/1.1."
    instead_fr = "Renvoyez-la, complète, en HTTP/1.1."
    status = 400
