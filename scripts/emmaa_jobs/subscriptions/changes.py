"""Adding and removing users, their subscriptions and their queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.registrations import Registration, Registrations, other_spelling
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.notifications.addresses import LONGEST_ADDRESS, ascii_address
from emmaa_jobs.notifications.service import RecipientRefusedError
from emmaa_jobs.subscriptions.understanding import Understood, understand

#: Prints a line for the person who runs the command.
Say = Callable[[str], None]


@dataclass(frozen=True)
class Registry:
    """The places that a command works on.

    :param dry_run: the databases are :func:`~emmaa_jobs.db.engine.rehearsing`: nothing is kept
    """

    bucket: Bucket
    database: QueryDatabase
    registrations: Registrations
    say: Say
    dry_run: bool = False

    def would(self, done: str) -> str:
        """Return a summary, which in a dry run says that nothing was done."""
        return f"dry run, nothing is written: {done}" if self.dry_run else done


def checked_address(email: str) -> str:
    """Return a mail address without spaces around it.

    :raises InputError: if no mail can be sent to it.
    """
    address = email.strip()
    try:
        if len(address) > LONGEST_ADDRESS:
            raise RecipientRefusedError(f"{address!r:.80}… is not a mail address: it is too long")
        ascii_address(address)
    except RecipientRefusedError as error:
        raise InputError(str(error)) from error
    return address


def add(
    registry: Registry,
    email: str,
    *,
    user_id: int | None = None,
    models: Sequence[str] = (),
    queries: Sequence[tuple[str, str]] = (),
    only_known: bool = True,
) -> str:
    """Add a user, and subscribe them to models and queries; what they have already stays.

    All is checked before anything is written.

    :param user_id: the id that the web service's authentication gave
    :param queries: pairs of a model and a query, a sentence or JSON
    :param only_known: whether the models must know what the queries name
    :raises InputError: naming what cannot be used.
    """
    address = checked_address(email)
    _check_user(registry.registrations.users(), address, user_id)
    for model in models:
        load_config(registry.bucket, model)  # a model that is misspelt has none
    understood = [
        understand(registry.bucket, model, text, only_known=only_known) for model, text in queries
    ]
    for query in understood:
        for line in query.lines():
            registry.say(line)
    number = registry.database.add_user(address, user_id)
    for model in models:
        registry.database.subscribe_to_model(number, model)
    for query in understood:
        _register(registry.database, number, query)
    return registry.would(f"{address} subscribes to {_counted(models, understood)}")


def remove(
    registry: Registry,
    email: str,
    *,
    models: Sequence[str] = (),
    queries: Sequence[str] = (),
    everything: bool = False,
) -> str:
    """End subscriptions of a user, or remove the user and all that they registered.

    :param queries: hashes, as ``list`` shows them
    :param everything: remove the user
    :raises InputError: if there is no such user or subscription, or nothing to remove is named,
        before anything is changed.
    """
    address = email.strip()
    if everything == bool(models or queries):
        raise InputError(
            "name what to remove: either --everything, or models and queries by --model and --query"
        )
    number = registry.registrations.user_id(address)
    if everything:
        registry.registrations.remove_user(address)
        return registry.would(f"{address} is removed, with all that they registered")
    registered = next(r for r in registry.registrations.all() if r.user_id == number)
    hashes = [_subscribed_query(registered, text) for text in queries]
    for model in models:
        if model not in {m.model for m in registered.models if m.subscribed}:
            raise InputError(f"{address} is not subscribed to model {model!r:.200}")
    registry.database.unsubscribe(number, hashes, models)
    return registry.would(f"{address} no longer subscribes to {_counted(models, hashes)}")


def _check_user(users: Mapping[str, int], address: str, user_id: int | None) -> None:
    """Refuse a second user for an address, and a second address for an id.

    :param users: the ids of all users by address
    :raises InputError: naming the user who is there already.
    """
    if address in users:
        if user_id not in (None, users[address]):
            raise InputError(
                f"{address} is user {users[address]} already, not {user_id}: leave --id out"
            )
    elif similar := other_spelling(address, users):
        raise InputError(f"{address} is registered already, written {similar}: write it so")


def show(registry: Registry, email: str | None = None, model: str | None = None) -> str:
    """Print users with their subscriptions and queries.

    :param email: this user alone
    :param model: what concerns this model alone
    :raises InputError: if there is no such user, or nobody registered for the model and it has no
        config.
    """
    if email is not None:
        registry.registrations.user_id(email.strip())
    users = models = queries = 0
    for each in registry.registrations.all():
        if email is not None and each.email != email.strip():
            continue
        lines = _lines(each, model)
        if model is not None and not lines:
            continue
        registry.say(f"{each.email!r} (user {each.user_id})" if each.email else _unnamed(each))
        for line in lines:
            registry.say(f"  {line}")
        users += each.user_id is not None
        models += sum(line.startswith("model ") for line in lines)
        queries += sum(line.startswith("query ") for line in lines)
    if model is not None and not models + queries:
        load_config(registry.bucket, model)  # a model that is misspelt has none
    return f"{users} users, {models} subscriptions to models, {queries} registered queries"


def _register(database: QueryDatabase, user_id: int, understood: Understood) -> None:
    query = understood.query
    database.register_query(
        understood.hash, understood.model, query.to_json(), query.qtype, user_id, subscribe=True
    )


def _counted(models: Sequence[object], queries: Sequence[object]) -> str:
    parts = [
        f"{len(each)} {noun if len(each) == 1 else plural}"
        for each, noun, plural in ((models, "model", "models"), (queries, "query", "queries"))
        if each
    ]
    return " and ".join(parts) or "nothing yet"


def _subscribed_query(registered: Registration, text: str) -> int:
    for each in registered.queries:
        if each.subscribed and str(each.query.hash) == text.strip():
            return each.query.hash
    raise InputError(
        f"{registered.email} is not subscribed to a query {text!r:.200}: `list --user"
        f" {registered.email}` shows the hashes of their queries"
    )


def _unnamed(registration: Registration) -> str:
    return "visitors" if registration.user_id is None else f"user {registration.user_id}"


def _lines(registration: Registration, model: str | None) -> list[str]:
    from emmaa_jobs.queries.query_types import query_from_json

    def english(document: object) -> str:
        try:
            return query_from_json(document).text()
        except Exception as error:  # noqa: BLE001 - odd rows cost their sentence alone
            return f"cannot be read: {type(error).__name__}: {error!s:.200}"

    return [
        *(
            f"model {m.model!r}{'' if m.subscribed else ' (unsubscribed)'}"
            for m in registration.models
            if model in (None, m.model)
        ),
        *(
            f"query {q.query.hash} to {q.query.model!r}: {english(q.query.json)!r}"
            f"{'' if q.subscribed else ' (not subscribed)'}"
            for q in registration.queries
            if model in (None, q.query.model)
        ),
    ]
