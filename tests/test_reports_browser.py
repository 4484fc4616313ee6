"""The page in a real browser: it opens, says nothing to the console, asks for nothing, and names stay text."""

from __future__ import annotations

import pytest

from reports import render
from tests import report_samples as samples
from tests.browser import PageOf, without_policy

TITLE = "Inspection of semantic masks"

#: What a name could turn into: elements, and attributes that run something.
COUNTED = """() => {
  const all = [...document.querySelectorAll("*")];
  return {
    elements: all.reduce((sums, each) => ({ ...sums, [each.localName]: (sums[each.localName] ?? 0) + 1 }), {}),
    handlers: all.flatMap((each) => each.getAttributeNames()).filter((name) => name.startsWith("on")).length,
    addresses: all.flatMap((each) => [each.getAttribute("src"), each.getAttribute("href")])
      .filter((each) => each && !/^(#|data:)/.test(each)),
  };
}"""


@pytest.fixture(scope="module")
def hostile() -> str:
    return render(*samples.with_pictures(samples.hostile()))


def test_a_request_and_a_script_would_be_seen(page_of: PageOf, hostile: str) -> None:
    asking = hostile.replace("</main>", '<img src="https://localhost/x.png"><script>document.title = 1</script></main>')
    tab = page_of(asking, quiet=False)
    assert any("https://localhost/x.png" in line for line in tab.said) and any("script" in line for line in tab.said)
    assert tab.page.title() == TITLE
    with pytest.raises(AssertionError, match="localhost"):
        tab.check_quiet()


def test_a_request_that_is_let_through_would_be_seen(page_of: PageOf) -> None:
    tab = page_of('<!DOCTYPE html><script>throw Error("thrown")</script><img src="beside.png">', quiet=False)
    assert [address.rsplit("/", 1)[1] for address in tab.asked] == ["beside.png"] and tab.errors == ["thrown"]


def test_the_page_opens_without_a_request_or_a_word_to_the_console(page_of: PageOf, hostile: str) -> None:
    tab = page_of(hostile)
    assert tab.page.title() == TITLE
    assert tab.page.locator("article").count() == hostile.count("<article")
    assert tab.evaluate("() => document.body.lastElementChild.localName") in ("footer", "script")


def test_without_its_policy_the_page_is_as_harmless(page_of: PageOf, hostile: str) -> None:
    """Escaping holds alone: the policy is a second wall, not the only one."""
    bare = page_of(without_policy(hostile))
    assert bare.page.title() == TITLE
    seen = bare.evaluate(COUNTED)
    harmless = page_of(render(*samples.with_pictures(samples.named_everywhere("plain")))).evaluate(COUNTED)
    assert seen["handlers"] == 0 and seen["addresses"] == []
    assert set(seen["elements"]) == set(harmless["elements"])
    assert seen["elements"].get("script") == harmless["elements"].get("script")
