// A plane: colours by cell on a canvas, and above them lines, points and a cursor. Cells may be crisp and carry numbers.

RENDERERS.field = (panel, place, stage) => {
  const box = html('div', { class: 'bpx-field' }, place)
  box.style.aspectRatio = `${panel.width} / ${panel.height}`
  const paint = panel.heat && addHeat(panel, box, stage)
  const picture = stage.picture(panel, box)
  const across = scale(panel.x, [0, panel.width])
  const up = scale(panel.y, [panel.height, 0])
  const parts = [
    ...(panel.heat?.numbers ? [addNumbers(panel, picture)] : []),
    ...(panel.lines ?? []).map(line => addPlaneLine(line, picture)),
    ...(panel.points ?? []).map(points => addPoints(points, picture)),
    ...(panel.cursor ? [addCursor(panel, picture)] : []),
  ]
  if (panel.drag) dragPlane(panel, picture, stage)
  return () => {
    paint?.()
    for (const draw of parts) draw(stage, across, up)
  }
}

function dragPlane(panel, picture, stage) {
  const [right, top] = [scale([0, panel.width], panel.x), scale([panel.height, 0], panel.y)]
  stage.drag(picture, panel, (x, y) => {
    if (panel.drag.cell) return { [panel.drag.cell]: panel.drag.first + cellAt(panel, x, y) }
    const { x: a, y: b, xs, ys } = panel.drag
    return { [a]: nearest(xs, right(x)), [b]: nearest(ys, top(y)) }
  })
}

function cellAt(panel, x, y) {
  const { rows, cols } = panel.heat
  const [r, c] = [Math.floor((y / panel.height) * rows), Math.floor((x / panel.width) * cols)]
  return Math.max(0, Math.min(rows - 1, r)) * cols + Math.max(0, Math.min(cols - 1, c))
}

// ----- colours -----

const hex = text => [1, 3, 5].map(i => parseInt(text.trim().slice(i, i + 2), 16))
const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t)

// A table of 256 colours from names such as --bpx-a, read from the style sheet: dark and light differ.
function palette(element, names) {
  const style = getComputedStyle(element)
  const stops = names.map(name => hex(style.getPropertyValue(`--bpx-${name}`)))
  const table = new Uint8ClampedArray(256 * 3)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1)
    const k = Math.min(stops.length - 2, Math.floor(at))
    table.set(mix(stops[k], stops[k + 1], at - k), 3 * i)
  }
  return table
}

function addHeat(panel, box, stage) {
  const { heat } = panel
  const canvas = html('canvas', { class: heat.crisp ? 'bpx-crisp' : '', 'aria-hidden': 'true' }, box)
  let image, key, theme, drawn
  return () => {
    const { values, shape, key: now } = stage.pick(heat.name)
    const finer = heat.steps ? FINER : 1
    const [rows, cols] = [heat.rows ?? shape[0], heat.cols ?? shape[1]].map(n => n * finer)
    const style = getComputedStyle(stage.root).getPropertyValue('--bpx-a')
    const same = key === now || (drawn?.length === values.length && values.every((v, i) => v === drawn[i]))
    if (same && theme === style) return
    ;[key, theme, drawn] = [now, style, values]
    if (canvas.width !== cols || canvas.height !== rows || !image) {
      ;[canvas.width, canvas.height] = [cols, rows]
      image = canvas.getContext('2d').createImageData(cols, rows)
    }
    colour(image.data, finer === 1 ? values : between(values, cols, finer), heat, palette(stage.root, heat.colours))
    canvas.getContext('2d').putImageData(image, 0, 0)
  }
}

// Steps make contour lines of a smooth field; so that they are sharp, they are made between its cells as well.
const FINER = 4

function between(values, wide, finer) {
  const cols = wide / finer
  const rows = values.length / cols
  const place = (i, n) => Math.max(0, Math.min(n - 1.001, (i + 0.5) / finer - 0.5))
  const found = new Float32Array(values.length * finer * finer)
  for (let r = 0; r < rows * finer; r++) {
    const y = place(r, rows)
    const top = Math.floor(y) * cols
    for (let c = 0; c < wide; c++) {
      const x = place(c, cols)
      const i = top + Math.floor(x)
      const [left, right] = [values[i] + (values[i + cols] - values[i]) * (y % 1), values[i + 1] + (values[i + cols + 1] - values[i + 1]) * (y % 1)]
      found[r * wide + c] = left + (right - left) * (x % 1)
    }
  }
  return found
}

function colour(out, values, heat, table) {
  const [low, high] = heat.range
  for (let i = 0; i < values.length; i++) {
    let t = Math.max(0, Math.min(1, (values[i] - low) / (high - low)))
    if (heat.steps) t = Math.round(t * heat.steps) / heat.steps
    const k = 3 * Math.round(255 * (t || 0))
    out[4 * i] = table[k]
    out[4 * i + 1] = table[k + 1]
    out[4 * i + 2] = table[k + 2]
    out[4 * i + 3] = 255
  }
}

// ----- what lies above -----

function addNumbers(panel, picture) {
  const { heat } = panel
  const [w, h] = [panel.width / heat.cols, panel.height / heat.rows]
  const size = Math.min(13, h * 0.4, w * 0.24)
  const texts = Array.from({ length: heat.rows * heat.cols }, (_, i) =>
    svg('text', { x: (i % heat.cols) * w + w / 2, y: Math.floor(i / heat.cols) * h + h / 2 + size * 0.36, 'font-size': size }, picture))
  let key = ''
  return stage => {
    const shown = stage.pick(heat.numbers)
    if (key === shown.key) return
    key = shown.key
    const loud = stage.pick(heat.name).values
    texts.forEach((text, i) => {
      text.textContent = heat.quiet && Math.abs(loud[i]) < 0.02 ? '✓' : short(shown.values[i])
      text.setAttribute('class', heat.quiet ? (Math.abs(loud[i]) < 0.02 ? 'bpx-ok' : 'bpx-loud') : '')
    })
  }
}

// Points in pairs; a pair that is no number breaks the line.
function addPlaneLine(line, picture) {
  const path = svg('path', { class: `bpx-line bpx-${line.colour} ${line.style ?? ''}`, 'stroke-width': line.weight ?? 1.5 }, picture)
  const tip = line.tip && svg('circle', { r: 5.5, class: `bpx-dot bpx-${line.colour}` }, picture)
  let key = ''
  return (stage, across, up) => {
    const { values, key: now } = blended(stage, line)
    const last = line.upto === undefined ? values.length / 2 : stage.knob(line.upto) + 1
    if (key === `${now} ${last}`) return
    key = `${now} ${last}`
    path.setAttribute('d', traced(values, last, across, up))
    if (!tip) return
    const [x, y] = [across(values[2 * last - 2]), up(values[2 * last - 1])]
    const there = Number.isFinite(x) && Number.isFinite(y) && Math.abs(x) < 4000 && Math.abs(y) < 4000
    tip.setAttribute('visibility', there ? 'visible' : 'hidden')
    if (there) fill(tip, { cx: x, cy: y })
  }
}

// Between two stages: `stages` are names of arrays, `between` the control that goes from the first to the last.
function blended(stage, part) {
  if (!part.stages) return stage.pick(part.xy)
  const at = (stage.knob(part.between) / (stage.counts[part.between] - 1)) * (part.stages.length - 1)
  const k = Math.min(part.stages.length - 2, Math.floor(at))
  const [a, b] = [stage.pick(part.stages[k]), stage.pick(part.stages[k + 1])]
  const t = at - k
  return { values: a.values.map((v, i) => v + (b.values[i] - v) * t), shape: a.shape, key: `${a.key} ${t}` }
}

function traced(values, last, across, up) {
  let d = ''
  let pen = 'M'
  for (let i = 0; i < last; i++) {
    const [x, y] = [across(values[2 * i]), up(values[2 * i + 1])]
    if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = 'M'; continue }
    d += `${pen}${Math.max(-3000, Math.min(3000, x)).toFixed(1)} ${Math.max(-3000, Math.min(3000, y)).toFixed(1)}`
    pen = 'L'
  }
  return d
}

// Classes differ in shape as well as in colour: discs, squares, triangles.
const MARKS = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x, y, r) => `M${x} ${y - r}l${r} ${1.8 * r}h${-2 * r}z`,
]

function addPoints(points, picture) {
  const path = svg('path', { class: `bpx-point bpx-${points.colour}` }, picture)
  const r = points.size ?? 3
  const mark = MARKS[points.mark ?? 0]
  let key = ''
  return (stage, across, up) => {
    const { values, key: now } = blended(stage, points)
    if (key === now) return
    key = now
    let d = ''
    for (let i = 0; i + 1 < values.length; i += 2) {
      if (Number.isFinite(values[i])) d += mark(+across(values[i]).toFixed(1), +up(values[i + 1]).toFixed(1), r)
    }
    path.setAttribute('d', d)
  }
}

function addCursor(panel, picture) {
  const [w, h] = [panel.width / panel.heat.cols, panel.height / panel.heat.rows]
  const rect = svg('rect', { class: 'bpx-cursor', width: w - 3, height: h - 3, rx: 3 }, picture)
  return stage => {
    const at = stage.knob(panel.cursor.knob) - panel.cursor.first
    const here = at >= 0 && at < panel.heat.rows * panel.heat.cols
    rect.setAttribute('visibility', here ? 'visible' : 'hidden')
    if (here) fill(rect, { x: (at % panel.heat.cols) * w + 1.5, y: Math.floor(at / panel.heat.cols) * h + 1.5 })
  }
}
