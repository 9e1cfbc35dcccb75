"""Workers and whole machines are killed at random moments while they refresh."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from tests.crashes.account import Seen, conclude
from tests.crashes.machines import Machine
from tests.crashes.scene import PATIENCE, Scene, patiently
from tests.crashes.scene import pause as wait
from tokens.models import Credential

OldString = Literal["dies_at_once", "dies_later"]
WORDS = {"dies_at_once": "the old string dies at once", "dies_later": "the old string lives three minutes"}
# A question that was under way when its worker died is answered within that time, if at all.
UNDER_WAY = 2.0


@dataclass(slots=True)
class Blow:
    """One kill.

    Args:
        at: when its victim was dead, in the emulator's time.
        held: handles whose lease the victim held.
        at_most: how many calls it can have had in flight.
    """

    at: float
    held: set[str]
    at_most: int


@dataclass(slots=True)
class Toll:
    """All kills of a run.

    Args:
        dead: what the names on leases that nobody holds any more begin with.
        unnamed: machines whose dead workers' leases can't be told from those of the living.
    """

    blows: list[Blow] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)
    unnamed: set[str] = field(default_factory=set)

    def explains(self, handle: str, given_at: float) -> bool:
        """Whether that handle's answer, given at that moment, was in flight to somebody who was killed."""
        return any(handle in blow.held and given_at <= blow.at + UNDER_WAY for blow in self.blows)


def run(
    scene: Scene, *, tokens: int, kills: int, old_string: OldString, machines: int = 2, real_leases: bool = False
) -> Seen:
    """Kills at `kills` moments, drawn so that each falls into the work on its share of the tokens.

    Args:
        scene: where.
        tokens: how many.
        kills: how many.
        old_string: what Meta does to a string that was replaced.
        machines: how many, of two workers each.
        real_leases: wait for the leases of the dead to end by themselves, instead of ending them.
    """
    seen, toll, began = Seen(f"{kills} kills, {WORDS[old_string]}"), Toll(), time.monotonic()
    scene.state.configure(old_string=old_string)
    scene.enlist(tokens)
    scene.start(machines, 2)
    for number in range(kills):
        _strike(scene, toll, tokens // kills)
        if not real_leases and toll.dead:
            scene.end_leases(*toll.dead)
        seen.figures["kills"] = number + 1
    _raise_all(scene)
    scene.make_due()
    if not real_leases:
        _end_leases(scene, toll)
    scene.await_quiet(patience=2 * PATIENCE)
    seen.figures |= {f"of {kind}": number for kind, number in sorted(toll.kinds.items())}
    seen.figures["seconds"] = round(time.monotonic() - began)
    lost_rightly = _explained(scene, toll)
    at_most = min(sum(blow.at_most for blow in toll.blows), sum(len(blow.held) for blow in toll.blows))
    conclude(scene, seen, may_be_lost=lost_rightly if old_string == "dies_at_once" else frozenset(), once=False)
    seen.figures["lost at most"] = at_most
    if seen.figures["lost"] > at_most:
        seen.broken.append(f"{seen.figures['lost']} lost, more than the {at_most} that were in flight")
    return seen


def _strike(scene: Scene, toll: Toll, portion: int) -> None:
    """Lets a portion come due, waits for a moment drawn from the work on it, and kills."""
    before = scene.asked()
    scene.make_due(portion)
    scene.await_questions(scene.rng.randint(1, max(1, portion)), before)
    wait(scene.rng.uniform(0, 2 * scene.cable.latency))
    victim = scene.rng.choice([machine for machine in scene.machines if machine.alive])
    if scene.rng.random() < 0.7:
        toll.blows.append(_kill_worker(scene, victim, toll))
        toll.kinds["workers"] += 1
        return
    owner = victim.kill()
    toll.dead.append(owner)
    toll.unnamed.discard(owner)
    toll.blows.append(Blow(scene.state.now(), _held(owner), scene.threads * victim.workers))
    toll.kinds["machines"] += 1
    victim.start()
    if not any(machine.alive for machine in scene.machines if machine is not victim):
        victim.wait_until_ready()


def _kill_worker(scene: Scene, machine: Machine, toll: Toll) -> Blow:
    machine.wait_until_ready()
    own = f"{machine.owner}{machine.kill_worker(scene.rng)}:"
    held = _held(own)
    if held:
        toll.dead.append(own)
        return Blow(scene.state.now(), held, scene.threads)
    # It held nothing, or its name does not tell it from the others: then all of the machine must die first.
    held = _held(machine.owner)
    if held:
        toll.unnamed.add(machine.owner)
    return Blow(scene.state.now(), held, scene.threads)


def _held(owner: str) -> set[str]:
    rows = Credential.objects.filter(lease_owner__startswith=owner, lease_until__isnull=False)
    return patiently(lambda: set(rows.values_list("connection__handle", flat=True)))


def _raise_all(scene: Scene) -> None:
    for machine in scene.machines:
        if not machine.alive:
            machine.start()
        machine.wait_until_ready()


def _end_leases(scene: Scene, toll: Toll) -> None:
    """Ends the leases of all who are dead; machines of which that can't be said alone are stopped for it."""
    for machine in scene.machines:
        if machine.owner in toll.unnamed:
            machine.stop()
            toll.dead.append(machine.owner)
    _raise_all(scene)
    scene.end_leases(*toll.dead)


def _explained(scene: Scene, toll: Toll) -> set[str]:
    """The handles whose newest token may have been lost with a worker that was killed."""
    return {
        person.username
        for person in scene.state.persons.values()
        if toll.explains(person.username, person.tokens[-1].issued_at)
    }
