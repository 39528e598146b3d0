"""The one refusal that is nobody's fault: what a process needs is away."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class UnavailableError(DomainError):
    """The infrastructure is away; the same request may be sent again, nothing can be recorded twice."""

    code = "unavailable"
    title = "The service cannot answer now; send the same request again"
    title_fr = "Le service ne peut pas répondre maintenant ; renvoyez la même demande"
    instead = "Send it again in a moment; nothing is recorded twice."
    instead_fr = "Renvoyez-la dans un instant ; rien n'est enregistré deux fois."
    status = 503
    retry_after_s = 1

    @property
    def told(self) -> str:
        """For readiness, heartbeats and logs: what is away, and what it said; senders are told the reason alone."""
        said = [str(value) for value in self.fields.values() if value]
        if "detail" not in self.fields and self.__cause__ is not None:
            # The first line: those behind it may quote what somebody wrote.
            said += [line for line in [str(self.__cause__).strip().partition("\n")[0]] if line]
        return ": ".join(said)
