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
    this.listen();
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

  // The chains that the selection's edges run through, in all groups that they cross.
  routes() {
    if (this.routed) return this.routed;
    const routes = [], seen = new Set(), graph = this.graph, item = graph.visible(this.selected);
    const add = (group, chain, isInput) => {
      if (!chain || seen.has(chain)) return;
      seen.add(chain);
      routes.push({group, chain, isInput});
    };
    if (graph.isGroup(item)) {
      const group = graph.parent(item) - graph.size;
      if (group >= 0) {
        const cell = this.cellOf(group, item);
        for (const chain of graph.groups[group].chains) {
          const [from, to] = endsOf(chain);
          if (from === cell || to === cell) add(group, chain, to === cell);
        }
      }
    } else {
      for (const [from, , , folded] of graph.inputs(item)) if (!folded) this.route(from, item, (g, c) => add(g, c, true));
      for (const [user] of graph.users(item).slice(0, 400)) this.route(item, user, (g, c) => add(g, c, false));
    }
    return this.routed = routes;
  }

  // From one node to another: the chain where they part, and down to each through the ports.
  route(from, to, add) {
    const graph = this.graph, up = graph.chain(from), down = graph.chain(to);
    let at = 0;
    while (up[at + 1] === down[at + 1]) ++at;
    const group = up[at] - graph.size;
    if (!graph.isOpen[group]) return;
    const chain = this.chainOf(group, this.cellOf(group, up[at + 1]), this.cellOf(group, down[at + 1]));
    if (!chain) return;
    add(group, chain);
    this.follow(up, at + 1, chain[3], 3, add);
    this.follow(down, at + 1, chain[4], 4, add);
  }

  follow(path, at, port, side, add) {
    for (; at + 1 < path.length && port >= 0 && this.graph.isOpened(path[at]); ++at) {
      const group = path[at] - this.graph.size, cell = this.cellOf(group, path[at + 1]);
      const chain = side === 3 ? this.chainOf(group, cell, port) : this.chainOf(group, port, cell);
      if (!chain) return;
      add(group, chain);
      port = chain[side];
    }
  }

  chainOf(group, from, to) {
    const at = this.graph.groups[group];
    at.chainOf ||= new Map(at.chains.map((chain) => [endsOf(chain).join(), chain]));
    return at.chainOf.get(`${from},${to}`);
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
    const across = (this.width - 2 * room) / w, down = (this.height - 2 * room - 20) / h;
    let k = Math.min(across, down, most);
    if (isFirst && k < 0.5) k = Math.min(Math.max(Math.min(across, 0.8), 0.55), most);
    const y = isFirst && h * k > this.height ? (this.height / 2 - room - 16) / k : h / 2;
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

  isOnSign(item, x, y) {
    const box = this.boxOf(item);
    if (!box || !this.graph.isGroup(item)) return false;
    return x > box.x + box.w - 34 && y < box.y + 34;
  }

  listen() {
    const canvas = this.canvas;
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
          this.pan(event.offsetX - last.offsetX, event.offsetY - last.offsetY);
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
      const at = this.toWorld(event.offsetX, event.offsetY), item = this.hit(at.x, at.y);
      if (item >= 0 && !this.isOnSign(item, at.x, at.y)) this.activate(item);
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const step = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey) this.pan(-event.deltaY * step, 0);
      else this.zoom(Math.exp(-Math.max(Math.min(event.deltaY * step, 120), -120) * (event.ctrlKey ? 0.01 : 0.0022)), event.offsetX, event.offsetY);
    }, {passive: false});
  }

  pinch(pointers, event) {
    const [other] = [...pointers.values()].filter((p) => p.pointerId !== event.pointerId), old = pointers.get(event.pointerId);
    const apart = (a) => Math.hypot(a.offsetX - other.offsetX, a.offsetY - other.offsetY);
    this.zoom(apart(event) / Math.max(apart(old), 1), (event.offsetX + other.offsetX) / 2, (event.offsetY + other.offsetY) / 2);
  }

  hover(event) {
    const at = this.toWorld(event.offsetX, event.offsetY), item = this.hit(at.x, at.y);
    this.canvas.classList.toggle("over", item >= 0);
    if (item === this.hovered) return;
    this.hovered = item;
    this.canvas.title = item >= 0 && this.camera.k < 0.6 ? this.graph.path(item) : "";
    this.draw();
  }

  click(event) {
    const at = this.toWorld(event.offsetX, event.offsetY), item = this.hit(at.x, at.y);
    this.canvas.focus({preventScroll: true});
    if (item >= 0 && this.isOnSign(item, at.x, at.y)) this.activate(item);
    this.select(item);
  }
}

// Cells of a chain's source and target.
function endsOf(chain) {
  return chain[0] & 2 ? [chain[chain.length - 1], chain[6]] : [chain[6], chain[chain.length - 1]];
}

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
    this.k = Math.min(150 / placed.w, 210 / placed.h);
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
