// The whole in a corner, with the part that is seen.
class PaneMap {
  constructor(pane) {
    this.pane = pane;
    this.canvas = pane.element.appendChild(document.createElement("canvas"));
    this.canvas.className = "map";
    this.canvas.setAttribute("aria-hidden", "true");
    const go = (event) => {
      if (event.buttons !== 1) return;
      pane.moving = null;
      pane.camera.x = event.offsetX / this.k;
      pane.camera.y = event.offsetY / this.k;
      pane.draw();
      pane.listener.moved(pane);
    };
    this.canvas.addEventListener("pointerdown", go);
    this.canvas.addEventListener("pointermove", go);
  }

  draw() {
    const {pane, canvas} = this, placed = pane.places.of(0), {camera} = pane;
    const isAll = placed.w * camera.k <= pane.width * 1.05 && placed.h * camera.k <= pane.height * 1.05;
    canvas.style.display = isAll ? "none" : "";
    if (isAll) return;
    this.k = Math.min(Math.min(150, pane.width * 0.24) / placed.w, Math.min(210, pane.height * 0.55) / placed.h);
    const w = Math.max(placed.w * this.k, 14), h = Math.max(placed.h * this.k, 14), ratio = pane.ratio;
    canvas.style.width = `${w}px`;
    canvas.style.height = `${h}px`;
    canvas.width = w * ratio;
    canvas.height = h * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.blocks(context, 0, 0, 0);
    context.strokeStyle = context.fillStyle = pane.look.accent;
    context.lineWidth = 1.5;
    const x = (camera.x - pane.width / 2 / camera.k) * this.k, y = (camera.y - pane.height / 2 / camera.k) * this.k;
    const vw = Math.max(pane.width / camera.k * this.k, 3), vh = Math.max(pane.height / camera.k * this.k, 3);
    context.globalAlpha = 0.1;
    context.fillRect(x, y, vw, vh);
    context.globalAlpha = 1;
    context.strokeRect(Math.max(x, 0.75), Math.max(y, 0.75), Math.min(vw, w - 1.5), Math.min(vh, h - 1.5));
  }

  blocks(context, group, ox, oy) {
    const {pane} = this, {graph, look} = pane, placed = pane.places.of(group), cells = graph.groups[group].cells;
    for (let c = 0; c < cells.length; ++c) {
      const item = cells[c];
      if (item < 0) continue;
      const x = ox + placed.bx[c], y = oy + placed.by[c], w = placed.bw[c], h = placed.bh[c];
      const isLarge = Math.min(w, h) * this.k > 3;
      if (graph.isOpened(item) && isLarge) {
        context.fillStyle = look.scope(0.1);
        context.fillRect(x * this.k, y * this.k, w * this.k, h * this.k);
        this.blocks(context, item - graph.size, x, y);
        continue;
      }
      const mark = graph.mark(item);
      context.fillStyle = mark ? look.marks[mark] : graph.isGroup(item) ? look.faint : look.families[graph.family(item)];
      context.fillRect(x * this.k, y * this.k, Math.max(w * this.k, 1), Math.max(h * this.k, 0.7));
    }
  }
}
