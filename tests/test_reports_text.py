"""Nothing in a name can hide."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.text import block, cleaned, visible

ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain name.png", "plain name.png"), ("two\nlines", "two␊lines"), ("tab\there", "tab␉here"),
        ("gnp\u202e.exe", "gnp⟨U+202E⟩.exe"), ("a\u200b\ufeff", "a⟨U+200B⟩⟨U+FEFF⟩"), ("a. ", "a. ".rstrip() + "␠"),
        ("  x", "␠␠x"), ("\x7f", "␡"), ("\ud800", "⟨U+D800⟩"), ("\u2028", "⟨U+2028⟩"),
        ("👨‍👩‍👧é", "👨‍👩‍👧é"), ("شجرة", "شجرة"),
        ("a\u200db", "a⟨U+200D⟩b"), ("", ""), ("   ", "␠␠␠"), ("\U000e0041", "⟨U+E0041⟩"), ("\ue000", "⟨U+E000⟩"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_written_out(name: str, shown: str) -> None:
    assert visible(name) == shown


@given(ANY_TEXT)
def test_visible_text_can_be_written_and_holds_no_control_or_mark(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert all(unicodedata.category(c) != "Cf" or c == "\u200d" for c in shown)
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""), ("one\n\n  two\t2 \n", "one\n\n  two\t2 \n"), ("a\r\nb\rc", "a\nb\nc"),
        ("\u202eleft\x00\u2028", "⟨U+202E⟩left␀⟨U+2028⟩"), ("👨‍👩‍👧\n\u200dé", "👨‍👩‍👧\n⟨U+200D⟩é"),
    ],
)  # fmt: skip
def test_a_text_of_several_lines_keeps_them_and_hides_nothing(text: str, shown: str) -> None:
    assert block(text) == shown == block(shown)


@given(ANY_TEXT)
def test_every_line_of_a_block_is_visible(text: str) -> None:
    shown = block(text)
    shown.encode("utf-8")
    for line in shown.split("\n"):
        inner = line.replace("\t", "").replace(" ", "")
        assert not [c for c in inner if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]


def test_every_text_of_a_document_is_made_visible_keys_included() -> None:
    document = {"a\n": [{"b": "c\u202e"}, ("d\x00",)], "n": 1, "x": None, "inf": float("inf"), "nan": float("nan")}
    assert cleaned(document) == {
        "a␊": [{"b": "c⟨U+202E⟩"}, ["d␀"]], "n": 1, "x": None, "inf": None, "nan": None,
    }  # fmt: skip
