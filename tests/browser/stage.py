"""An explorer in a page of its own: no Jupyter, and a model that notes what would be sent to the kernel."""

import base64

MOUNT = """async ({source, css, state, dark, late}) => {
    const style = document.createElement('style')
    style.textContent = css
    document.head.append(style)
    const bytes = Uint8Array.from(atob(state.data), c => c.charCodeAt(0))
    state.data = new DataView(bytes.buffer)
    const heard = {}
    window.model = {
        state, saves: 0, sent: [],
        get: key => state[key],
        set(key, value) { state[key] = value; (heard['change:' + key] || []).forEach(f => f()) },
        save_changes() { this.saves++ },
        send(message) { this.sent.push(message) },
        hear(message, buffers) { (heard['msg:custom'] || []).forEach(f => f(message, buffers)) },
        on: (event, f) => (heard[event] = heard[event] || []).push(f),
        off: (event, f) => heard[event] = (heard[event] || []).filter(g => g !== f),
        listeners: () => Object.values(heard).flat().length,
    }
    const el = document.createElement('div')
    if (dark) { document.body.style.background = '#111111'; document.body.dataset.jpThemeLight = 'false' }
    if (!late) document.body.append(el)
    const module = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))
    window.cleanup = module.default.render({model, el})
    if (late) document.body.append(el)
}"""
STATE = ("scene", "layout_of_data", "words", "knobs", "asked", "frame")


def mount(page, explorer, dark=False, late=False):
    """Show the explorer on an empty page, in front of a model of our own; `late`, it is drawn before it is put there."""
    page.goto("about:blank")
    state = {name: getattr(explorer, name) for name in STATE} | {"data": base64.b64encode(explorer.data).decode()}
    page.evaluate(MOUNT, {"source": explorer._esm, "css": explorer._css, "state": state, "dark": dark, "late": late})


def knob(page, name):
    """Where a control stands."""
    return page.evaluate("name => model.state.knobs[name]", name)


def said(page):
    """The live text."""
    return page.locator(".bpx-live").text_content()
