// A graph that is computed before one's eyes: values above the line of a node in blue, gradients below in vermilion.
// panel.runs is a list of step lists, one for each position of the control panel.run (or just one). A step writes into
// nodes, {node: text}, lights edges, and may write on them.

// How long nothing moves before pulses run. While anything runs, a key has to wait for the next of 60 frames a second, and
// a CSS animation that waits for its delay counts as running. Where it plays, no key is expected.
const STILL_FOR = { hand: 500, play: 100 } // milliseconds

RENDERERS.graph = (panel, place, stage) => {
  const picture = stage.picture(panel, place)
  const wires = svg('g', {}, picture)
  const nodes = panel.nodes.map(node => addNode(node, panel, picture))
  const edges = panel.edges.map(edge => addEdge(edge, panel, wires, picture))
  let resting = 0
  return () => {
    clearTimeout(resting)
    picture.classList.remove('bpx-rests')
    resting = setTimeout(() => picture.classList.add('bpx-rests'), stage.timers.size ? STILL_FOR.play : STILL_FOR.hand)
    const run = panel.runs[panel.run ? stage.knob(panel.run) : 0]
    const now = Math.min(stage.knob(panel.step), run.length)
    const state = fold(run, now)
    nodes.forEach((draw, i) => draw(state, i))
    edges.forEach((draw, i) => draw(state, i))
    picture.setAttribute('aria-label', `${panel.about}. Step ${now} of ${run.length}. ${now ? run[now - 1].text : ''}`)
  }
}

// What stands where after the first `now` steps; the last of them is the present one.
function fold(run, now) {
  const state = { value: {}, gradient: {}, edge: {}, lit: {}, here: {}, phase: '' }
  run.slice(0, now).forEach((step, i) => {
    Object.assign(state[step.phase], step.write)
    Object.assign(state.edge, step.on ?? {})
    if (i < now - 1) return
    state.phase = step.phase
    for (const edge of step.lit) state.lit[edge] = true
    for (const node in step.write) state.here[node] = true
    for (const node of step.here ?? []) state.here[node] = true
  })
  return state
}

const HALF = { w: 42, h: 26 }

function addNode(node, panel, picture) {
  const half = { w: panel.half ?? HALF.w, h: panel.round ?? HALF.h }
  const group = svg('g', { class: 'bpx-node', transform: `translate(${node.x} ${node.y})` }, picture)
  svg('rect', { x: -half.w, y: -half.h, width: 2 * half.w, height: 2 * half.h, rx: Math.min(10, half.h) }, group)
  const small = half.h < 20
  svg('text', { y: small ? 4 : -11, class: 'bpx-op' }, group).textContent = node.label
  const value = svg('text', { y: small ? -half.h - 6 : 5, class: 'bpx-number bpx-value' }, group)
  const gradient = svg('text', { y: small ? half.h + 15 : 20, class: 'bpx-number bpx-gradient' }, group)
  return (state, i) => {
    write(value, state.value[i] ?? '')
    write(gradient, state.gradient[i] ?? '')
    dress(group, `bpx-node${state.here[i] ? ` bpx-now-${state.phase}` : ''}`)
  }
}

// What is written again is measured again and styled again, though it be the same.
function write(element, text) { if (element.textContent !== text) element.textContent = text }
function dress(element, name) { if (element.getAttribute('class') !== name) element.setAttribute('class', name) }

// From node to node through the free places in between, `via`, so that no wire runs behind a node.
function wire({ from, to, via }, panel) {
  const half = panel.half ?? HALF.w
  const [p, q] = [panel.nodes[from], panel.nodes[to]]
  const stops = [[p.x + half, p.y], ...via, [q.x - half, q.y]]
  return stops.slice(1).reduce((d, [x, y], i) => {
    const bend = (x - stops[i][0]) / 2
    return `${d}C${stops[i][0] + bend} ${stops[i][1]} ${x - bend} ${y} ${x} ${y}`
  }, `M${stops[0]}`)
}

function addEdge(edge, panel, wires, picture) {
  const d = wire(edge, panel)
  const group = svg('g', { class: 'bpx-edge' }, wires)
  const path = svg('path', { d, class: 'bpx-wire' }, group)
  svg('path', { d, class: 'bpx-pulse', pathLength: 100 }, group)
  // Near where it begins, so that labels of wires that cross stay apart; in the middle of a wire that is straight; and
  // to the right of one that falls, which else would run through it.
  const [p, q] = [panel.nodes[edge.from], panel.nodes[edge.to]]
  const { x, y } = path.getPointAtLength(path.getTotalLength() * (p.y === q.y ? 0.5 : 0.36))
  const falls = q.y > p.y && !edge.via.length
  const left = Math.max(x, p.x + (panel.half ?? HALF.w) + 20)
  const text = svg('text', { x: left + (falls ? 12 : 0), y: y - (falls ? 9 : 4), class: 'bpx-slope' }, picture)
  return (state, i) => {
    write(text, state.edge[i] ?? edge.label ?? '')
    dress(text, `bpx-slope${state.lit[i] ? ' bpx-now' : ''}`)
    dress(group, `bpx-edge${state.lit[i] ? ` bpx-on-${state.phase}` : ''}`)
  }
}
