import io
import json

import pytest

from parcours.client.event_files import LARGEST_EVENT, EventFile, Item
from parcours.terminal.console import CommandError

ONE = {"type": "pathways.hired.v1", "data": {"text": 'a [b], {c} \\ " é'}}


def read(text: str | bytes) -> list[Item]:
    return list(EventFile(io.BytesIO(text.encode() if isinstance(text, str) else text), "events.json"))


def test_lines_keep_their_numbers_past_blank_ones() -> None:
    items = read(f"\n{json.dumps(ONE)}\n\n   \n{json.dumps(ONE)}")
    assert [(item.number, item.type) for item in items] == [(2, "pathways.hired.v1"), (5, "pathways.hired.v1")]


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_an_event() -> None:
    items = read(b"\xef\xbb\xbf" + json.dumps(ONE).encode() + b"\r\n" + json.dumps(ONE).encode() + b"\r\n")
    assert [json.loads(item.text) for item in items] == [ONE, ONE]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_event_by_event(indent: int | None) -> None:
    file = EventFile(io.BytesIO(json.dumps([ONE] * 3, indent=indent).encode()), "events.json")
    items = list(file)
    assert [(item.number, json.loads(item.text)) for item in items] == [(1, ONE), (2, ONE), (3, ONE)]
    assert all(b"\n" not in item.text for item in items)
    assert file.unit == "event"


def test_an_array_larger_than_what_is_read_at_once_comes_whole() -> None:
    events = [{"type": f"t{number}", "data": "é" * 3_000} for number in range(600)]
    items = read(json.dumps(events, ensure_ascii=False))
    assert [json.loads(item.text) for item in items] == events


@pytest.mark.parametrize("text", ["[", "[{}", '[{"a":1} {"b":2}]', '[{"a":', "[1,]", b"[\xff]"])
def test_a_broken_array_is_said_so(text: str | bytes) -> None:
    with pytest.raises(CommandError, match=r"events\.json is a JSON array that cannot be read"):
        read(text)


def test_an_empty_array_and_an_empty_file_hold_nothing() -> None:
    assert read("[]") == read("") == read("\n \n") == []


def test_one_event_may_be_laid_out_over_several_lines() -> None:
    (item,) = read(json.dumps(ONE, indent=2))
    assert json.loads(item.text) == ONE
    assert b"\n" not in item.text


def test_lines_of_which_the_first_is_broken_are_lines() -> None:
    items = read(f'{{"a":\n{json.dumps(ONE)}\n')
    assert [(item.number, item.type) for item in items] == [(1, None), (2, "pathways.hired.v1")]
    assert items[0].fault.startswith("not JSON")


@pytest.mark.parametrize("text", ["3", '"text"', "{}", '{"type": 3}', "nonsense"])
def test_what_has_no_type_has_a_fault(text: str) -> None:
    (item,) = read(text)
    assert item.type is None
    assert item.fault


def test_an_endless_line_is_passed_over_and_never_held() -> None:
    items = read(b"x" * (2 * LARGEST_EVENT + 5) + b"\n" + json.dumps(ONE).encode())
    assert [(item.number, item.type) for item in items] == [(1, None), (2, "pathways.hired.v1")]


def test_how_much_was_read_is_known_for_the_progress() -> None:
    text = "".join(json.dumps(ONE) + "\n" for _ in range(5)).encode()
    file = EventFile(io.BytesIO(text), "events.json")
    assert len(list(file)) == 5
    assert file.read_bytes == len(text)
