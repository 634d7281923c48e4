"""Which slot is asked first while one is slow or hangs."""

from __future__ import annotations

from bot.slots import Slot, Slots


def two() -> tuple[Slots, Slot, Slot]:
    """Slot a has the model of the conversation's Release, slot b another."""
    slots = Slots(["http://a", "http://b"], lambda release: "m1")
    a, b = slots.states()
    a.ready = b.ready = True
    a.model, b.model = "m1", "m2"
    return slots, a, b


def test_amid_a_form_a_busy_slot_with_the_same_model_comes_first() -> None:
    slots, a, b = two()
    a.silent = True
    for _ in range(2):
        assert [a, b] == slots.for_release("r1", in_form=True)
        assert [b, a] == slots.for_release("r1")


def test_a_slot_that_hangs_comes_last_amid_a_form_too() -> None:
    slots, a, b = two()
    slots.hangs(a)
    for _ in range(2):
        assert [b, a] == slots.for_release("r1", in_form=True)
