// One graph on a canvas: where the camera is, what is open and selected, what pointer and keys do.

const kLeastScale = 0.002, kMostScale = 3;

class Pane {
  constructor(graph, look, host, listener) {
    Object.assign(this, {graph, look, listener, heat: 0, selected: -1, hovered: -1});
    this.places = new Places(graph);
    this.camera = {x: 0, y: 0, k: 1};
    this.element = host.appendChild(document.createElement("section"));
    this.element.className = "pane";
    this.canvas = this.element.appendChild(document.createElement("canvas"));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", `Graph of ${graph.title}`);
    this.map = new PaneMap(this);
    this.drawing = new Drawing(this);
    this.resize();
    new ResizeObserver(() => { this.resize(); this.draw(); }).observe(this.element);
    new Pointer(this);
  }

  resize() {
    this.ratio = window.devicePixelRatio || 1;
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.drawing.draw(); this.map.draw(); });
  }

  // Where an item is in the world; null when it is within a closed group.
  boxOf(item) {
    if (item === this.graph.whole) {
      const placed = this.places.of(0);
      return {x: 0, y: 0, w: placed.w, h: placed.h};
    }
    const origin = this.originOf(this.graph.parent(item));
    if (!origin) return null;
    const group = this.graph.parent(item) - this.graph.size, placed = this.places.of(group);
    const cell = this.cellOf(group, item);
    return {x: origin.x + placed.bx[cell], y: origin.y + placed.by[cell], w: placed.bw[cell], h: placed.bh[cell]};
  }

  originOf(groupItem) {
    if (groupItem === this.graph.whole) return {x: 0, y: 0};
    return this.graph.isOpened(groupItem) ? this.boxOf(groupItem) : null;
  }

  cellOf(group, item) {
    const at = this.graph.groups[group];
    at.cellOf ||= new Map(at.cells.map((other, cell) => [other, cell]));
    return at.cellOf.get(item);
  }

  toWorld(x, y) {
    const {camera} = this;
    return {x: camera.x + (x - this.width / 2) / camera.k, y: camera.y + (y - this.height / 2) / camera.k};
  }

  // The innermost item at a point of the world; -1 for none.
  hit(x, y, group = 0, ox = 0, oy = 0) {
    const placed = this.places.of(group), cells = this.graph.groups[group].cells;
    for (let c = 0; c < cells.length; ++c) {
      const item = cells[c], bx = ox + placed.bx[c], by = oy + placed.by[c];
      if (item < 0 || x < bx || y < by || x > bx + placed.bw[c] || y > by + placed.bh[c]) continue;
      if (!this.graph.isOpened(item)) return item;
      const inner = this.hit(x, y, item - this.graph.size, bx, by);
      return inner < 0 ? item : inner;
    }
    return -1;
  }

  // Of the selection, until it or what is open changes.
  routes() { return this.routed ||= new Routes(this).of(this.selected); }

  // How many nodes of each family a group has; constants on cards are not counted.
  composition(item) {
    const group = this.graph.group(item);
    if (group.families) return group.families;
    const counts = new Array(11).fill(0);
    for (const kid of group.kids) {
      if (this.graph.isGroup(kid)) this.composition(kid).forEach((count, family) => { counts[family] += count; });
      else ++counts[this.graph.family(kid)];
    }
    return group.families = counts;
  }

  select(item, quietly) {
    this.selected = item;
    this.routed = null;
    this.draw();
    if (!quietly) this.listener.selected(this, item);
  }

  // Keeps the upper left corner of `item` where it is on the screen.
  setOpen(item, isOpen, quietly) {
    const group = item - this.graph.size;
    if (!this.graph.isGroup(item) || group === 0 || this.graph.isOpen[group] === +isOpen) return;
    const before = this.boxOf(this.graph.visible(item));
    this.graph.isOpen[group] = +isOpen;
    this.places.forget(group);
    this.routed = null;
    const after = this.boxOf(this.graph.visible(item));
    if (before && after) {
      this.camera.x += after.x + after.w / 2 - before.x - before.w / 2;
      this.camera.y += after.y - before.y;
    }
    this.draw();
    if (!quietly) this.listener.toggled(this, item, isOpen);
  }

  setOpenBelow(item, isOpen) {
    const pending = [item];
    while (pending.length) {
      const at = pending.pop();
      if (!this.graph.isGroup(at)) continue;
      const group = at - this.graph.size;
      pending.push(...this.graph.groups[group].kids);
      if (group === 0) continue;
      this.graph.isOpen[group] = +isOpen;
      this.places.placed.delete(group);
    }
    if (isOpen) for (let at = item; at > this.graph.whole; at = this.graph.parent(at)) this.graph.isOpen[at - this.graph.size] = 1;
    this.places.forget(item - this.graph.size);
    this.routed = null;
    this.draw();
  }

  // Opens what is around an item and goes there.
  reveal(item, quietly) {
    const shown = this.graph.isGroup(item) ? item : this.graph.shown(item);
    for (const group of this.graph.chain(shown).slice(1, -1)) {
      this.graph.isOpen[group - this.graph.size] = 1;
      this.places.forget(group - this.graph.size);
    }
    this.goTo(shown);
    this.select(shown, quietly);
  }

  goTo(item) {
    const box = this.boxOf(this.graph.visible(item));
    if (!box) return;
    const fits = Math.min(this.width / (box.w + 80), this.height / (box.h + 80));
    const k = Math.min(Math.max(this.camera.k, 0.85), Math.max(fits, 0.2), 1.2);
    this.moveTo({x: box.x + box.w / 2, y: box.y + Math.min(box.h / 2, (this.height / 2 - 40) / k), k});
  }

  // All of it; or from the top as much as can be read, when all would be too small.
  fit(isFirst, most = 1.15) {
    const {w, h} = this.boxOf(this.graph.whole), room = 36;
    const foot = document.getElementById("legend").offsetHeight;  // lies over the panes; 0 on a phone
    const across = (this.width - 2 * room) / w, down = (this.height - 2 * room - Math.max(foot, 20)) / h;
    let k = Math.min(across, down, most);
    if (isFirst && k < 0.5) k = Math.min(Math.max(Math.min(across, 0.8), 0.55), most);
    const y = isFirst && h * k > this.height ? (this.height / 2 - room - 16) / k : h / 2 + foot / 2 / k;
    const camera = {x: isFirst && w * k > this.width ? this.firstX() : w / 2, y, k};
    if (isFirst) { this.camera = camera; this.draw(); } else this.moveTo(camera);
  }

  // The middle of what comes first.
  firstX() {
    const placed = this.places.of(0), count = this.graph.groups[0].layers[0] || 0;
    let sum = 0;
    for (let c = 0; c < count; ++c) sum += placed.bx[c] + placed.bw[c] / 2;
    return count ? sum / count : placed.w / 2;
  }

  fitItem(item) {
    const box = this.boxOf(this.graph.visible(item));
    if (!box) return;
    const k = Math.min((this.width - 80) / box.w, (this.height - 80) / box.h, 1.6);
    this.moveTo({x: box.x + box.w / 2, y: box.y + box.h / 2, k});
  }

  moveTo(camera) {
    const from = {...this.camera}, started = performance.now();
    const time = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 220;
    const token = this.moving = {};
    this.aimed = camera;
    const step = (now) => {
      if (this.moving !== token) return;
      const t = time ? Math.min((now - started) / time, 1) : 1, eased = 1 - Math.pow(1 - t, 3);
      this.camera.k = from.k * Math.pow(camera.k / from.k, eased);
      this.camera.x = from.x + (camera.x - from.x) * eased;
      this.camera.y = from.y + (camera.y - from.y) * eased;
      this.drawing.draw();
      this.map.draw();
      if (t < 1) requestAnimationFrame(step); else this.moving = null;
    };
    requestAnimationFrame(step);
  }

  // Where the camera is, or will be when it has moved.
  aim() { return this.moving ? this.aimed : this.camera; }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const at = this.toWorld(x, y), camera = this.camera;
    this.moving = null;
    camera.k = Math.min(Math.max(camera.k * factor, kLeastScale), kMostScale);
    camera.x = at.x - (x - this.width / 2) / camera.k;
    camera.y = at.y - (y - this.height / 2) / camera.k;
    this.draw();
    this.listener.moved(this);
  }

  pan(dx, dy) {
    this.moving = null;
    this.camera.x -= dx / this.camera.k;
    this.camera.y -= dy / this.camera.k;
    this.draw();
    this.listener.moved(this);
  }

  // The nearest card in a direction, among those that show.
  walk(dx, dy) {
    const start = this.boxOf(this.graph.visible(this.selected));
    if (!start) return this.selectFirst();
    const cx = start.x + start.w / 2, cy = start.y + start.h / 2;
    let best = -1, least = Infinity;
    const visit = (group, ox, oy) => {
      const placed = this.places.of(group), cells = this.graph.groups[group].cells;
      for (let c = 0; c < cells.length; ++c) {
        const item = cells[c];
        if (item < 0) continue;
        if (this.graph.isOpened(item)) { visit(item - this.graph.size, ox + placed.bx[c], oy + placed.by[c]); continue; }
        const vx = ox + placed.bx[c] + placed.bw[c] / 2 - cx, vy = oy + placed.by[c] + placed.bh[c] / 2 - cy;
        const ahead = vx * dx + vy * dy, aside = Math.abs(vx * dy) + Math.abs(vy * dx);
        const distance = ahead + 2.5 * aside;
        if (item !== this.selected && ahead > 4 && distance < least) { least = distance; best = item; }
      }
    };
    visit(0, 0, 0);
    if (best < 0) return;
    this.select(best);
    this.keepInView(best);
  }

  selectFirst() {
    let item = this.graph.groups[0].cells.find((cell) => cell >= 0);
    while (item !== undefined && this.graph.isOpened(item)) item = this.graph.group(item).cells.find((cell) => cell >= 0);
    if (item === undefined) return;
    this.select(item);
    this.keepInView(item);
  }

  keepInView(item) {
    const box = this.boxOf(item), from = this.toWorld(60, 60), to = this.toWorld(this.width - 60, this.height - 60);
    if (box.x < from.x || box.y < from.y || box.x + box.w > to.x || box.y + box.h > to.y) this.goTo(item);
  }

  // Opens or closes a group; follows a call to its function.
  activate(item) {
    if (item < 0) return;
    if (this.graph.isGroup(item)) return this.setOpen(item, !this.graph.isOpened(item));
    for (const fn of this.graph.nodes.calls[item] || []) {
      const group = this.graph.functionGroup(fn);
      if (group < 0) continue;
      for (const around of this.graph.chain(group).slice(1)) this.setOpen(around, true, true);
      return this.reveal(group);
    }
  }
}
