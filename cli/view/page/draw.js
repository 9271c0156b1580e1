// Draws a pane: what is seen of the open groups, no more than can be told apart.

class Drawing {
  constructor(pane) {
    this.pane = pane;
    this.graph = pane.graph;
    this.look = pane.look;
    this.context = pane.canvas.getContext("2d");
    this.title = `600 12.5px ${this.look.font}`;
    this.text = `10.5px ${this.look.font}`;
    this.lines = new Edges(this);
  }

  draw() {
    const {context, pane} = this, {camera, width, height, ratio} = pane;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.look.back;
    context.fillRect(0, 0, width, height);
    const k = camera.k;
    context.setTransform(ratio * k, 0, 0, ratio * k, ratio * (width / 2 - camera.x * k), ratio * (height / 2 - camera.y * k));
    this.scale = k;
    this.left = camera.x - width / 2 / k; this.right = camera.x + width / 2 / k;
    this.top = camera.y - height / 2 / k; this.bottom = camera.y + height / 2 / k;
    this.drawn = 0;
    this.group(0, 0, 0, 0);
    if (pane.selected >= 0) this.highlight();
  }

  isSeen(x, y, w, h) { return x < this.right && x + w > this.left && y < this.bottom && y + h > this.top; }

  group(id, x, y, depth) {
    const placed = this.pane.places.of(id);
    this.lines.draw(placed, x, y);
    const cells = this.graph.groups[id].cells;
    for (let c = 0; c < cells.length; ++c) {
      const item = cells[c];
      if (item < 0) continue;
      const bx = x + placed.bx[c], by = y + placed.by[c], bw = placed.bw[c], bh = placed.bh[c];
      if (!this.isSeen(bx, by, bw + 5, bh + 5)) continue;
      ++this.drawn;
      if (this.graph.isOpened(item)) this.frame(item, bx, by, bw, bh, depth);
      else this.card(item, bx, by, bw, bh);
    }
    if (this.scale > 0.62) this.lines.labels(placed, x, y);
  }

  frame(item, x, y, w, h, depth) {
    const {context, look, graph} = this, mark = graph.mark(item);
    context.beginPath();
    context.roundRect(x, y, w, h, 12);
    context.fillStyle = look.scopes[0];
    context.fill();
    context.strokeStyle = mark ? look.marks[mark] : look.line;
    context.lineWidth = (mark === kAdded || mark === kRemoved ? 2 : 1) / Math.min(1, Math.max(this.scale, 0.4));
    context.stroke();
    if (Math.min(w, h) * this.scale < 26) return this.block(item, x, y, w, h);
    this.group(item - graph.size, x, y, depth + 1);
    // The title keeps its size on the screen down to where it would be larger than its header.
    const size = Math.min(12.5 / Math.min(this.scale, 1), 24);
    if (size * this.scale < 6.5) return;
    const font = `600 ${size}px ${look.font}`;
    const title = look.fit(graph.label(item), font, w - 52);
    context.font = font;
    context.lineJoin = "round";
    context.lineWidth = 6;
    context.strokeStyle = look.back;
    context.strokeText(title, x + 14, y + 15 + size * 0.5);
    context.fillStyle = look.text;
    context.fillText(title, x + 14, y + 15 + size * 0.5);
    if (this.scale > 0.45) this.sign(x + w - 19, y + 17, false);
    if (item === this.pane.hovered) this.outline(x, y, w, h, 12, look.faint, 1.2);
  }

  // Too small to see into.
  block(item, x, y, w, h) {
    const heat = this.heatOf(item);
    this.context.fillStyle = heat ? heat.fill : this.look.scope(0.16);
    this.context.fillRect(x, y, w, h);
  }

  heatOf(item) {
    const kind = kHeatCosts[this.pane.heat];
    if (kind < 0) return null;
    const total = this.graph.total(kind), value = this.graph.shownCost(item, kind);
    return total > 0 ? {...this.look.heat(value / total), part: value / total} : {...this.look.heat(0), part: 0};
  }

  card(item, x, y, w, h) {
    const {context, look, graph, scale} = this, isGroup = graph.isGroup(item), mark = graph.mark(item);
    const heat = this.heatOf(item);
    const family = isGroup ? look.edge : look.families[graph.family(item)];
    if (h * scale < 9) {
      context.fillStyle = mark ? look.marks[mark] : heat ? heat.fill : family;
      context.globalAlpha = heat || mark ? 1 : 0.55;
      context.fillRect(x, y, w, h);
      context.globalAlpha = 1;
      return;
    }
    if (isGroup) this.stack(x, y, w, h, mark ? look.marks[mark] : look.line);
    context.beginPath();
    context.roundRect(x, y, w, h, 9);
    context.fillStyle = heat ? heat.fill : look.surface;
    context.fill();
    context.strokeStyle = mark ? look.marks[mark] : look.line;
    context.lineWidth = mark ? 2 : 1;
    if (mark === kRemoved) context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
    if (!isGroup) {
      context.fillStyle = graph.nodes.problems[item] ? look.marks[kRemoved] : family;
      context.beginPath();
      context.roundRect(x + 7, y + 8, 3.5, h - 16, 1.75);
      context.fill();
    }
    if (item === this.pane.hovered) this.outline(x, y, w, h, 9, look.faint, 1.2);
    if (scale > 0.5) this.words(item, x, y, w, heat);
    else if (scale > 0.2) this.name(item, x, y, w, h, heat);
  }

  // From afar: the title alone, as large as the card allows.
  name(item, x, y, w, h, heat) {
    const {context, look, graph} = this, size = Math.min(8.5 / this.scale, h * 0.5, 26), font = `600 ${size}px ${look.font}`;
    context.font = font;
    context.fillStyle = heat && heat.isStrong ? (look.isDark ? "#17120d" : "#ffffff") : look.text;
    context.textBaseline = "middle";
    context.fillText(look.fit(graph.isGroup(item) ? graph.label(item) : graph.op(item), font, w - 26), x + 16, y + h / 2);
    context.textBaseline = "alphabetic";
  }

  // A closed group looks like a stack of cards.
  stack(x, y, w, h, stroke) {
    const {context, look} = this;
    context.beginPath();
    context.roundRect(x + 4.5, y + 4.5, w, h, 9);
    context.fillStyle = look.surface;
    context.fill();
    context.strokeStyle = stroke;
    context.lineWidth = 1;
    context.stroke();
  }

  words(item, x, y, w, heat) {
    const {context, look, graph} = this, isGroup = graph.isGroup(item);
    const strong = heat && heat.isStrong ? (look.isDark ? "#17120d" : "#ffffff") : null;
    const share = heat ? percent(heat.part) : "";
    const left = x + 17, room = w - 26;
    context.textBaseline = "alphabetic";
    context.fillStyle = strong || look.text;
    context.font = this.title;
    let titleRoom = room - (isGroup ? 16 : 0);
    if (share) titleRoom -= look.width(share, this.text) + 6;
    context.fillText(look.fit(isGroup ? graph.label(item) : graph.op(item), this.title, titleRoom), left, y + (isGroup ? 23 : 17));
    context.font = this.text;
    context.fillStyle = strong || look.muted;
    if (share) {
      context.textAlign = "right";
      context.fillText(share, x + w - (isGroup ? 27 : 9), y + (isGroup ? 23 : 17));
      context.textAlign = "left";
    }
    const second = isGroup ? graph.group(item).sub : graph.label(item);
    context.fillText(look.fit(second, this.text, room), left, y + (isGroup ? 40 : 31));
    if (isGroup) {
      this.sign(x + w - 17, y + 19, true, strong);
      this.composition(item, left, y + 46, w - 34);
    } else if (this.scale > 0.55) {
      this.rows(item, x, y, w, strong);
    }
  }

  // Constants on the card.
  rows(item, x, y, w, strong) {
    const {context, look, graph} = this, rows = graph.nodes.rows[item];
    let at = y + 48;
    for (let i = 0; i < rows.length; i += 3, at += 15) {
      const label = graph.texts[rows[i]], text = look.fit(graph.texts[rows[i + 1]], this.text, w - 30);
      const mark = graph.mark(item) === kChanged && rows[i + 2] >= 0 ? graph.mark(rows[i + 2]) : kSame;
      const room = w - 34 - look.width(text, this.text);
      context.fillStyle = mark ? look.marks[mark] : strong || look.muted;
      context.fillText(look.fit(label, this.text, Math.max(room, 0)), x + 17, at);
      context.fillStyle = mark ? look.marks[mark] : strong || look.text;
      context.textAlign = "right";
      context.fillText(text, x + w - 9, at);
      context.textAlign = "left";
    }
  }

  // Which families of operators a closed group is made of, as a thin bar.
  composition(item, x, y, w) {
    const counts = this.pane.composition(item);
    let total = 0;
    for (const count of counts) total += count;
    const {context, look} = this;
    context.save();
    context.beginPath();
    context.roundRect(x, y, w, 3.5, 1.75);
    context.clip();
    counts.forEach((count, family) => {
      if (!count) return;
      context.fillStyle = look.families[family];
      context.fillRect(x, y, w * count / total + 0.5, 3.5);
      x += w * count / total;
    });
    context.restore();
  }

  sign(x, y, isPlus, color) {
    const {context, look} = this;
    context.strokeStyle = color || look.faint;
    context.lineWidth = 1.6;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(x - 4, y); context.lineTo(x + 4, y);
    if (isPlus) { context.moveTo(x, y - 4); context.lineTo(x, y + 4); }
    context.stroke();
    context.lineCap = "butt";
  }

  outline(x, y, w, h, radius, color, width) {
    const {context} = this;
    context.beginPath();
    context.roundRect(x, y, w, h, radius);
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  }

  highlight() {
    const {context, look, pane, graph} = this;
    for (const {group, chain, isInput} of pane.routes()) {
      const origin = pane.originOf(graph.size + group);
      if (!origin) continue;
      const placed = pane.places.of(group), path = new Path2D(), tip = new Path2D();
      const end = this.lines.trace(placed, chain, path);
      if (end) arrow(tip, end[0], end[1]);
      context.save();
      context.translate(origin.x, origin.y);
      context.strokeStyle = context.fillStyle = isInput ? look.into : look["out-of"];
      context.lineWidth = Math.max(2, 1.4 / this.scale);
      context.stroke(path);
      context.fill(tip);
      context.restore();
    }
    const box = pane.boxOf(graph.visible(pane.selected));
    if (box) this.outline(box.x - 1.5, box.y - 1.5, box.w + 3, box.h + 3, 11, look.accent, Math.max(2.5, 1.6 / this.scale));
  }
}
