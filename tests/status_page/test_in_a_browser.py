"""The status page as people see it: a real Chromium, with JavaScript switched off."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize
from playwright.sync_api import Page as Tab

from tests.status_page.conftest import Page

SHOTS = os.environ.get("HERMES_SCREENSHOTS")
"""A folder for screenshots, for whoever wants to look."""

SIZES: dict[str, ViewportSize] = {"desk": {"width": 1200, "height": 900}, "phone": {"width": 390, "height": 800}}


def opened(browser: Browser, size: str = "desk", scheme: str = "light") -> Tab:
    """Open a tab without JavaScript that fails on what the page's own policy forbids."""
    dark = "dark" if scheme == "dark" else "light"
    context = browser.new_context(viewport=SIZES[size], color_scheme=dark, java_script_enabled=False)
    return context.new_page()


def keep(tab: Tab, name: str) -> None:
    """Keep a picture of the whole page where one was asked for."""
    if SHOTS:
        tab.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/story?q=company%201", "/story?q=customer", "/pass?id=1"])
def test_nothing_sticks_out_at_the_side(page: Page, browser: Browser, size: str, scheme: str, path: str) -> None:
    """Wide tables scroll inside their frames; the page itself is never wider than the window."""
    tab = opened(browser, size, scheme)
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(page.url + path)
    keep(tab, f"{size}-{scheme}-{path.strip('/').replace('?', '-').replace('%20', '-') or 'status'}")

    box = tab.locator("main").bounding_box()
    header = tab.locator("header").bounding_box()

    assert box is not None
    assert header is not None
    assert box["x"] + box["width"] <= SIZES[size]["width"]
    assert header["width"] <= SIZES[size]["width"]
    assert complaints == []


def test_the_style_and_the_chart_are_there(page: Page, browser: Browser) -> None:
    """The style sheet passes the page's own policy, and the bars of the chart have a size."""
    tab = opened(browser)
    tab.goto(page.url)

    bars = tab.locator(".chart rect")

    assert bars.count() == len(page.rig.store.passes(100))
    boxes = [bars.nth(number).bounding_box() for number in range(bars.count())]
    assert all(box is not None and box["width"] > 4 and box["height"] >= 1 for box in boxes)
    heights = [box["height"] for box in boxes if box is not None]
    assert heights[0] == max(heights)  # the import changed most
    assert tab.locator(".headline.partly").is_visible()


def test_a_person_searches_and_reads_the_story_of_a_company(page: Page, browser: Browser) -> None:
    """From the search box by a name to the list, to the Company, to the pass that made it, and home again."""
    tab = opened(browser)
    tab.goto(page.url)
    tab.get_by_label("Find an object").fill("customer 2")
    tab.get_by_role("button", name="Find").click()
    tab.get_by_role("link", name="company 21", exact=True).click()

    assert tab.locator("h1").inner_text() == "company 21"
    tab.get_by_role("link", name="pass 1", exact=True).first.click()
    assert tab.locator("h1").inner_text().startswith("Pass 1")
    tab.get_by_role("link", name="hermes-sync").click()
    assert tab.locator("h2").first.inner_text() == "Last passes"


def test_a_click_on_a_bar_opens_its_pass(page: Page, browser: Browser) -> None:
    """Every bar is a link."""
    tab = opened(browser)
    tab.goto(page.url)

    tab.locator(".chart a").first.click()

    assert tab.locator("h1").inner_text().startswith("Pass 1")
