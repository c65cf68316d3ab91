"""A lesson that is open in JupyterLab, as the one who reads it sees it."""

import re

from playwright.sync_api import Locator, Page, expect

READY = """() => {
    const context = window.jupyterapp?.shell?.currentWidget?.context
    return context?.isReady && context.sessionContext.isReady && context.sessionContext.session?.kernel?.status === 'idle'
}"""
SHOW = """async text => {
    const notebook = jupyterapp.shell.currentWidget.content
    const number = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.includes(text))
    await notebook.scrollToItem(number)
    return number
}"""
ERRORS = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .flatMap(cell => cell.outputs ?? []).filter(output => output.output_type === 'error').map(error => error.ename)"""


class Notebook:
    """Cells are found by a text that is in their source and in no cell above."""

    def __init__(self, page: Page):
        self.page = page
        page.wait_for_function(READY)

    def cell(self, text: str) -> Locator:
        """The cell, scrolled into view. It is this cell for good, whatever is typed into it."""
        return self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{self._number(text)}']")

    def _number(self, text: str) -> int:
        number = self.page.evaluate(SHOW, text)
        assert number >= 0, f"no cell holds {text!r}"
        return number

    def write(self, cell: Locator, source: str) -> None:
        """Replace what stands in a cell, by keyboard, and run it."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def run(self, cell: Locator) -> Locator:
        """Run a cell as it stands; returns the place of its outputs."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell.locator(".jp-OutputArea")

    def run_all(self) -> None:
        """Run > Run All Cells, and wait for the last."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        last = self.page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]:"))

    @property
    def errors(self) -> list[str]:
        """The exceptions that are shown anywhere in the notebook."""
        return self.page.evaluate(ERRORS)
