// Where everything is when some groups are open: the same as cli/view/place.cc.

const kSweeps = 10, kItemGap = 24, kBendGap = 12, kBendWidth = 4, kLayerGap = 34, kHeader = 34, kPadding = 18,
  kBranchWeight = 0.05;

class Places {
  constructor(graph) {
    this.graph = graph;
    this.placed = new Map();
  }

  // Of an open group: widths, boxes of cells relative to its upper left corner, paths of its edges.
  of(group) {
    let placed = this.placed.get(group);
    if (!placed) this.placed.set(group, placed = new GroupPlace(this, group).make());
    return placed;
  }

  // A group was opened or closed: all around it change.
  forget(group) {
    for (let at = group; at >= 0; at = this.graph.groups[at].parent) this.placed.delete(at);
  }
}

class GroupPlace {
  constructor(places, group) {
    this.places = places;
    this.graph = places.graph;
    this.id = group;
    this.group = this.graph.groups[group];
    this.cells = this.group.cells;
    this.count = this.cells.length;
  }

  make() {
    this.measure();
    this.cutIntoPieces();
    this.pack();
    for (let sweep = 0; sweep < kSweeps; ++sweep) this.sweep(sweep % 2 === 0);
    return this.finish();
  }

  measure() {
    const graph = this.graph;
    this.w = new Float64Array(this.count);
    this.h = new Float64Array(this.count);
    this.x = new Float64Array(this.count);
    this.layer = new Int32Array(this.count);
    this.ranges = [];
    let at = 0;
    this.group.layers.forEach((size, layer) => {
      this.ranges.push([at, at + size]);
      this.layer.fill(layer, at, at + size);
      at += size;
    });
    for (let c = 0; c < this.count; ++c) {
      const item = this.cells[c];
      if (item < 0) { this.w[c] = kBendWidth; continue; }
      const from = graph.isOpened(item) ? this.places.of(item - graph.size) : graph.isGroup(item) ? graph.group(item) : null;
      this.w[c] = from ? from.w : graph.nodes.w[item];
      this.h[c] = from ? from.h : graph.nodes.h[item];
    }
  }

  // From the centre of a cell to its port; 0 for all but open groups.
  portOffset(cell, port) {
    const item = this.cells[cell];
    if (port < 0 || item < 0 || !this.graph.isOpened(item)) return 0;
    const inner = this.places.of(item - this.graph.size);
    return inner.bx[port] + inner.bw[port] / 2 - inner.w / 2;
  }

  cutIntoPieces() {
    this.above = Array.from({length: this.count}, () => []);
    this.below = Array.from({length: this.count}, () => []);
    for (const chain of this.group.chains) {
      const goesUp = chain[0] & 2, first = 6, last = chain.length - 1;
      for (let i = first + 1; i <= last; ++i) {
        const upper = chain[i - 1], lower = chain[i];
        if (this.layer[upper] === this.layer[lower]) continue;
        if (this.cells[lower] === kBend && this.above[lower].length) continue;  // shared by several chains
        const upperOffset = i === first + 1 ? this.portOffset(upper, goesUp ? chain[4] : chain[3]) : 0;
        const lowerOffset = i === last ? this.portOffset(lower, goesUp ? chain[3] : chain[4]) : 0;
        const bends = (this.cells[upper] < 0) + (this.cells[lower] < 0);
        const weight = bends === 2 ? 8 : bends === 1 ? 2 : 1;
        this.below[upper].push({cell: lower, offset: lowerOffset - upperOffset, weight});
        this.above[lower].push({cell: upper, offset: upperOffset - lowerOffset, weight});
      }
    }
    // Cards do not come to a line that branches: it would bend towards each.
    for (let c = 0; c < this.count; ++c) {
      if (this.cells[c] !== kBend || this.below[c].length < 2) continue;
      for (const piece of this.below[c]) {
        if (this.cells[piece.cell] === kBend) continue;
        piece.weight = kBranchWeight;
        for (const back of this.above[piece.cell]) if (back.cell === c) back.weight = kBranchWeight;
      }
    }
  }

  gap(left) {
    const hasBend = this.cells[left] < 0 || this.cells[left + 1] < 0;
    return (this.w[left] + this.w[left + 1]) / 2 + (hasBend ? kBendGap : kItemGap);
  }

  pack() {
    for (const [first, end] of this.ranges) {
      let x = 0;
      for (let c = first; c < end; ++c) {
        this.x[c] = x;
        if (c + 1 < end) x += this.gap(c);
      }
      for (let c = first; c < end; ++c) this.x[c] -= x / 2;
    }
  }

  sweep(downwards) {
    const pieces = downwards ? this.above : this.below;
    for (const [first, end] of downwards ? this.ranges : this.ranges.slice().reverse()) {
      const wanted = [], weights = [], gaps = [];
      for (let c = first; c < end; ++c) {
        let sum = 0, weight = 0;
        for (const piece of pieces[c]) {
          sum += (this.x[piece.cell] + piece.offset) * piece.weight;
          weight += piece.weight;
        }
        // What has no edges stays beside what stands to its left.
        const isLonely = c > first && !this.above[c].length && !this.below[c].length;
        wanted.push(weight > 0 ? sum / weight : isLonely ? wanted[wanted.length - 1] + this.gap(c - 1) : this.x[c]);
        weights.push(weight > 0 ? weight : 0.05);
        if (c + 1 < end) gaps.push(this.gap(c));
      }
      this.x.set(keepApart(wanted, weights, gaps), first);
    }
  }

  // Edges that go far to the side need more room to turn.
  gapBelow(first, end) {
    let farthest = 0;
    for (let c = first; c < end; ++c)
      for (const piece of this.below[c]) farthest = Math.max(farthest, Math.abs(this.x[piece.cell] + piece.offset - this.x[c]));
    return Math.min(kLayerGap + farthest * 0.08, 2.6 * kLayerGap);
  }

  finish() {
    const isWhole = this.id === 0;
    let left = 0, right = 0;
    for (let c = 0; c < this.count; ++c) {
      left = c === 0 ? this.x[c] - this.w[c] / 2 : Math.min(left, this.x[c] - this.w[c] / 2);
      right = c === 0 ? this.x[c] + this.w[c] / 2 : Math.max(right, this.x[c] + this.w[c] / 2);
    }
    const least = isWhole ? 0 : this.group.w + 24;
    const w = Math.max(right - left + 2 * kPadding, least), shift = (w - (right - left)) / 2 - left;
    const bx = new Float64Array(this.count), by = new Float64Array(this.count), bh = new Float64Array(this.count);
    let y = isWhole ? kPadding : kHeader;
    for (const [first, end] of this.ranges) {
      let height = 0;
      for (let c = first; c < end; ++c) height = Math.max(height, this.h[c]);
      for (let c = first; c < end; ++c) {
        bx[c] = this.x[c] + shift - this.w[c] / 2;
        bh[c] = this.cells[c] === kBend ? height : this.h[c];
        by[c] = y + (height - bh[c]) / 2;
      }
      y += height + (height === 0 && first === 0 ? kLayerGap / 2 : this.gapBelow(first, end));
    }
    if (this.ranges.length) y -= kLayerGap;
    const h = y + kPadding;
    for (let c = 0; c < this.count; ++c) {
      if (this.cells[c] === kInPort) by[c] = 0;
      if (this.cells[c] === kOutPort) by[c] = h;
    }
    return {id: this.id, w, h, bx, by, bw: this.w, bh};
  }
}

// The positions nearest to `wanted`, by weighted squares, that keep their order and at least the gaps.
function keepApart(wanted, weights, gaps) {
  const sums = [], masses = [], counts = [];
  let offset = 0;
  for (let i = 0; i < wanted.length; ++i) {
    if (i > 0) offset += gaps[i - 1];
    sums.push((wanted[i] - offset) * weights[i]);
    masses.push(weights[i]);
    counts.push(1);
    for (let n = sums.length; n > 1 && sums[n - 2] / masses[n - 2] > sums[n - 1] / masses[n - 1]; --n) {
      sums[n - 2] += sums.pop();
      masses[n - 2] += masses.pop();
      counts[n - 2] += counts.pop();
    }
  }
  const positions = new Float64Array(wanted.length);
  offset = 0;
  let at = 0;
  for (let pool = 0; pool < sums.length; ++pool) {
    for (let i = 0; i < counts[pool]; ++i) {
      if (at > 0) offset += gaps[at - 1];
      positions[at++] = sums[pool] / masses[pool] + offset;
    }
  }
  return positions;
}
