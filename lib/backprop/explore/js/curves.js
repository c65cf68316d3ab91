// Curves over an axis, with dots, rules and a place to drag. `y` is a range, the name of an array with two numbers, or
// left out: then it follows the lines. Axes may be logarithmic; numbers are logarithms to the base 10 then.

RENDERERS.curves = (panel, place, stage) => {
  const picture = stage.picture(panel, place)
  const edge = { left: 46, right: panel.width - 12, top: 8, bottom: panel.height - 34 }
  const clip = `bpx-${Math.random().toString(36).slice(2)}`
  const frame = { x: edge.left, y: edge.top, width: edge.right - edge.left, height: edge.bottom - edge.top }
  svg('rect', frame, svg('clipPath', { id: clip }, svg('defs', {}, picture)))
  const grid = svg('g', { class: 'bpx-grid' }, picture)
  const inside = svg('g', { 'clip-path': `url(#${clip})` }, picture)
  svg('text', { x: (edge.left + edge.right) / 2, y: panel.height - (panel.bare ? 18 : 4), class: 'bpx-axis' }, picture).textContent = panel.xlabel ?? ''
  const across = scale(panel.x, [edge.left, edge.right])
  const shades = (panel.shades ?? []).map(shade => addShade(shade, inside, edge))
  const rules = (panel.rules ?? []).map(rule => addRule(rule, inside))
  const lines = panel.lines.map(line => addLine(line, inside, picture))
  const dots = (panel.dots ?? []).map(dot => addDot(dot, picture))
  if (panel.drag) {
    const whole = scale([edge.left, edge.right], panel.x)
    stage.drag(picture, panel, x => ({ [panel.drag.knob]: nearest(panel.drag.values, whole(x)) }))
  }
  let range = ''
  return () => {
    const y = heights(panel, stage)
    const up = scale(y, [edge.bottom, edge.top])
    if (range !== String(y)) addGrid(panel, y, grid, edge, across, up)
    const fresh = range !== String(y)
    range = String(y)
    shades.forEach(draw => draw(stage, across, up))
    rules.forEach(draw => draw(stage, across, up, edge))
    lines.forEach(draw => draw(stage, panel, across, up, fresh, edge))
    dots.forEach(draw => draw(stage, across, up))
  }
}

function heights(panel, stage) {
  if (typeof panel.y === 'string') return [...stage.pick(panel.y).values]
  if (panel.y) return panel.y
  let low = Infinity
  let high = -Infinity
  for (const line of panel.lines) {
    for (const v of stage.pick(line.y).values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v) }
  }
  if (low > high) return [0, 1]
  const room = Math.max((high - low) * 0.08, panel.room ?? 1e-3)
  return [low - room, high + room]
}

// Round numbers to write on an axis: about `number` of them.
function ticks([low, high], number, log) {
  const rough = (high - low) / number
  const ten = 10 ** Math.floor(Math.log10(rough))
  let step = [1, 2, 5, 10].map(m => m * ten).find(s => s >= rough)
  if (log) step = Math.max(1, Math.round(step))
  const found = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step)
  return found
}

const SUPER = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' }
const power = n => (n === 0 ? '1' : n === 1 ? '10' : `10${[...String(n)].map(c => SUPER[c]).join('')}`)
const written = (v, log) => (log ? power(v) : digits(+v.toPrecision(6)))

function addGrid(panel, y, grid, edge, across, up) {
  grid.replaceChildren()
  for (const v of ticks(y, (edge.bottom - edge.top) / 42, panel.ylog)) {
    svg('path', { d: `M${edge.left} ${up(v)}H${edge.right}` }, grid)
    svg('text', { x: edge.left - 6, y: up(v) + 4, class: 'bpx-left' }, grid).textContent = written(v, panel.ylog)
  }
  if (panel.bare) return
  for (const v of ticks(panel.x, (edge.right - edge.left) / 62, panel.xlog)) {
    svg('path', { d: `M${across(v)} ${edge.top}V${edge.bottom}`, class: 'bpx-faint' }, grid)
    svg('text', { x: across(v), y: edge.bottom + 14 }, grid).textContent = written(v, panel.xlog)
  }
}

function addLine(line, inside, picture) {
  const path = svg('path', { class: `bpx-line bpx-${line.colour} ${line.style ?? ''}`, 'stroke-width': line.weight ?? 2 }, inside)
  const label = line.label && svg('text', { class: `bpx-label bpx-${line.colour}` }, picture)
  if (label) label.textContent = line.label
  let key = ''
  return (stage, panel, across, up, fresh, edge) => {
    const y = stage.pick(line.y)
    const x = line.x && stage.pick(line.x)
    const upto = line.upto === undefined ? y.values.length : stage.value(line.upto) + 1
    const now = `${y.key} ${x?.key} ${upto}`
    if (now === key && !fresh) return
    key = now
    const reach = scale([0, Math.max(1, y.values.length - 1)], panel.x)
    const at = i => across(x ? x.values[i] : reach(i))
    const height = line.log ? v => up(Math.log10(v)) : up
    path.setAttribute('d', line.style === 'dotted' ? specks(y.values, upto, at, height) : trace(y.values, upto, at, height))
    if (label) putLabel(label, line, y.values, upto, at, up, edge)
  }
}

// A path through what is finite; far outside it stays at the rim, because browsers draw huge coordinates wrong.
function trace(values, upto, at, up) {
  let d = ''
  let pen = 'M'
  for (let i = 0; i < upto; i++) {
    const v = up(values[i])
    if (!Number.isFinite(v)) { pen = 'M'; continue }
    d += `${pen}${at(i).toFixed(1)} ${Math.max(-2000, Math.min(2000, v)).toFixed(1)}`
    pen = 'L'
  }
  return d
}

// Lines without length, whose round ends are dots.
function specks(values, upto, at, up) {
  let d = ''
  for (let i = 0; i < upto; i++) if (Number.isFinite(values[i])) d += `M${at(i).toFixed(1)} ${up(values[i]).toFixed(1)}h0`
  return d
}

// The point nearest to i that can be seen; i where there is none.
function inSight(i, upto, seen) {
  for (let away = 0; away < upto; away++) {
    if (i - away >= 0 && seen(i - away)) return i - away
    if (i + away < upto && seen(i + away)) return i + away
  }
  return i
}

function putLabel(label, line, values, upto, at, up, edge) {
  const i = inSight(Math.round((line.at ?? 1) * (upto - 1)), upto, k => up(values[k]) >= edge.top && up(values[k]) <= edge.bottom)
  const x = Math.min(at(i), edge.right - 4)
  const y = Math.max(edge.top + 12, Math.min(edge.bottom - 6, up(values[i]) + (line.below ? 16 : -7)))
  label.setAttribute('x', x)
  label.setAttribute('y', Number.isFinite(y) ? y : edge.top + 12)
  label.style.textAnchor = x > (edge.left + edge.right) / 2 ? 'end' : 'start'
}

function addRule(rule, inside) {
  const path = svg('path', { class: `bpx-rule bpx-${rule.colour ?? 'muted'}` }, inside)
  return (stage, across, up, edge) => {
    const d = rule.x !== undefined ? `M${across(stage.value(rule.x))} ${edge.top}V${edge.bottom}` : `M${edge.left} ${up(stage.value(rule.y))}H${edge.right}`
    path.setAttribute('d', d)
  }
}

function addDot(dot, picture) {
  const circle = svg('circle', { r: dot.size ?? 6, class: `bpx-dot bpx-${dot.colour}` }, picture)
  return (stage, across, up) => {
    const [x, y] = [across(stage.value(dot.x)), up(stage.value(dot.y))]
    const there = Number.isFinite(x) && Number.isFinite(y)
    circle.setAttribute('visibility', there ? 'visible' : 'hidden')
    if (there) fill(circle, { cx: x, cy: Math.max(-20, Math.min(2000, y)) })
  }
}

// Stretches of the axis that are marked: pairs (from, to); what is not a number is left out.
function addShade(shade, inside, edge) {
  const path = svg('path', { class: `bpx-shade bpx-${shade.colour}` }, inside)
  return (stage, across) => {
    const { values } = stage.pick(shade.spans)
    let d = ''
    for (let i = 0; i + 1 < values.length; i += 2) {
      if (!Number.isNaN(values[i])) d += `M${across(values[i])} ${edge.top}H${across(values[i + 1])}V${edge.bottom}H${across(values[i])}Z`
    }
    path.setAttribute('d', d)
  }
}
