"""Whose lease is whose: no two processes and no two threads of one go by the same name."""

from __future__ import annotations

import multiprocessing
import threading
from typing import Any

from tests.races import together
from tokens.services.claims import owner_name, process_name


def tell(pipe: Any) -> None:
    pipe.send((process_name(), owner_name(), process_name()))


def test_a_forked_process_has_a_name_of_its_own():
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    before = process_name()
    child = context.Process(target=tell, args=(theirs,))
    child.start()
    assert mine.poll(20)
    name, owner, again = mine.recv()
    child.join(20)
    assert name == again
    assert owner.startswith(f"{name}:")
    assert name != before == process_name()


def test_each_thread_of_a_process_has_one():
    meet = threading.Barrier(3)

    def name() -> str:
        meet.wait(10)
        return owner_name()

    names = together(name, name, name)
    assert len({*names, owner_name()}) == 4
    assert all(name.startswith(f"{process_name()}:") for name in names)
