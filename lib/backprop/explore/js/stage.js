// The stage: what all explorers share. It lays out controls, panels and one line of live text, keeps the positions of the
// controls in the browser, and hands every panel the numbers that belong to them. No kernel is needed to move.
//
// From Python:  scene    what there is: label, controls, panels, text, asks (controls that only the kernel can answer), and
//                        the numbers that are fixed
//               block    the numbers that the kernel answered last; numbers.js says what a block is
//               knobs    control -> position, an integer; the one thing that is sent back
//               frame    counts how often Python replaced the block; comes last, with it
//
// A renderer is RENDERERS.kind = (panel, place, stage) => draw, where draw() brings the picture up to date.

const RENDERERS = {}
const NS = 'http://www.w3.org/2000/svg'

export default {
  render({ model, el }) {
    const stage = new Stage(model, el)
    return () => stage.end()
  },
}

// ----- making elements -----

function fill(element, attributes, parent) {
  for (const key in attributes) if (attributes[key] !== undefined) element.setAttribute(key, attributes[key])
  if (parent) parent.append(element)
  return element
}

const svg = (tag, attributes, parent) => fill(document.createElementNS(NS, tag), attributes, parent)

function html(tag, attributes, parent, text) {
  const element = fill(document.createElement(tag), attributes, parent)
  if (text !== undefined) element.textContent = text
  return element
}

// JupyterLab takes arrow keys away from whatever does not say this of itself.
const KEYS = { 'data-lm-suppress-shortcuts': '' }

// Said where the picture cannot follow a control.
const NEEDS = 'This control needs a running kernel: run the cell again.'
const WAITS = 'This control waits for the kernel, which is busy or does not run.'
const PATIENCE = 2000 // milliseconds

const FRAMES = 8 // from one that Python hears of to the next

// A kernel may have gone, and then nobody hears it.
function tell(model, message) {
  try { model.send(message) } catch (error) { console.warn(`The kernel cannot be told: ${error.message}`) }
}

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches

// Four digits, as Python's explorers write them.
function digits(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? '–' : x > 0 ? '∞' : '−∞'
  const size = Math.abs(x)
  const plain = x === 0 || (size >= 1e-3 && size < 1e5)
  const text = plain ? String(+x.toPrecision(4)) : x.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e')
  return text.replace('-', '−').replace('e-', 'e−')
}

class Stage {
  constructor(model, el) {
    this.model = model
    this.scene = model.get('scene')
    this.counts = Object.fromEntries(this.scene.controls.filter(c => c.values).map(c => [c.name, c.values.length]))
    this.numbers = new Numbers(model, this.counts)
    this.root = html('div', { class: 'bpx', role: 'group', 'aria-label': this.scene.label }, el)
    this.setters = {}
    this.shown = {}
    this.timers = new Set()
    this.addControls()
    this.addPanels()
    this.live = html('p', { class: 'bpx-live', 'aria-live': 'polite' }, this.root)
    this.listen()
    this.draw()
    // A notebook renders what is far below before it stands in the page, where no style sheet reaches it yet.
    this.arrival = new ResizeObserver(() => this.draws.forEach(draw => draw()))
    this.arrival.observe(this.root)
  }

  listen() {
    this.heard = {
      'change:knobs': () => this.moved(),
      'change:frame': () => this.arrived(),
      'msg:custom': (message, buffers) => this.told(message, buffers),
    }
    for (const event in this.heard) this.model.on(event, this.heard[event])
  }

  end() {
    if (this.unsaved) this.save()
    this.arrival.disconnect()
    for (const event in this.heard) this.model.off(event, this.heard[event])
    for (const timer of this.timers) clearInterval(timer)
    clearTimeout(this.late)
    cancelAnimationFrame(this.due)
    this.numbers.end()
    this.root.remove()
  }

  // ----- numbers -----

  told(message, buffers) {
    if (message.forget) this.numbers.forget()
    if (message.ahead) this.numbers.keep({ ...message.ahead, data: buffers[0] }, message.next)
  }

  knob(name) { return this.model.get('knobs')[name] ?? 0 }

  has(name) { return this.numbers.has(name) }

  pick(name) { return this.numbers.pick(name) }

  number(name) { return this.pick(name).values[0] }

  // The entry of an array at which a control stands.
  entry(name, control) { return this.pick(name).values[this.knob(control)] }

  // A number, an array of this name, or the position of a control.
  value(name) { return typeof name === 'number' ? name : this.has(name) ? this.number(name) : this.knob(name) }

  // ----- moving -----

  move(changes) {
    const knobs = { ...this.model.get('knobs') }
    for (const name in changes) knobs[name] = Math.max(0, Math.min(this.counts[name] - 1, changes[name]))
    this.model.set('knobs', knobs) // draws, by 'change:knobs'
    if (this.numbers.fits()) this.saveOncePainted()
    else this.save()
  }

  // To tell the kernel takes longer than to draw, and JupyterLab is busy with its answer. What is waited for is told at once.
  saveOncePainted() {
    if (!this.unsaved) requestAnimationFrame(() => setTimeout(() => this.unsaved && this.save()))
    this.unsaved = true
  }

  save() {
    this.unsaved = false
    this.model.save_changes()
  }

  moved() {
    this.numbers.rest()
    if (this.numbers.find()) return this.draw()
    this.showKnobs()
    this.asks()
  }

  // Numbers that the hand has left behind are shown only where there are none for the place where it is.
  arrived() {
    this.numbers.arrive()
    if (!this.scene.streams && this.numbers.fits()) return
    if (!this.numbers.find()) this.numbers.now = this.numbers.last
    if (this.knob('run')) this.stream()
    else this.draw()
  }

  // Of the frames that come between two paintings, the last is drawn. Who sends them hears that they are on the screen,
  // and so never runs ahead of it.
  stream() {
    this.due ||= requestAnimationFrame(() => {
      this.due = 0
      this.draw()
      const frame = this.model.get('frame')
      if (frame - (this.seen ?? 0) >= FRAMES) tell(this.model, { seen: this.seen = frame })
    })
  }

  draw() {
    clearTimeout(this.late)
    this.showKnobs()
    for (const draw of this.draws) draw()
    this.speak()
  }

  showKnobs() {
    for (const name in this.setters) {
      const position = this.knob(name)
      if (this.shown[name] !== position) this.setters[name](this.shown[name] = position)
    }
  }

  // Whether there is a kernel to ask. Where there is none, or no answer comes, that is said.
  asks() {
    clearTimeout(this.late)
    const alone = !!this.root.closest('.jupyter-widgets-disconnected')
    if (alone) this.say([NEEDS])
    else this.late = setTimeout(() => this.say([WAITS]), PATIENCE)
    return !alone
  }

  // ----- text -----

  speak() {
    const parts = this.scene.text.split(/\{([^}]+)\}/).map((part, i) => {
      if (i % 2 === 0) return part
      const [name, colour] = part.split(':')
      const text = this.word(name)
      return colour ? html('b', { class: `bpx-${colour}` }, null, text) : text
    })
    this.live.setAttribute('aria-live', this.timers.size || this.knob('run') ? 'off' : 'polite')
    this.say(parts)
  }

  say(parts) {
    const said = parts.map(part => part.textContent ?? part).join('')
    if (said !== this.live.textContent) this.live.replaceChildren(...parts) // nobody is told the same twice
  }

  word(name) {
    const text = this.numbers.text(name)
    if (text !== undefined) return text
    if (name.includes('@')) return digits(this.entry(...name.split('@')))
    if (this.has(name)) return digits(this.number(name))
    const control = this.scene.controls.find(c => c.name === name)
    return control ? control.values[this.knob(name)] : ''
  }

  // ----- controls -----

  addControls() {
    const bar = html('div', { class: 'bpx-controls' }, this.root)
    for (const control of this.scene.controls) if (!control.hidden) this[`add_${control.kind}`](control, bar)
  }

  add_slider(control, bar) {
    const box = html('div', { class: 'bpx-control bpx-wide' }, bar)
    html('span', { class: 'bpx-name', 'aria-hidden': 'true' }, box, control.label)
    const range = html('input', { type: 'range', min: 0, max: control.values.length - 1, step: 1, 'aria-label': control.label, ...KEYS }, box)
    const shown = html('output', { class: 'bpx-shown', 'aria-hidden': 'true' }, box)
    shown.style.minWidth = `${Math.max(...control.values.map(v => v.length))}ch`
    range.addEventListener('input', () => this.move({ [control.name]: +range.value }))
    if (control.play) this.addPlay(control, box, range)
    this.setters[control.name] = position => {
      if (+range.value !== position) range.value = position
      shown.textContent = control.values[position]
      range.setAttribute('aria-valuetext', control.values[position])
    }
  }

  // Previous, play, next. Who asked for less motion gets at most three steps a second.
  addPlay(control, box, range) {
    const last = control.values.length - 1
    const go = step => this.move({ [control.name]: this.knob(control.name) + step })
    let timer = 0
    const stop = () => {
      clearInterval(timer)
      this.timers.delete(timer)
      timer = 0
      face(false)
      this.speak()
    }
    const tick = () => (this.knob(control.name) < last ? go(1) : stop())
    const start = () => {
      if (this.knob(control.name) === last) this.move({ [control.name]: 0 })
      timer = setInterval(tick, 1000 / (still() ? Math.min(3, control.play) : control.play))
      this.timers.add(timer)
      face(true)
    }
    const back = icon('Previous step', 'M13 3v10L6 8zM3 3h2v10H3z', () => go(-1))
    const play = icon('Play', '', () => (timer ? stop() : start()))
    const next = icon('Next step', 'M3 3v10l7-5zM11 3h2v10h-2z', () => go(1))
    const face = on => {
      play.setAttribute('aria-label', on ? 'Pause' : 'Play')
      play.querySelector('path').setAttribute('d', on ? 'M3 3h4v10H3zM9 3h4v10H9z' : 'M4 2v12l10-6z')
    }
    face(false)
    range.before(back, play, next)
  }

  add_choice(control, bar) {
    const box = html('div', { class: 'bpx-control', role: 'radiogroup', 'aria-label': control.label }, bar)
    html('span', { class: 'bpx-name', 'aria-hidden': 'true' }, box, control.label)
    const group = `bpx-${Math.random().toString(36).slice(2)}`
    const radios = control.values.map((text, position) => {
      const label = html('label', { class: 'bpx-option' }, box)
      const radio = html('input', { type: 'radio', name: group, 'aria-label': text, ...KEYS }, label)
      html('span', {}, label, text)
      radio.addEventListener('change', () => this.move({ [control.name]: position }))
      return radio
    })
    this.setters[control.name] = position => { radios[position].checked = true }
  }

  add_check(control, bar) {
    const label = html('label', { class: 'bpx-control bpx-check' }, bar)
    const box = html('input', { type: 'checkbox', 'aria-label': control.label, ...KEYS }, label)
    html('span', {}, label, control.label)
    box.addEventListener('change', () => this.move({ [control.name]: +box.checked }))
    this.setters[control.name] = position => { box.checked = position === 1 }
  }

  // A button that stays down while something runs: control.values are its two names.
  add_toggle(control, bar) {
    const button = html('button', { class: 'bpx-button bpx-main', type: 'button', ...KEYS }, bar)
    button.addEventListener('click', () => {
      if (this.asks()) this.move({ [control.name]: 1 - this.knob(control.name) })
      if (this.knob(control.name)) this.asks()
    })
    this.setters[control.name] = position => {
      button.textContent = control.values[position]
      button.setAttribute('aria-label', control.values[position])
      button.classList.toggle('bpx-on', position === 1)
    }
  }

  add_button(control, bar) {
    const button = html('button', { class: 'bpx-button', type: 'button', 'aria-label': control.label, ...KEYS }, bar, control.label)
    button.addEventListener('click', () => {
      if (control.goes) this.move({ [control.goes]: this.number(control.name) })
      else if (this.asks()) tell(this.model, { do: control.name })
    })
  }

  // ----- panels -----

  addPanels() {
    const row = html('div', { class: 'bpx-panels' }, this.root)
    this.draws = this.scene.panels.map(panel => {
      if (panel.breaks) html('div', { class: 'bpx-break' }, row)
      const figure = html('figure', { class: 'bpx-panel', style: `flex: ${panel.width} 1 ${panel.width * 0.75}px; max-width: ${panel.width * 1.12}px` }, row)
      if (panel.title) html('figcaption', {}, figure, panel.title)
      return RENDERERS[panel.kind](panel, figure, this)
    })
  }

  picture(panel, place) {
    return svg('svg', { viewBox: `0 0 ${panel.width} ${panel.height}`, role: 'img', 'aria-label': panel.about ?? panel.title }, place)
  }

  // Dragging on a picture moves controls: `at(x, y)`, in units of the viewBox, says which and where to.
  drag(picture, panel, at) {
    const go = event => {
      const box = picture.getBoundingClientRect()
      this.move(at(((event.clientX - box.left) / box.width) * panel.width, ((event.clientY - box.top) / box.height) * panel.height))
    }
    picture.classList.add('bpx-drag')
    picture.addEventListener('pointerdown', event => { picture.setPointerCapture(event.pointerId); go(event) })
    picture.addEventListener('pointermove', event => { if (picture.hasPointerCapture(event.pointerId)) go(event) })
  }
}

function icon(name, path, click) {
  const button = html('button', { class: 'bpx-button bpx-icon', type: 'button', 'aria-label': name, ...KEYS })
  svg('path', { d: path }, svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, button))
  button.addEventListener('click', click)
  return button
}

// Fewer digits, for narrow places.
const short = x => digits(Number.isFinite(x) ? +x.toPrecision(3) : x)

// The index of the entry of `values` that is nearest to x.
function nearest(values, x) {
  let best = 0
  values.forEach((value, i) => { if (Math.abs(value - x) < Math.abs(values[best] - x)) best = i })
  return best
}

const scale = ([a, b], [p, q]) => x => p + ((x - a) / (b - a)) * (q - p)
