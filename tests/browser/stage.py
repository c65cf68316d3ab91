"""An explorer in a page of its own: no Jupyter, and a model that notes what would be sent to the kernel."""

import base64

MOUNT = """async ({source, css, state, dark, late, alone}) => {
    const style = document.createElement('style')
    style.textContent = css
    document.head.append(style)
    for (const block of [state.scene.fixed, state.block]) {
        block.data = new DataView(Uint8Array.from(atob(block.data), c => c.charCodeAt(0)).buffer)
    }
    const heard = {}
    window.model = {
        state, saves: 0, sent: [],
        get: key => state[key],
        set(key, value) { state[key] = value; (heard['change:' + key] || []).forEach(f => f()) },
        save_changes() { this.saves++; this.saved = state.knobs },
        send(message) { this.sent.push(message) },
        hear(message, buffers) { (heard['msg:custom'] || []).forEach(f => f(message, buffers)) },
        on: (event, f) => (heard[event] = heard[event] || []).push(f),
        off: (event, f) => heard[event] = (heard[event] || []).filter(g => g !== f),
        listeners: () => Object.values(heard).flat().length,
    }
    const el = document.createElement('div')
    if (dark) { document.body.style.background = '#111111'; document.body.dataset.jpThemeLight = 'false' }
    if (alone) el.className = 'jupyter-widgets-disconnected'
    if (!late) document.body.append(el)
    const module = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))
    window.cleanup = module.default.render({model, el})
    if (late) document.body.append(el)
}"""


def mount(page, explorer, dark=False, late=False, alone=False):
    """Show the explorer on an empty page, in front of a model of our own.

    late: it is drawn before it is put there. alone: as Jupyter shows a widget without a kernel.
    """
    page.goto("about:blank")
    state = {"knobs": explorer.knobs, "frame": explorer.frame, "block": text(explorer.block)}
    state["scene"] = explorer.scene | {"fixed": text(explorer.scene["fixed"])}
    options = {"dark": dark, "late": late, "alone": alone}
    page.evaluate(MOUNT, {"source": explorer._esm, "css": explorer._css, "state": state} | options)


def text(block):
    """A block of numbers, as JSON can carry it."""
    return block | {"data": base64.b64encode(block["data"]).decode()}


def knob(page, name):
    """Where a control stands."""
    return page.evaluate("name => model.state.knobs[name]", name)


def said(page):
    """The live text."""
    return page.locator(".bpx-live").text_content()
