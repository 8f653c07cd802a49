"""What a test does with a browser: open, look, wait, measure, take a picture."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from local.emulator.engine import WORKSHOP

T = TypeVar("T")
DESKTOP, PHONE = 1440, 390
HEIGHTS = {DESKTOP: 900, PHONE: 844}
MAX_HEIGHT = 4000  # of a picture
AXE = WORKSHOP / "judges/node_modules/axe-core/axe.min.js"  # tests/judges/package.json

# Elements whose own text is cut off: hidden overflow in either direction, unless it is the few
# lines that a card shows of a long prompt, or text for screen readers only.
_CUT = """
return [...document.querySelectorAll('body *')].filter((each) => {
  if (!each.checkVisibility()) return false;
  if (each.closest('.visually-hidden, h3, .prompt, video, svg')) return false;
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const style = getComputedStyle(each);
  const hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
  const box = each.getBoundingClientRect();
  const cut = each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
  return own && ((hides && cut) || box.right > innerWidth + 1 || box.left < -1);
}).map((each) => each.outerHTML.slice(0, 120));
"""
# Text that is hard to read on what lies behind it, by the contrast of WCAG 2.2, 1.4.3; of plain
# colours only.
_FAINT = """
const read = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (each) => {
  for (let at = each; at; at = at.parentElement) {
    const colour = read(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
    if (colour[3] > 0 || getComputedStyle(at).backgroundImage !== 'none') return null;
  }
  return null;
};
return [...document.querySelectorAll('body *')].filter((each) => {
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !each.checkVisibility() || each.closest('.stage, .visually-hidden')) return false;
  const ground = behind(each);
  if (!ground) return false;
  const [one, two] = [light(read(getComputedStyle(each).color)), light(ground)];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05) < 4.5;
}).map((each) => each.outerHTML.slice(0, 120));
"""
_FILES = """
const input = document.createElement('input');
input.type = 'file';
input.multiple = true;
document.body.append(input);
return input;
"""
_DROP = """
const [input, zone] = arguments, data = new DataTransfer();
for (const file of input.files) data.items.add(file);
for (const kind of ['dragenter', 'dragover', 'drop']) {
  zone.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
}
input.remove();
"""


class Screen:
    """One browser tab of a known width and colour scheme."""

    def __init__(self, chrome: Chrome, shots: Path) -> None:
        self.chrome = chrome
        self._shots = shots

    def clear(self) -> None:
        """An empty desktop window; what the console said is forgotten."""
        self.chrome.get("about:blank")
        self.be(DESKTOP)
        self.chrome.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own

    def be(self, width: int, scheme: str = "light") -> None:
        """As wide as this, in pixels, light or dark."""
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=HEIGHTS[width],
            deviceScaleFactor=1,
            mobile=width == PHONE,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._tell("Emulation.setEmulatedMedia", features=[feature])

    def open(self, url: str) -> None:
        self.chrome.get(url)

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return str(self.find(selector).text)

    def run(self, script: str, *given: Any) -> Any:
        """What a script returns."""
        return self.chrome.execute_script(script, *given)

    def until(self, look: Callable[[], T], what: str, patience: float = 60) -> T:
        """What `look` finds as soon as it is anything. Raises AssertionError."""
        give_up_at = time.monotonic() + patience
        while time.monotonic() < give_up_at:
            found = look()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {patience} s; {self.text('body')[:500]}")

    def errors(self) -> list[str]:
        """What the console has complained about."""
        lines = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def shoot(self, name: str) -> None:
        """A picture of the whole page, for a person to look at."""
        size = self._tell("Page.getLayoutMetrics")["cssContentSize"]
        frame = {"x": 0, "y": 0, "scale": 1, "width": size["width"]}
        frame["height"] = min(size["height"], MAX_HEIGHT)
        taken = self._tell("Page.captureScreenshot", captureBeyondViewport=True, clip=frame)
        (self._shots / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def flaws(self) -> list[str]:
        """What makes the page hard to read: sideways scrolling, text cut off, faint text."""
        wide = self.run("return document.documentElement.scrollWidth - innerWidth")
        flaws = [f"{wide} pixels too wide"] if wide > 0 else []
        flaws += [f"cut off: {each}" for each in self.run(_CUT)]
        return flaws + [f"faint: {each}" for each in self.run(_FAINT)]

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA and good practice, a line for each."""
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.run("return axe.run().then((told) => told.violations)")
        return [
            f"{each['id']}: {each['help']}: {node['html'][:160]}"
            for each in found
            for node in each["nodes"]
        ]

    def put_files(self, files: list[Path], zone: str) -> None:
        """Drop real files onto an element, as the system's own drag and drop would."""
        hidden = self.run(_FILES)
        hidden.send_keys("\n".join(str(each) for each in files))
        self.run(_DROP, hidden, self.find(zone))

    def may(self, **setting: Any) -> None:
        """Let pages use the clipboard and save files into a folder, without a question."""
        self._tell("Browser.grantPermissions", permissions=["clipboardReadWrite"])
        self._tell("Browser.setDownloadBehavior", behavior="allow", **setting)

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages that are opened meanwhile run none."""
        self._tell("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self._tell("Emulation.setScriptExecutionDisabled", value=False)

    @contextmanager
    def printed(self) -> Iterator[None]:
        """The page as it is printed."""
        self._tell("Emulation.setEmulatedMedia", media="print")
        try:
            yield
        finally:
            self._tell("Emulation.setEmulatedMedia", media="")

    def _tell(self, command: str, **given: Any) -> Any:
        return self.chrome.execute_cdp_cmd(command, given)
