"""``init``, ``serve``: what operators do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.chain_options import (
    AnchorInterval,
    ChainId,
    ChainName,
    Confirmations,
    DryRun,
    GenesisHash,
    Independent,
    Quorum,
    Rpc,
    SenderKey,
    genesis_hash,
    print_plan,
    sender_choice,
    tell_waiting,
    warn_of_few_nodes,
)
from provenance.cli.commands.options import (
    AsJson,
    Folder,
    KeysDatabase,
    Passphrase,
    databases_of,
    read_passphrase,
)
from provenance.cli.commands.policies import grouped
from provenance.cli.files import write_file
from provenance.cli.language import _
from provenance.cli.log_format import JSONLines
from provenance.cli.output import print_fields, print_json, say
from provenance.errors import FatalError, MalformedError
from provenance.service.settings import LedgerFolder, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.service.choose_chain import ChosenChain
    from provenance.service.ledger import Ledger
    from provenance.service.settings import Databases

__all__ = ["register"]

_ORIGIN = re.compile(r"[a-z0-9.-]+(/[A-Za-z0-9._~-]+)*")


def register(app: Application) -> None:
    """Add the commands of this file."""
    founding = _("Found a ledger: keys, contract, genesis, first checkpoint, policy.")
    app.add("init", init, help=founding)
    app.add("serve", serve, help=_("Run a ledger: API, writer and anchoring worker."))


# --- init -----------------------------------------------------------------------------------


def init(
    folder: Folder,
    origin: Annotated[
        str,
        typer.Option("--origin", help=_("The log's name for ever, as ledger.example.org/2026.")),
    ],
    chain: Annotated[
        str | None,
        typer.Option(
            "--chain", metavar="PROFILE", help=_("Which chain: mainnet, sepolia, base, ...")
        ),
    ] = None,
    rpc: Rpc = None,
    quorum: Quorum = None,
    chain_id: ChainId = None,
    first_block: GenesisHash = None,
    chain_name: ChainName = None,
    confirmations: Confirmations = None,
    anchor_interval: AnchorInterval = None,
    sender: SenderKey = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", metavar="DSN", help=_("PostgreSQL database of the log; else SQLite.")
        ),
    ] = None,
    keys_database: KeysDatabase = None,
    passphrase: Passphrase = None,
    *,
    independent: Independent = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Found a ledger in an empty or new folder."""
    # imported here: it loads the chain's libraries, which most commands do not need
    from provenance.service.choose_chain import Wish, choose_chain  # noqa: PLC0415

    if not _ORIGIN.fullmatch(origin):
        raise MalformedError(
            f"expected a host name and path without scheme, got {origin!r}", field="--origin"
        )
    chosen = choose_chain(
        Wish(
            profile=chain,
            nodes=tuple(rpc or ()),
            quorum=quorum,
            chain_id=chain_id,
            genesis_hash=genesis_hash(first_block),
            name=chain_name,
            confirmations=confirmations,
            independent=independent,
            interval=anchor_interval,
            sender=sender_choice(sender),
        )
    )
    warn_of_few_nodes(chosen)
    databases = databases_of(database, keys_database)
    if databases is not None:
        # reading the settings will ask whether they and the chain go together: better said now
        Settings.parse(Settings((chosen.settings,), database=databases).to_bytes())
    place = LedgerFolder(folder.absolute())
    if dry_run:
        _plan(place, chosen, origin, as_json=as_json)
    else:
        _found(place, chosen, origin, passphrase, databases, as_json=as_json)


def _plan(place: LedgerFolder, chosen: ChosenChain, origin: str, *, as_json: bool) -> None:
    from provenance.service.operator_keys import OperatorKeys  # noqa: PLC0415 -- as in init
    from provenance.service.prepare_chain import plan_chain  # noqa: PLC0415 -- as in init

    print_plan(plan_chain(place, chosen, OperatorKeys(place.keys), origin), as_json=as_json)


def _found(
    place: LedgerFolder,
    chosen: ChosenChain,
    origin: str,
    passphrase: Path | None,
    databases: Databases | None,
    *,
    as_json: bool,
) -> None:
    from provenance.service.found_ledger import found_ledger  # noqa: PLC0415 -- as in init
    from provenance.service.prepare_chain import Patience  # noqa: PLC0415 -- as in init

    policy = found_ledger(
        place,
        chosen,
        origin=origin,
        passphrase=read_passphrase(passphrase, confirm=True),
        now_unix=int(time.time()),
        database=databases,
        patience=Patience(tell=tell_waiting),
    )
    if as_json:
        print_json({"origin": origin, "policy_digest": policy.digest.hex()})
        return
    print_fields(
        (
            (_("log"), origin),
            (_("policy"), place.policy),
            (_("digest"), grouped(policy.digest)),
        )
    )
    say(_("Publish the digest where readers will find it: on paper, on your web page."))
    say(_("Move keys/root.jwe off this machine: the service does not need it."))


# --- serve ----------------------------------------------------------------------------------


def serve(
    folder: Folder,
    host: Annotated[str, typer.Option("--host", help=_("Address to listen on."))] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help=_("Port; 0 takes a free one."))
    ] = 8000,
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help=_("Answer readers; take no records."))
    ] = False,
) -> None:
    """Run until SIGTERM or Ctrl-C; then finish the batch in hand, answer, and stop."""
    from provenance_api.server import free_port, is_loopback  # noqa: PLC0415 -- as in init

    from provenance.service.ledger import Ledger  # noqa: PLC0415 -- as in init

    handler = logging.StreamHandler()
    handler.setFormatter(JSONLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("provenance").setLevel(logging.INFO)
    place = LedgerFolder(folder.absolute())
    _check_settings(place)
    stop = asyncio.Event()
    failed: list[FatalError] = []

    def on_fatal(error: FatalError) -> None:
        logging.getLogger("provenance.service").critical("the service ends: %s", error)
        failed.append(error)
        loop.call_soon_threadsafe(stop.set)

    loop = asyncio.new_event_loop()
    ledger = Ledger(place, read_only=read_only, on_fatal=on_fatal)
    if not is_loopback(host) and ledger.settings.write_policy is None:
        raise MalformedError(
            f"{host} can be reached by others: put a write_policy into {place.settings} first",
            field="--host",
        )
    # refused before anything is started, or said to be served
    url = _url(host, free_port(host, port))
    ledger.start()
    try:
        loop.run_until_complete(_serve(ledger, host, url, stop))
    finally:
        _take_address_away(place, url)
        ledger.stop()
        loop.close()
    if failed:
        raise failed[0]


def _check_settings(place: LedgerFolder) -> None:
    """Read the settings once for the name of their file, which their own errors leave out."""
    try:
        place.read_settings()
    except MalformedError as error:
        if place.settings.exists():
            named = MalformedError(f"{place.settings}: {error}")
            named.field = error.field
            raise named from error
        raise


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _take_address_away(place: LedgerFolder, url: str) -> None:
    """Remove the file with our address, unless another process of this ledger wrote its own."""
    with contextlib.suppress(OSError):
        if place.address.read_text("ascii").strip() == url:
            place.address.unlink()


async def _serve(ledger: Ledger, host: str, url: str, stop: asyncio.Event) -> None:
    from provenance_api.app import create_app  # noqa: PLC0415 -- as in init
    from provenance_api.server import serve as serve_app  # noqa: PLC0415 -- as in init

    def on_ready() -> None:
        write_file(ledger.folder.address, f"{url}\n".encode())
        say(_("{origin} is served at {url}").format(origin=ledger.origin, url=url))
        say(_("Its page, for a browser: {url}/").format(url=url))
        sys.stdout.flush()  # who reads it through a pipe waits for this line

    port = int(url.rpartition(":")[2])
    await serve_app(create_app(ledger), host=host, port=port, on_ready=on_ready, stop=stop)
