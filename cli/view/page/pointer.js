// What mouse, pen and fingers do on a pane.

class Pointer {
  constructor(pane) {
    this.pane = pane;
    this.listen();
  }

  listen() {
    const pane = this.pane, canvas = pane.canvas;
    let last = null, moved = 0;
    const pointers = new Map();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event);
      last = event;
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!pointers.has(event.pointerId)) return this.hover(event);
      if (pointers.size === 2) this.pinch(pointers, event);
      else {
        moved += Math.abs(event.offsetX - last.offsetX) + Math.abs(event.offsetY - last.offsetY);
        if (moved > 3) {
          canvas.classList.add("dragging");
          this.pane.pan(event.offsetX - last.offsetX, event.offsetY - last.offsetY);
        }
      }
      pointers.set(event.pointerId, event);
      last = event;
    });
    const up = (event) => {
      const wasOne = pointers.size === 1;
      pointers.delete(event.pointerId);
      canvas.classList.remove("dragging");
      if (event.type === "pointerup" && wasOne && moved <= 3) this.click(event);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("dblclick", (event) => {
      const at = this.pane.toWorld(event.offsetX, event.offsetY), item = this.pane.hit(at.x, at.y);
      if (item >= 0 && !this.isOnSign(item, at.x, at.y)) this.pane.activate(item);
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const step = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey) this.pane.pan(-event.deltaY * step, 0);
      else this.pane.zoom(Math.exp(-Math.max(Math.min(event.deltaY * step, 120), -120) * (event.ctrlKey ? 0.01 : 0.0022)), event.offsetX, event.offsetY);
    }, {passive: false});
  }

  pinch(pointers, event) {
    const [other] = [...pointers.values()].filter((p) => p.pointerId !== event.pointerId), old = pointers.get(event.pointerId);
    const apart = (a) => Math.hypot(a.offsetX - other.offsetX, a.offsetY - other.offsetY);
    this.pane.zoom(apart(event) / Math.max(apart(old), 1), (event.offsetX + other.offsetX) / 2, (event.offsetY + other.offsetY) / 2);
  }

  hover(event) {
    const at = this.pane.toWorld(event.offsetX, event.offsetY), item = this.pane.hit(at.x, at.y);
    this.pane.canvas.classList.toggle("over", item >= 0);
    if (item === this.pane.hovered) return;
    this.pane.hovered = item;
    this.pane.canvas.title = item >= 0 && this.pane.camera.k < 0.6 ? this.pane.graph.path(item) : "";
    this.pane.draw();
  }

  click(event) {
    const at = this.pane.toWorld(event.offsetX, event.offsetY), item = this.pane.hit(at.x, at.y);
    this.pane.canvas.focus({preventScroll: true});
    if (item >= 0 && this.isOnSign(item, at.x, at.y)) this.pane.activate(item);
    this.pane.select(item);
  }

  isOnSign(item, x, y) {
    const box = this.pane.boxOf(item);
    if (!box || !this.pane.graph.isGroup(item)) return false;
    return x > box.x + box.w - 34 && y < box.y + 34;
  }
}
