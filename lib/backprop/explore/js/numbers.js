// The numbers behind a picture. They come in blocks, and a block belongs to where some controls stand, its `bound`:
// what was fixed when the explorer was made belongs everywhere, what the kernel answered last to the controls that it was
// asked about; and ahead of time, while the hand rests, come those to which the next move may lead.
//
// A block is {bound, layout, words, data}: `layout` says where an array lies in `data`, all float32: at, shape, and axes,
// the controls that choose a part of it. `words` are strings in the same way: axes and a flat list; or a list, and
// `index`, an array that says which.

const ROOM = 32e6 // bytes that are kept of what came ahead, of which one rest of the hand brings at most half
const REST = 250 // milliseconds without a move

let blocks = 0

// A copy of the numbers: what arrives need not be aligned.
function unpacked({ data, ...block }) {
  const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength)
  return { ...block, numbers: new Float32Array(bytes.slice().buffer), version: ++blocks }
}

const belongs = (block, knobs) => Object.entries(block.bound).every(([name, position]) => knobs[name] === position)

class Numbers {
  constructor(model, counts) {
    this.model = model
    this.counts = counts
    this.fixed = unpacked(model.get('scene').fixed)
    this.ahead = [] // the one that was needed or came last is last
    this.view = Math.random().toString(36).slice(2)
    this.arrive()
    this.now = this.last
    this.rest(0) // no hand is here yet
  }

  end() { clearTimeout(this.resting) }

  get knobs() { return this.model.get('knobs') }

  // The kernel has answered.
  arrive() { this.last = unpacked(this.model.get('block')) }

  // Whether what is shown belongs to where the controls stand.
  fits() { return belongs(this.now, this.knobs) }

  // Show what belongs to where the controls stand, if it is here.
  find() {
    const there = [this.last, this.now].find(block => belongs(block, this.knobs)) ?? this.recall()
    if (there) this.now = there
    return !!there
  }

  recall() {
    const i = this.ahead.findLastIndex(block => belongs(block, this.knobs))
    if (i >= 0) this.ahead.push(...this.ahead.splice(i, 1))
    return i >= 0 && this.ahead.at(-1)
  }

  // ----- ahead of time -----

  rest(pause = REST) {
    clearTimeout(this.resting)
    this.came = 0
    if (this.model.get('scene').asks.length) this.resting = setTimeout(() => this.want(), pause)
  }

  want() {
    this.resting = 0
    tell(this.model, { have: this.ahead.map(block => block.bound), knobs: this.knobs, view: this.view })
  }

  forget() {
    this.ahead = []
    this.rest()
  }

  keep(block, next) {
    this.ahead.push(unpacked(block))
    this.came += block.data.byteLength
    const size = () => this.ahead.reduce((sum, { numbers }) => sum + numbers.byteLength, 0)
    while (size() > ROOM) this.ahead.shift()
    if (next === this.view && !this.resting && this.came < ROOM / 2) this.want()
  }

  // ----- what is shown -----

  place(axes) { return axes.reduce((index, axis) => index * this.counts[axis] + (this.knobs[axis] ?? 0), 0) }

  home(name) { return [this.now, this.fixed].find(block => name in block.layout) }

  has(name) { return !!this.home(name) }

  // The array `name` where the controls stand; `key` changes when its numbers do.
  pick(name) {
    const { layout, numbers, version } = this.home(name)
    const { at, axes, shape } = layout[name]
    const size = shape.reduce((a, b) => a * b, 1)
    const start = at + this.place(axes) * size
    return { values: numbers.subarray(start, start + size), shape, key: `${version}/${start}` }
  }

  // The string `name`, or nothing if there is none.
  text(name) {
    const words = this.now.words[name] ?? this.fixed.words[name]
    return words && words.list[words.index ? this.pick(words.index).values[0] : this.place(words.axes)]
  }
}
