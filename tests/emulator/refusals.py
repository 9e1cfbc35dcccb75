"""Refusals of the control and of the state's verbs; each carries a sentence for whoever asked."""


class Refusal(Exception):
    status = 400


class Wrong(Refusal):
    """The call itself is wrong."""


class Missing(Refusal):
    """What the call names does not exist."""

    status = 404
