"""A scene as a matplotlib figure: what a saved notebook, a page on GitHub and a feedback page show.

One function for each kind of panel, the counterpart of the renderer of that name in `js/`.
"""

import textwrap
from functools import cache

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, BboxTransform

__all__ = ["COLOURS", "figure"]

# fmt: off
COLOURS = {  # as in js/explore.css, for light pages
    "value": "#0072b2", "gradient": "#d55e00", "truth": "#222222", "muted": "#667085", "line-colour": "#d5d9df",
    "a": "#007a5a", "b": "#9b4f96", "c": "#b07700", "d": "#222222", "a-pale": "#8fd6bf", "b-pale": "#d6b3d3",
    "middle": "#f7f7f7", "low": "#f4f6f8", "high": "#8d99ab", "wrong": "#d55e00", "right": "#f7f7f7", "some": "#f3c7a6",
}
# fmt: on
DPI = 100
RAISED = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")


def figure(scene):
    """All panels side by side, and below them the caption and the sentence."""
    gap, foot = 50, 30 + 20 * len(_wrapped(scene))
    rows = _rows(scene.panels)
    width = max(sum(p["width"] + gap for p in row) for row in rows)
    tall = [max(p["height"] for p in row) + 36 for row in rows]
    fig = Figure(figsize=(width / DPI, (sum(tall) + foot) / DPI), dpi=DPI)
    top = sum(tall) + foot
    sheet = fig.add_axes([0, 0, 1, 1], xlim=(0, width), ylim=(0, top), autoscale_on=False)
    sheet.set_axis_off()
    for row, height in zip(rows, tall):
        left, top = gap, top - height
        below, around = (4, 4) if all(panel["kind"] == "field" for panel in row) else (26, 30)  # room for labels
        for panel in row:
            box = Bbox.from_bounds(left, top + below, panel["width"] - 20, panel["height"] - around)
            if panel["kind"] == "field":
                _field(sheet, box, panel, scene)
            else:
                ax = fig.add_axes(box.transformed(sheet.transData + fig.transFigure.inverted()))
                DRAW[panel["kind"]](ax, panel, scene)
            sheet.text(box.x0, box.y1 + 8, panel.get("title") or "", fontsize=9, color=COLOURS["muted"])
            left += panel["width"] + gap
    fig.text(12 / width, 8 / fig.bbox.height, "\n".join(_wrapped(scene)), fontsize=9, va="bottom")
    return fig


def _rows(panels, most=1000):
    """Panels in rows, as the browser would break them."""
    rows = [[]]
    for panel in panels:
        if rows[-1] and sum(p["width"] for p in rows[-1]) + panel["width"] > most:
            rows.append([])
        rows[-1].append(panel)
    return rows


def _wrapped(scene):
    width = max(sum(p["width"] for p in row) for row in _rows(scene.panels))
    return [line for text in (scene.caption, scene.say()) for line in textwrap.wrap(text, int(width / 6.4))]


def _curves(ax, panel, scene):
    ax.set_xlim(panel["x"])
    y = panel.get("y")
    if y:
        ax.set_ylim(scene.pick(y) if isinstance(y, str) else y)
    for shade in panel.get("shades", []):
        for start, end in scene.pick(shade["spans"]).reshape(-1, 2):
            if np.isfinite(start):
                ax.axvspan(start, end, color=COLOURS[shade["colour"]], alpha=0.16, lw=0)
    for rule in panel.get("rules", []):
        draw = ax.axvline if "x" in rule else ax.axhline
        draw(scene.value(rule.get("x", rule.get("y"))), color=COLOURS[rule.get("colour", "muted")], lw=0.8, ls=":")
    for line in panel["lines"]:
        _line(ax, line, panel, scene)
    if any(line.get("name") for line in panel["lines"]):
        ax.legend(fontsize=8, frameon=False)
    for dot in panel.get("dots", []):
        colour = COLOURS[dot["colour"]]
        ax.plot(scene.value(dot["x"]), scene.value(dot["y"]), "o", color=colour, mec="white", zorder=5, clip_on=False)
    _axes(ax, panel)


def _line(ax, line, panel, scene):
    values = scene.pick(line["y"])
    values = np.log10(values) if line.get("log") else values
    x = scene.pick(line["x"]) if line.get("x") else np.linspace(*panel["x"], len(values))
    last = len(values) if line.get("upto") is None else int(scene.value(line["upto"])) + 1
    style = {"dashed": "--", "dotted": "o"}.get(line.get("style"), "-")
    ax.plot(
        x[:last],
        values[:last],
        style,
        color=COLOURS[line["colour"]],
        lw=line.get("weight", 2) * 0.8,
        ms=4,
        label=line.get("name"),
    )
    if line.get("label"):
        at, (low, high) = round(line.get("at", 1) * (last - 1)), ax.get_ylim()
        i = min(range(last), key=lambda k: (not low <= values[k] <= high, abs(k - at)))  # nearest that can be seen
        right = x[i] > np.mean(panel["x"])
        near_top = values[i] > high - 0.06 * (high - low)
        offset = (-8, -10) if near_top else (0, -12 if line.get("below") else 5)
        ax.annotate(
            line["label"], (x[i], values[i]), offset, textcoords="offset points", color=COLOURS[line["colour"]],
            ha="right" if right else "left", fontsize=9, annotation_clip=True,
        )  # fmt: skip


def _axes(ax, panel):
    ax.set_xlabel(panel.get("xlabel", ""), fontsize=9, color=COLOURS["muted"], labelpad=1)
    ax.tick_params(labelsize=8, colors=COLOURS["muted"], length=0)
    ax.grid(color=COLOURS["line-colour"], lw=0.6)
    ax.set_axisbelow(True)
    for side in ax.spines.values():
        side.set_visible(False)
    for axis, log in ((ax.xaxis, panel.get("xlog")), (ax.yaxis, panel.get("ylog"))):
        if log:
            axis.set_major_formatter(lambda v, _: "10" + f"{v:g}".translate(RAISED))


def _field(sheet, box, panel, scene):
    """In a box of the sheet, and not on axes of its own: those would cost more than all that is drawn on them."""
    frame = sheet.add_patch(Rectangle(box.min, *box.size, fill=False, ec=COLOURS["muted"], lw=0.8, zorder=4))
    place = BboxTransform(Bbox(np.transpose([panel["x"], panel["y"]])), box) + sheet.transData
    on = dict(transform=place, clip_path=frame)
    if heat := panel.get("heat"):
        _heat(sheet, heat, panel, scene, on)
    for line in panel.get("lines", []):
        xy = _blended(line, scene).reshape(-1, 2)
        last = len(xy) if line.get("upto") is None else scene.knobs[line["upto"]] + 1
        sheet.plot(*xy[:last].T, color=COLOURS[line["colour"]], lw=line.get("weight", 1.5) * 0.8, **on)
        if line.get("tip"):
            sheet.plot(*xy[last - 1], "o", color=COLOURS[line["colour"]], mec="white", **on)
    for points in panel.get("points", []):
        xy = _blended(points, scene).reshape(-1, 2)
        mark = "os^"[points.get("mark", 0)]
        sheet.scatter(*xy.T, s=14, marker=mark, color=COLOURS[points["colour"]], ec="white", lw=0.4, zorder=3, **on)
    if cursor := panel.get("cursor"):
        _cursor(sheet, panel, scene.knobs[cursor["knob"]] - cursor["first"], place)


def _heat(sheet, heat, panel, scene, on):
    cells = np.asarray(scene.pick(heat["name"]), float)
    low, high = heat["range"]
    shown = np.clip((cells - low) / (high - low), 0, 1)
    if heat.get("steps"):
        shown = np.round(shown * heat["steps"]) / heat["steps"]
    smooth = "nearest" if heat.get("crisp") else "bilinear"
    extent, colours = [*panel["x"], *panel["y"]], _colours(*heat["colours"])
    sheet.imshow(shown, cmap=colours, vmin=0, vmax=1, extent=extent, aspect="auto", interpolation=smooth, **on)
    if not heat.get("numbers"):
        return
    from backprop.explore.scene import digits

    rows, cols = cells.shape
    for (i, j), number in np.ndenumerate(scene.pick(heat["numbers"])):
        right = heat.get("quiet") and abs(cells[i, j]) < 0.02
        place = (j + 0.5) / cols * (extent[1] - extent[0]), 1 - (i + 0.5) / rows
        said = "✓" if right else digits(float(f"{number:.3g}"))
        sheet.text(*place, said, ha="center", va="center", fontsize=8, transform=on["transform"])


@cache
def _colours(*names):
    return LinearSegmentedColormap.from_list("", [COLOURS[name] for name in names])


def _cursor(sheet, panel, at, place):
    rows, cols = panel["heat"]["rows"], panel["heat"]["cols"]
    if 0 <= at < rows * cols:
        i, j = divmod(at, cols)
        x, y = np.array([j, j + 1, j + 1, j, j]) / cols, 1 - np.array([i, i, i + 1, i + 1, i]) / rows
        sheet.plot(x, y, color=COLOURS["truth"], lw=2, clip_on=False, transform=place, zorder=5)


def _blended(part, scene):
    """An array, or what lies between two of its stages."""
    if "stages" not in part:
        return np.asarray(scene.pick(part["xy"]))
    stages = [np.asarray(scene.pick(name)) for name in part["stages"]]
    at = scene.knobs[part["between"]] / (scene.counts[part["between"]] - 1) * (len(stages) - 1)
    k = min(len(stages) - 2, int(at))
    return stages[k] + (at - k) * (stages[k + 1] - stages[k])


def _bars(ax, panel, scene):
    first = panel.get("first", 1)
    if panel.get("values"):
        values = np.asarray(scene.pick(panel["values"]), float)
        low = panel["y"][0]
        ax.bar(
            np.arange(first, first + len(values)), values - low, bottom=low, color=COLOURS[panel["colour"]], width=0.7
        )
    else:
        shares = np.asarray(scene.pick(panel["spread"]), float)
        edges = np.linspace(*panel["y"], shares.shape[1] + 1)
        for number, column in enumerate(shares, first):
            half = 0.46 * np.sqrt(column / (column.max() or 1))
            ax.fill_betweenx(
                edges[:-1], number - half, number + half, step="post", color=COLOURS[panel["colour"]], lw=0
            )
    ax.set_ylim(panel["y"])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _axes(ax, panel)


def _graph(ax, panel, scene):
    run = panel["runs"][scene.knobs[panel["run"]] if panel.get("run") else 0]
    steps = run[: scene.knobs[panel["step"]]]
    ax.set_xlim(0, panel["width"])
    ax.set_ylim(panel["height"], 0)
    ax.axis("off")
    last = steps[-1] if steps else {"lit": [], "phase": "value"}
    for number, edge in enumerate(panel["edges"]):
        p, q = panel["nodes"][edge["from"]], panel["nodes"][edge["to"]]
        lit = number in last["lit"]
        stops = np.array([[p["x"], p["y"]], *edge["via"], [q["x"], q["y"]]])
        ax.plot(*stops.T, color=COLOURS[last["phase"] if lit else "line-colour"], lw=2.5 if lit else 1.2, zorder=1)
        said = next((s["on"][number] for s in reversed(steps) if number in s.get("on", {})), edge.get("label", ""))
        x, y = stops[0] + (0.5 if p["y"] == q["y"] else 0.34) * (stops[1] - stops[0])
        paper = dict(boxstyle="square,pad=0.1", fc="white", ec="none")
        ax.text(x, y, said, color=COLOURS["muted"], ha="center", va="center", fontsize=8, bbox=paper, zorder=1.5)
    small = panel.get("round", 26) < 20
    for number, node in enumerate(panel["nodes"]):
        texts = {p: next((s["write"][number] for s in reversed(steps) if s["phase"] == p and number in s["write"]), "")
                 for p in ("value", "gradient")}  # fmt: skip
        box = dict(boxstyle="round", fc="white", ec=COLOURS["muted"])
        ax.text(node["x"], node["y"], node["label"] or " ", ha="center", va="center", fontsize=9, bbox=box, zorder=2)
        for phase, up in (("value", -1), ("gradient", 1)):
            y = node["y"] + up * (26 if small else 24)
            ax.text(node["x"], y, texts[phase], color=COLOURS[phase], ha="center", va="center", fontsize=9, zorder=3)


DRAW = {"curves": _curves, "bars": _bars, "graph": _graph}
