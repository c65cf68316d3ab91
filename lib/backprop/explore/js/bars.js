// One column for each layer: a bar, or how its numbers are spread. Depth runs from left to right.
// values: an array (n,), bars from the foot. spread: an array (n, bins), shares that make each column's outline.

RENDERERS.bars = (panel, place, stage) => {
  const picture = stage.picture(panel, place)
  const edge = { left: 46, right: panel.width - 12, top: 8, bottom: panel.height - 34 }
  const grid = svg('g', { class: 'bpx-grid' }, picture)
  const body = svg('g', {}, picture)
  svg('text', { x: (edge.left + edge.right) / 2, y: panel.height - 4, class: 'bpx-axis' }, picture).textContent = panel.xlabel ?? ''
  const up = scale(panel.y, [edge.bottom, edge.top])
  let columns = 0
  let parts = []
  return () => {
    const { values, shape } = stage.pick(panel.values ?? panel.spread)
    if (columns !== shape[0]) {
      columns = shape[0]
      addColumnGrid(panel, columns, grid, edge, up)
      body.replaceChildren()
      parts = Array.from({ length: columns }, () => svg('path', { class: `bpx-bar bpx-${panel.colour}` }, body))
    }
    const wide = (edge.right - edge.left) / columns
    parts.forEach((part, i) => {
      const middle = edge.left + (i + 0.5) * wide
      part.setAttribute('d', panel.values ? bar(values[i], middle, wide, edge, up) : outline(values, i, shape[1], middle, wide, edge))
    })
  }
}

function addColumnGrid(panel, columns, grid, edge, up) {
  grid.replaceChildren()
  for (const v of ticks(panel.y, (edge.bottom - edge.top) / 42, panel.ylog)) {
    svg('path', { d: `M${edge.left} ${up(v)}H${edge.right}` }, grid)
    svg('text', { x: edge.left - 6, y: up(v) + 4, class: 'bpx-left' }, grid).textContent = written(v, panel.ylog)
  }
  const wide = (edge.right - edge.left) / columns
  const every = Math.ceil(columns / 12)
  for (let i = 0; i < columns; i += every) {
    svg('text', { x: edge.left + (i + 0.5) * wide, y: edge.bottom + 14 }, grid).textContent = (panel.first ?? 1) + i
  }
}

function bar(value, middle, wide, edge, up) {
  const half = Math.min(16, wide * 0.36)
  const top = Number.isFinite(value) ? Math.max(edge.top, Math.min(edge.bottom, up(value))) : edge.bottom
  return `M${middle - half} ${edge.bottom}V${top.toFixed(1)}H${middle + half}V${edge.bottom}Z`
}

// As wide as the share of its entries, to both sides; the lowest bin is at the foot.
function outline(shares, column, bins, middle, wide, edge) {
  const at = column * bins
  const row = (edge.bottom - edge.top) / bins
  let most = 0
  for (let i = 0; i < bins; i++) most = Math.max(most, shares[at + i])
  let there = ''
  let back = ''
  for (let i = 0; i < bins; i++) {
    const half = (Math.sqrt(shares[at + i] / (most || 1)) * wide * 0.46).toFixed(1)
    const y = [edge.bottom - i * row, edge.bottom - (i + 1) * row].map(v => v.toFixed(1))
    there += `${i ? 'L' : 'M'}${(middle + +half).toFixed(1)} ${y[0]}V${y[1]}`
    back = `L${(middle - half).toFixed(1)} ${y[1]}V${y[0]}${back}`
  }
  return `${there}${back}Z`
}
