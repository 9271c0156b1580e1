// Which chains the edges of a node run through.

class Routes {
  constructor(pane) {
    this.pane = pane;
    this.graph = pane.graph;
  }

  // The chains that the selection's edges run through, in all groups that they cross.
  of(selected) {
    const routes = [], seen = new Set(), graph = this.graph, item = graph.visible(selected);
    const add = (group, chain, isInput) => {
      if (!chain || seen.has(chain)) return;
      seen.add(chain);
      routes.push({group, chain, isInput});
    };
    if (graph.isGroup(item)) {
      const group = graph.parent(item) - graph.size;
      if (group >= 0) {
        const cell = this.pane.cellOf(group, item);
        for (const chain of graph.groups[group].chains) {
          const [from, to] = endsOf(chain);
          if (from === cell || to === cell) add(group, chain, to === cell);
        }
      }
    } else {
      for (const [from, , , folded] of graph.inputs(item)) if (!folded) this.route(from, item, (g, c) => add(g, c, true));
      for (const [user] of graph.users(item).slice(0, 400)) this.route(item, user, (g, c) => add(g, c, false));
    }
    return routes;
  }

  // From one node to another: the chain where they part, and down to each through the ports.
  route(from, to, add) {
    const graph = this.graph, up = graph.chain(from), down = graph.chain(to);
    let at = 0;
    while (up[at + 1] === down[at + 1]) ++at;
    const group = up[at] - graph.size;
    if (!graph.isOpen[group]) return;
    const chain = this.chainOf(group, this.pane.cellOf(group, up[at + 1]), this.pane.cellOf(group, down[at + 1]));
    if (!chain) return;
    add(group, chain);
    this.follow(up, at + 1, chain[3], 3, add);
    this.follow(down, at + 1, chain[4], 4, add);
  }

  follow(path, at, port, side, add) {
    for (; at + 1 < path.length && port >= 0 && this.graph.isOpened(path[at]); ++at) {
      const group = path[at] - this.graph.size, cell = this.pane.cellOf(group, path[at + 1]);
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
}

// Cells of a chain's source and target.
function endsOf(chain) {
  return chain[0] & 2 ? [chain[chain.length - 1], chain[6]] : [chain[6], chain[chain.length - 1]];
}
