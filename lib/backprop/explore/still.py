"""A scene as a matplotlib figure: what a saved notebook, a page on GitHub and a feedback page show.

Laid out as in the browser, in its pixels, y downwards: a function here has a namesake in `js/`. It draws straight onto
the figure, without axes: those would cost more than all that is on them.
"""

import math
import textwrap
from functools import cache

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import BboxImage
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox

from backprop.explore.scene import digits

__all__ = ["COLOURS", "colours", "figure", "layout", "save"]

# fmt: off
COLOURS = {  # as in js/explore.css, for light pages
    "value": "#0072b2", "gradient": "#d55e00", "truth": "#222222", "muted": "#667085", "line-colour": "#d5d9df",
    "a": "#007a5a", "b": "#9b4f96", "c": "#b07700", "d": "#222222", "a-pale": "#8fd6bf", "b-pale": "#d6b3d3",
    "middle": "#f7f7f7", "low": "#f4f6f8", "high": "#8d99ab", "wrong": "#d55e00", "right": "#f7f7f7", "some": "#f3c7a6",
}
# fmt: on
DPI = 100
POINT = 72 / DPI  # in which matplotlib wants the width of lines and the size of text
WIDEST, GAP, TITLE, RIM = 1080, 18, 22, 12
STYLES = {"dashed": {"ls": (0, (6, 5))}, "faint": {"alpha": 0.45}}
FAR = 3000  # pixels
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def figure(scene):
    """All panels, and below them the caption and the sentence."""
    corners, wide, high = layout(scene.panels)
    said = [line for text in (scene.caption, scene.say()) for line in textwrap.wrap(text, int(wide / 7))]
    below, high = high, high + 20 * len(said)
    fig = Figure(figsize=(wide / DPI, high / DPI), dpi=DPI)
    page = Affine2D().scale(1 / wide, -1 / high).translate(0, 1) + fig.transFigure
    for panel, corner in zip(scene.panels, corners):
        place = _Place(fig, page, *corner)
        place.text(0, -7, panel.get("title"), "muted", 12.5, ha="left")
        DRAW[panel["kind"]](place, panel, scene)
    foot = _Place(fig, page, RIM, below)
    for number, line in enumerate(said):
        foot.text(0, 15 + 20 * number, line, "truth", 13, ha="left")
    return fig


def save(fig, file, dpi):
    """Write a figure as PNG. Letters keep their shapes: fitted to so few pixels, raised digits look all alike."""
    with matplotlib.rc_context({"text.hinting": "no_hinting"}):
        fig.savefig(file, format="png", dpi=dpi)


def layout(panels):
    """The left upper corner of each panel, and how wide and how high all of them are, in rows as the browser breaks them."""
    rows, corners, top = [[]], [], 0
    for panel in panels:
        if rows[-1] and (panel.get("breaks") or _width([*rows[-1], panel]) > WIDEST):
            rows.append([])
        rows[-1].append(panel)
    for row in rows:
        top += RIM + TITLE
        corners += [(RIM + _width(row[:i]) + GAP, top) for i in range(len(row))]
        top += max(panel["height"] for panel in row)
    return corners, 2 * RIM + max(map(_width, rows)), top + RIM


def _width(row):
    return sum(panel["width"] for panel in row) + GAP * (len(row) - 1)


class _Place:
    """Where on the page a panel is; draws what is given in its pixels."""

    def __init__(self, fig, page, left, top):
        self.fig, self.page, self.left, self.top, self.clip = fig, page, left, top, None

    def within(self, left, right, top, bottom):
        """The same place, where nothing is seen outside of these bounds."""
        inside = _Place(self.fig, self.page, self.left, self.top)
        corner = self.left + left, self.top + top
        inside.clip = TransformedBbox(Bbox.from_bounds(*corner, right - left, bottom - top), self.page)
        return inside

    def line(self, x, y, colour, weight=1.0, style=None, **more):
        xy = np.broadcast_arrays(np.atleast_1d(x) + self.left, np.atleast_1d(y) + self.top)
        self._add(Line2D(*xy, color=COLOURS[colour], lw=weight * POINT, **STYLES.get(style, {}), **more))

    def marks(self, x, y, colour, size, mark="o", rim=1.0):
        self.line(x, y, colour, ls="none", marker=mark, ms=2 * size * POINT, mec="white", mew=rim * POINT, zorder=3)

    def text(self, x, y, said, colour, size=12.0, ha="center", **style):
        if said:
            x, y, size = x + self.left, y + self.top, size * POINT
            self.fig.text(x, y, said, color=COLOURS[colour], fontsize=size, ha=ha, transform=self.page, **style)

    def fill(self, corners, colour, **style):
        self._add(Polygon(np.add(corners, (self.left, self.top)), color=COLOURS[colour], lw=0, **style))

    def frame(self, x, y, width, height, colour="line-colour", weight=1.0):
        edge = dict(fill=False, ec=COLOURS[colour], lw=weight * POINT, zorder=4)
        self._add(Rectangle((x + self.left, y + self.top), width, height, **edge))

    def box(self, x, y, width, height, round, colour, weight):
        shape = dict(boxstyle=f"round,pad=0,rounding_size={round}", fc="white", ec=COLOURS[colour], lw=weight * POINT)
        self._add(FancyBboxPatch((x + self.left, y + self.top), width, height, zorder=2, **shape))

    def wire(self, points, codes, colour, weight):
        path = Path(np.add(points, (self.left, self.top)), codes)
        self._add(PathPatch(path, fill=False, ec=COLOURS[colour], lw=weight * POINT))

    def cells(self, shown, width, height, names, smooth):
        """A picture of numbers from 0 to 1, across the whole panel."""
        box = TransformedBbox(Bbox.from_bounds(self.left, self.top, width, height), self.page)
        how = dict(cmap=colours(*names), norm=Normalize(0, 1), interpolation="bilinear" if smooth else "nearest")
        image = BboxImage(box, origin="upper", zorder=0, **how)
        image.set_data(shown)
        self.fig.add_artist(image)

    def _add(self, artist):
        artist.set_transform(self.page)
        if self.clip is not None:
            artist.set_clip_box(self.clip)
        self.fig.add_artist(artist)


@cache
def colours(*names):
    return LinearSegmentedColormap.from_list("", [COLOURS[name] for name in names])


# ----- curves.js -----


def _curves(place, panel, scene):
    left, right, top, bottom = edge = _edge(panel)
    y = _heights(panel, scene)
    across, up = _scale(panel["x"], (left, right)), _scale(y, (bottom, top))
    _rows_of_grid(place, y, panel, edge, up)
    if not panel.get("bare"):
        for v in _ticks(*panel["x"], (right - left) / 62, panel.get("xlog")):
            place.line(across(v), (top, bottom), "line-colour", alpha=0.5, zorder=1)
            place.text(across(v), bottom + 14, _written(v, panel.get("xlog")), "muted", 11)
    place.text((left + right) / 2, panel["height"] - (18 if panel.get("bare") else 4), panel.get("xlabel", ""), "muted")
    inside = place.within(*edge)
    for shade in panel.get("shades", []):
        for span in scene.pick(shade["spans"]).reshape(-1, 2):
            if np.isfinite(span[0]):
                (a, b) = across(span)
                inside.fill([(a, top), (b, top), (b, bottom), (a, bottom)], shade["colour"], alpha=0.16)
    for rule in panel.get("rules", []):
        at = scene.value(rule.get("x", rule.get("y")))
        ends = (across(at), (top, bottom)) if "x" in rule else ((left, right), up(at))
        inside.line(*ends, rule.get("colour", "muted"), ls=(0, (3, 3)))
    for line in panel["lines"]:
        _line(place, inside, line, panel, scene, across, up, edge)
    for number, line in enumerate(line for line in panel["lines"] if line.get("name")):
        place.text(right - 4, top + 14 + 16 * number, line["name"], line["colour"], ha="right")
    for dot in panel.get("dots", []):
        place.marks(across(scene.value(dot["x"])), up(scene.value(dot["y"])), dot["colour"], dot.get("size", 6), rim=2)


def _edge(panel):
    """left, right, top and bottom of what is plotted, within the panel."""
    return 46, panel["width"] - 12, 8, panel["height"] - 34


def _scale(given, wanted):
    (a, b), (p, q) = given, wanted
    return lambda v: p + (np.asarray(v, float) - a) / (b - a) * (q - p)


def _heights(panel, scene):
    """The range of the y axis, which may follow the lines."""
    y = panel.get("y")
    if y is not None:
        return scene.pick(y) if isinstance(y, str) else y
    values = np.concatenate([np.ravel(scene.pick(line["y"])) for line in panel["lines"]])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0, 1)
    room = max((high - low) * 0.08, panel.get("room", 1e-3))
    return low - room, high + room


def _rows_of_grid(place, y, panel, edge, up):
    left, right, top, bottom = edge
    for v in _ticks(*y, (bottom - top) / 42, panel.get("ylog")):
        place.line((left, right), up(v), "line-colour", zorder=1)
        place.text(left - 6, up(v) + 4, _written(v, panel.get("ylog")), "muted", 11, ha="right")


def _ticks(low, high, number, log):
    """Round numbers to write on an axis: about `number` of them."""
    rough = (high - low) / number
    ten = 10.0 ** math.floor(math.log10(rough))
    step = next((m * ten for m in (1, 2, 5) if m * ten >= rough), 10 * ten)
    step = max(1, round(step)) if log else step
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _written(v, log):
    if not log:
        return digits(float(f"{v:.6g}"))
    return {0: "1", 1: "10"}.get(v, "10" + str(v).translate(RAISED))


def _line(place, inside, line, panel, scene, across, up, edge):
    values = np.asarray(scene.pick(line["y"]), float)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = _seen(up(np.log10(values) if line.get("log") else values))
    x = across(scene.pick(line["x"]) if line.get("x") else np.linspace(*panel["x"], len(values)))
    last = len(values) if line.get("upto") is None else int(scene.value(line["upto"])) + 1
    style, weight = line.get("style"), line.get("weight", 2)
    if style == "dotted":
        inside.marks(x[:last], y[:last], line["colour"], weight / 2, rim=0)
    else:
        inside.line(x[:last], y[:last], line["colour"], weight, style)
    if line.get("label"):
        left, right, top, bottom = edge
        at = round(line.get("at", 1) * (last - 1))
        i = min(range(last), key=lambda k: (not top <= y[k] <= bottom, abs(k - at)))  # nearest that can be seen
        here = min(x[i], right - 4), max(top + 12, min(bottom - 6, y[i] + (16 if line.get("below") else -7)))
        side = "right" if here[0] > (left + right) / 2 else "left"
        place.text(*here, line["label"], line["colour"], ha=side, weight="bold")


def _seen(pixels):
    """Not further away than a picture reaches; what is no number breaks the line."""
    return np.where(np.isfinite(pixels), np.clip(pixels, -FAR, FAR), np.nan)


# ----- bars.js -----


def _bars(place, panel, scene):
    left, right, top, bottom = edge = _edge(panel)
    up = _scale(panel["y"], (bottom, top))
    _rows_of_grid(place, panel["y"], panel, edge, up)
    place.text((left + right) / 2, panel["height"] - 4, panel.get("xlabel", ""), "muted")
    columns = np.asarray(scene.pick(panel.get("values") or panel["spread"]), float)
    wide = (right - left) / len(columns)
    middle = left + (np.arange(len(columns)) + 0.5) * wide
    for i in range(0, len(columns), math.ceil(len(columns) / 12)):
        place.text(middle[i], bottom + 14, str(panel.get("first", 1) + i), "muted", 11)
    for x, column in zip(middle, columns):
        if panel.get("values"):
            half, high = min(16, wide * 0.36), np.clip(np.nan_to_num(up(column), nan=bottom), top, bottom)
            outline = [(x - half, bottom), (x - half, high), (x + half, high), (x + half, bottom)]
        else:
            half = np.repeat(np.sqrt(column / (column.max() or 1)) * wide * 0.46, 2)
            rows = np.repeat(np.linspace(bottom, top, len(column) + 1), 2)[1:-1]
            outline = [*zip(x + half, rows), *zip((x - half)[::-1], rows[::-1])]
        place.fill(outline, panel["colour"])


# ----- field.js -----


def _field(place, panel, scene):
    width, height = panel["width"], panel["height"]
    across, up = _scale(panel["x"], (0, width)), _scale(panel["y"], (height, 0))
    inside = place.within(0, width, 0, height)
    if heat := panel.get("heat"):
        _heat(place, heat, panel, scene)
    place.frame(0, 0, width, height)
    for line in panel.get("lines", []):
        x, y = _blended(line, scene).reshape(-1, 2).T
        last = len(x) if line.get("upto") is None else scene.knobs[line["upto"]] + 1
        x, y = _seen(across(x[:last])), _seen(up(y[:last]))
        inside.line(x, y, line["colour"], line.get("weight", 1.5), line.get("style"))
        if line.get("tip"):
            inside.marks(x[-1:], y[-1:], line["colour"], 5.5, rim=2)
    for points in panel.get("points", []):
        x, y = _blended(points, scene).reshape(-1, 2).T
        inside.marks(across(x), up(y), points["colour"], points.get("size", 3), "os^"[points.get("mark", 0)])
    if cursor := panel.get("cursor"):
        _cursor(place, panel, scene.knobs[cursor["knob"]] - cursor["first"])


def _heat(place, heat, panel, scene):
    cells = np.asarray(scene.pick(heat["name"]), float)
    low, high = heat["range"]
    shown = np.clip((_between(cells) if heat.get("steps") else cells) - low, 0, high - low) / (high - low)
    if heat.get("steps"):
        shown = np.round(shown * heat["steps"]) / heat["steps"]
    place.cells(shown, panel["width"], panel["height"], heat["colours"], smooth=not heat.get("crisp"))
    if not heat.get("numbers"):
        return
    wide, high = panel["width"] / heat["cols"], panel["height"] / heat["rows"]
    size = min(13, high * 0.4, wide * 0.24)
    for (i, j), number in np.ndenumerate(scene.pick(heat["numbers"])):
        right = heat.get("quiet") and abs(cells[i, j]) < 0.02
        said = "✓" if right else digits(float(f"{number:.3g}"))
        place.text((j + 0.5) * wide, (i + 0.5) * high + size * 0.36, said, "muted" if right else "truth", size)


def _between(cells, finer=4):
    """The same field with more cells: steps make contour lines of it, which are to be sharp."""
    for _ in range(2):
        rows = np.clip((np.arange(finer * len(cells)) + 0.5) / finer - 0.5, 0, len(cells) - 1.001)
        above, part = rows.astype(int), (rows % 1)[:, None]
        cells = (cells[above] * (1 - part) + cells[above + 1] * part).T
    return cells


def _blended(part, scene):
    """An array, or what lies between two of its stages."""
    if "stages" not in part:
        return np.asarray(scene.pick(part["xy"]))
    stages = [np.asarray(scene.pick(name)) for name in part["stages"]]
    at = scene.knobs[part["between"]] / (scene.counts[part["between"]] - 1) * (len(stages) - 1)
    k = min(len(stages) - 2, int(at))
    return stages[k] + (at - k) * (stages[k + 1] - stages[k])


def _cursor(place, panel, at):
    rows, cols = panel["heat"]["rows"], panel["heat"]["cols"]
    if 0 <= at < rows * cols:
        (i, j), wide, high = divmod(at, cols), panel["width"] / cols, panel["height"] / rows
        place.frame(j * wide + 1.5, i * high + 1.5, wide - 3, high - 3, "truth", 3)


# ----- graph.js -----


def _graph(place, panel, scene):
    steps = panel["runs"][scene.knobs[panel["run"]] if panel.get("run") else 0][: scene.knobs[panel["step"]]]
    last = steps[-1] if steps else {"lit": [], "write": {}, "phase": "value"}
    half, up = panel.get("half", 42), panel.get("round", 26)
    for number, edge in enumerate(panel["edges"]):
        lit = number in last["lit"]
        colour, weight = (last["phase"], 2.5) if lit else ("line-colour", 1.6)
        points, codes = _wire(edge, panel, half)
        place.wire(points, codes, colour, weight)
        said = next((s["on"][number] for s in reversed(steps) if number in s.get("on", {})), edge.get("label", ""))
        p, q = panel["nodes"][edge["from"]], panel["nodes"][edge["to"]]
        x, y = _along(points, 0.5 if p["y"] == q["y"] else 0.36)
        falls, x = q["y"] > p["y"] and not edge["via"], max(x, p["x"] + half + 20)
        paper = dict(boxstyle="square,pad=0.1", fc="white", ec="none")
        look = dict(weight="bold") if lit else {}
        here = x + 12 * falls, y - (9 if falls else 4)
        place.text(*here, said, "truth" if lit else "muted", 11.5, bbox=paper, zorder=1.5, **look)
    small = up < 20
    for number, node in enumerate(panel["nodes"]):
        here = number in last["write"] or number in last.get("here", [])
        rim = (last["phase"], 3.5) if here else ("muted", 1.2)
        place.box(node["x"] - half, node["y"] - up, 2 * half, 2 * up, min(10, up), *rim)
        place.text(node["x"], node["y"] + (4 if small else -11), node["label"], "muted", 13, zorder=3)
        for phase, down in (("value", -up - 6 if small else 5), ("gradient", up + 15 if small else 20)):
            said = next(
                (s["write"][number] for s in reversed(steps) if s["phase"] == phase and number in s["write"]), ""
            )
            place.text(node["x"], node["y"] + down, said, phase, 13.5, weight="bold", zorder=3)


def _wire(edge, panel, half):
    """From node to node through the free places in between: points and codes of a path."""
    p, q = panel["nodes"][edge["from"]], panel["nodes"][edge["to"]]
    stops = [(p["x"] + half, p["y"]), *edge["via"], (q["x"] - half, q["y"])]
    points, codes = [stops[0]], [Path.MOVETO]
    for (x, y), (to_x, to_y) in zip(stops, stops[1:]):
        bend = (to_x - x) / 2
        points += [(x + bend, y), (to_x - bend, to_y), (to_x, to_y)]
        codes += 3 * [Path.CURVE4]
    return points, codes


def _along(points, share):
    """Where a path of bends has gone this share of its way."""
    t = np.linspace(0, 1, 20)[:, None]
    bends = [np.array(points[i : i + 4], float) for i in range(0, len(points) - 1, 3)]
    way = np.concatenate(
        [(1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d for a, b, c, d in bends]
    )
    gone = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    return [np.interp(share * gone[-1], gone, xs) for xs in way.T]


DRAW = {"curves": _curves, "bars": _bars, "field": _field, "graph": _graph}
