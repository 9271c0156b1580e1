// Edges as curves through the cells of their chains, and the shapes of what runs along them.

class Edges {
  constructor(drawing) {
    Object.assign(this, {drawing, pane: drawing.pane, graph: drawing.graph, look: drawing.look, context: drawing.context});
    this.label = `10px ${this.look.font}`;
  }

  // All edges of a group in three strokes.
  draw(placed, x, y) {
    const {context, look} = this;
    if (!this.drawing.isSeen(x, y, placed.w, placed.h)) return;
    const paths = placed.paths ||= this.makePaths(placed);
    context.save();
    context.translate(x, y);
    context.strokeStyle = look.edge;
    context.lineWidth = Math.max(1.25, 0.7 / this.drawing.scale);
    context.stroke(paths.data);
    if (this.drawing.scale > 0.12) {
      context.setLineDash([3, 4]);
      context.globalAlpha = 0.75;
      context.stroke(paths.control);
      context.globalAlpha = 1;
      context.setLineDash([]);
    }
    context.fillStyle = look.edge;
    if (this.drawing.scale > 0.25) context.fill(paths.arrows);
    context.restore();
  }

  makePaths(placed) {
    const paths = {data: new Path2D(), control: new Path2D(), arrows: new Path2D()};
    for (const chain of this.graph.groups[placed.id].chains) {
      const end = this.trace(placed, chain, chain[0] & 1 ? paths.control : paths.data);
      if (end) arrow(paths.arrows, end[0], end[1]);
    }
    return paths;
  }

  // Where a chain meets a cell: in the middle, or at the port of an open group.
  meet(placed, cell, port) {
    const item = this.graph.groups[placed.id].cells[cell];
    if (port >= 0 && item >= 0 && this.graph.isOpened(item)) {
      const inner = this.pane.places.of(item - this.graph.size);
      return placed.bx[cell] + inner.bx[port] + inner.bw[port] / 2;
    }
    return placed.bx[cell] + placed.bw[cell] / 2;
  }

  // Adds a chain to a path; returns the point where its arrow is, or null where it leaves through a port.
  trace(placed, chain, path) {
    const goesUp = (chain[0] & 2) !== 0, first = chain[6], last = chain[chain.length - 1];
    const topX = this.meet(placed, first, goesUp ? chain[4] : chain[3]);
    const endX = this.meet(placed, last, goesUp ? chain[3] : chain[4]);
    const topY = placed.by[first] + (goesUp ? 0 : placed.bh[first]);
    const endY = placed.by[last] + (goesUp ? placed.bh[last] : 0);
    let x = topX, y = topY;
    path.moveTo(x, y);
    for (let i = 7; i + 1 < chain.length; ++i) {
      const cell = chain[i], bendX = placed.bx[cell] + placed.bw[cell] / 2;
      if (goesUp && i === 7) around(path, x, y, bendX, placed.by[cell], -22); else curve(path, x, y, bendX, placed.by[cell]);
      x = bendX;
      y = placed.by[cell] + placed.bh[cell];
      path.lineTo(x, y);
    }
    if (goesUp) around(path, x, y, endX, endY, 22); else curve(path, x, y, endX, endY);
    const target = this.graph.groups[placed.id].cells[goesUp ? first : last];
    return target < 0 ? null : goesUp ? [topX, topY] : [endX, endY];
  }

  // Shapes of tensors below what makes them.
  labels(placed, x, y) {
    const {context, look, graph} = this, group = graph.groups[placed.id], done = new Set();
    context.font = this.label;
    context.textAlign = "center";
    context.lineJoin = "round";
    for (const chain of group.chains) {
      const from = chain[0] & 2 ? chain[chain.length - 1] : chain[6];
      if (chain[2] < 0 || group.cells[from] < 0 || done.has(from)) continue;
      done.add(from);
      const lx = x + this.meet(placed, from, chain[3]), ly = y + placed.by[from] + placed.bh[from] + 13;
      if (!this.drawing.isSeen(lx - 60, ly - 10, 120, 14)) continue;
      const text = edgeText(graph.texts[chain[2]]);
      if (text === "?") continue;
      context.strokeStyle = look.back;
      context.lineWidth = 4;
      context.strokeText(text, lx, ly);
      context.fillStyle = look.muted;
      context.fillText(text, lx, ly);
    }
    context.textAlign = "left";
  }
}

function curve(path, x0, y0, x1, y1) {
  const middle = (y0 + y1) / 2;
  path.bezierCurveTo(x0, middle, x1, middle, x1, y1);
}

// Both ends from the same side.
function around(path, x0, y0, x1, y1, room) {
  const far = room < 0 ? Math.min(y0, y1) + room : Math.max(y0, y1) + room;
  path.bezierCurveTo(x0, far, x1, far, x1, y1);
}

function arrow(path, x, y) {
  path.moveTo(x, y);
  path.lineTo(x - 3.5, y - 6);
  path.lineTo(x + 3.5, y - 6);
  path.closePath();
}
