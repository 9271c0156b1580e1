// What is known of the selection, or of the model where nothing is selected.

class Panel {
  constructor(element, look, go) {
    Object.assign(this, {element, look, go});
  }

  show(pane, item) {
    this.pane = pane;
    this.graph = pane.graph;
    this.element.replaceChildren();
    this.element.scrollTop = 0;
    if (item < 0) this.model();
    else if (this.graph.isGroup(item)) this.group(item);
    else this.node(item);
  }

  add(tag, text, css, to = this.element) {
    const element = to.appendChild(document.createElement(tag));
    if (text !== undefined) element.textContent = text;
    if (css) element.className = css;
    return element;
  }

  chip(text, color) { this.add("span", text, "chip").style.background = color; }

  pairs(title, pairs) {
    if (!pairs.length) return;
    if (title) this.add("h2", title);
    const list = this.add("dl");
    for (const [key, value] of pairs) {
      this.add("dt", key, "", list);
      this.add("dd", value, "", list);
    }
  }

  // A line that leads to an item.
  link(item, what, how, color) {
    const button = this.add("button", undefined, "link");
    this.add("span", undefined, "dot", button).style.background = color || this.colorOf(item);
    const name = this.add("span", undefined, "what", button);  // cut at its front, where it is like others
    this.add("bdi", what, "", name);
    name.title = this.graph.path(item);
    this.add("span", how, "how", button).title = how;
    const pane = this.pane;
    button.onclick = () => this.go(pane, item);
  }

  colorOf(item) { return this.graph.isGroup(item) ? this.look.edge : this.look.families[this.graph.family(item)]; }

  links(title, entries, most = 40) {
    if (!entries.length) return;
    this.add("h2", `${title} · ${entries.length}`);
    for (const [item, what, how, color] of entries.slice(0, most)) this.link(item, what, how, color);
    if (entries.length > most) this.add("p", `and ${entries.length - most} more`, "path");
  }

  mark(item) {
    const mark = this.graph.mark(item);
    if (mark) this.chip(["", "changed", "added", "removed"][mark], this.look.marks[mark]);
  }

  costs(item) {
    const graph = this.graph, pairs = [];
    for (const [name, kind] of [["time", kTime], ["arithmetic", kFlops], ["bytes written", kBytes], ["weights", kWeights], ["weights' bytes", kWeightBytes]]) {
      const value = graph.shownCost(item, kind), share = graph.total(kind) > 0 ? percent(value / graph.total(kind)) : "";
      if (value > 0) pairs.push([name, costText(kind, value) + (share ? ` · ${share}` : "")]);
    }
    this.pairs("Cost", pairs);
    if (pairs.length && graph.onesAssumed) this.add("p", "for a batch of one", "path");
  }

  node(node) {
    const graph = this.graph;
    this.chip(graph.op(node), this.colorOf(node));
    this.mark(node);
    this.add("h1", shortName(graph.nodes.name[node]));
    if (graph.path(node) !== shortName(graph.nodes.name[node])) this.add("p", graph.path(node), "path");
    if (graph.nodes.problems[node]) this.add("p", graph.nodes.problems[node], "sad");
    for (const change of graph.nodes.changes[node] || []) this.add("p", change, "change");
    this.calls(node);
    const facts = graph.facts(node);
    this.pairs(facts.length === 1 ? "Output" : "Outputs", facts.map((fact, slot) => [facts.length === 1 ? "tensor" : `${slot}`, fact]));
    this.costs(node);
    const attrs = graph.nodes.attrs[node], pairs = [];
    for (let i = 0; i < attrs.length; i += 2) pairs.push([graph.texts[attrs[i]], graph.texts[attrs[i + 1]]]);
    this.pairs("Attributes", pairs);
    this.weights(node);
    this.neighbours(node);
  }

  calls(node) {
    const calls = (this.graph.nodes.calls[node] || []).map((fn) => [this.graph.functionGroup(fn), this.graph.functions[fn]]);
    this.links("Calls", calls.filter(([group]) => group >= 0).map(([group, name]) => [group, name, "function"]));
  }

  neighbours(node) {
    const graph = this.graph;
    const entry = (at, slot, control) =>
      [at, graph.nearName(at), control ? "control" : graph.facts(at)[slot] || graph.op(at), control ? this.look.faint : undefined];
    this.links("Inputs", graph.inputs(node).filter(([, , , folded]) => !folded).map(([from, slot, control]) => entry(from, slot, control)));
    this.links("Used by", graph.users(node).map(([user, slot, control]) =>
      [user, graph.nearName(user), control ? "control" : graph.op(user), control ? this.look.faint : undefined]));
  }

  weights(node) {
    const graph = this.graph, sources = [...graph.sources(node)];
    if (graph.nodes.weights[node]) sources.push(node);
    if (!sources.length) return;
    this.add("h2", "Weights and constants");
    const labels = this.labels(node);
    for (const source of sources.slice(0, 12)) this.weight(source, labels.get(source) || shortName(graph.nodes.name[source]));
    if (sources.length > 12) this.add("p", `and ${sources.length - 12} more`, "path");
  }

  // What the card calls the constants on it.
  labels(node) {
    const graph = this.graph, rows = graph.nodes.rows[node], labels = new Map();
    for (let i = 0; i < rows.length; i += 3) {
      if (rows[i + 2] >= 0) labels.set([...graph.sources(rows[i + 2])][0] ?? rows[i + 2], graph.texts[rows[i]]);
    }
    return labels;
  }

  weight(source, label) {
    const graph = this.graph, box = this.add("div", undefined, "weight");
    this.add("b", label, "", box).title = graph.nodes.name[source];
    this.add("span", graph.facts(source)[0] || graph.op(source), "", box);
    const weight = graph.nodes.weights[source];
    if (!weight) {
      const attrs = graph.nodes.attrs[source];
      for (let i = 0; i < attrs.length; i += 2)
        if (graph.texts[attrs[i]] === "value") this.add("div", graph.texts[attrs[i + 1]], "path", box);
      return;
    }
    if (weight.bins.length) this.histogram(weight, box);
    const list = this.add("dl", undefined, "", box);
    const pair = (key, value) => { this.add("dt", key, "", list); this.add("dd", value, "", list); };
    pair("mean ± deviation", `${number(weight.mean)} ± ${number(weight.dev)}`);
    if (!weight.bins.length) pair("all values", number(weight.min));
    if (weight.zeros) pair("zeros", `${weight.zeros} of ${weight.count}`);
    if (weight.odd) pair("NaN or infinite", `${weight.odd}`);
  }

  histogram(weight, box) {
    const svg = box.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    const n = weight.bins.length, most = Math.max(...weight.bins);
    svg.setAttribute("class", "histogram");
    svg.setAttribute("viewBox", `0 0 ${n * 6} 92`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `Histogram from ${number(weight.min)} to ${number(weight.max)}`);
    weight.bins.forEach((count, bin) => {
      const bar = svg.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
      const height = count ? Math.max(count / most * 90, 1.2) : 0;
      for (const [key, value] of Object.entries({x: bin * 6 + 0.5, y: 92 - height, width: 5, height, fill: this.look.accent})) bar.setAttribute(key, value);
      const from = weight.min + (weight.max - weight.min) * bin / n, to = weight.min + (weight.max - weight.min) * (bin + 1) / n;
      bar.appendChild(document.createElementNS(svg.namespaceURI, "title")).textContent = `${number(from)} … ${number(to)}: ${count}`;
    });
    const axis = this.add("div", undefined, "axis", box);
    this.add("span", number(weight.min), "", axis);
    if (weight.min < 0 && weight.max > 0) this.add("span", `most: ${most}`, "", axis);
    this.add("span", number(weight.max), "", axis);
  }

  group(item) {
    const graph = this.graph, group = graph.group(item);
    this.chip(group.fn ? "function" : "scope", this.look.edge);
    this.mark(item);
    this.add("h1", group.label);
    if (group.path !== group.label) this.add("p", group.path, "path");
    const buttons = this.add("div", undefined, "buttons"), pane = this.pane;
    const button = (text, action) => { this.add("button", text, "", buttons).onclick = action; };
    button(graph.isOpened(item) ? "Close" : "Open", () => { pane.activate(item); this.show(pane, item); });
    button("Open all below", () => { pane.setOpenBelow(item, true); pane.fitItem(item); });
    this.pairs("", [["nodes", `${group.size}`], ["in it", `${group.kids.length} item${group.kids.length === 1 ? "" : "s"}`]]);
    this.costs(item);
    this.operators(this.below(item));
    this.links("In it", group.kids.map((kid) => [kid, graph.label(kid), graph.isGroup(kid) ? graph.group(kid).sub : graph.op(kid)]));
  }

  // Nodes of a group, those on cards left out.
  below(item) {
    const nodes = [], pending = [item];
    while (pending.length) {
      const at = pending.pop();
      if (this.graph.isGroup(at)) pending.push(...this.graph.group(at).kids); else nodes.push(at);
    }
    return nodes;
  }

  operators(nodes) {
    const counts = new Map(), graph = this.graph;
    for (const node of nodes) counts.set(graph.nodes.op[node], (counts.get(graph.nodes.op[node]) || 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    if (!sorted.length) return;
    this.add("h2", `Operators · ${sorted.length}`);
    for (const [op, count] of sorted.slice(0, 14)) {
      const button = this.add("button", undefined, "link");
      this.add("span", undefined, "dot", button).style.background = this.look.families[graph.families[op]];
      this.add("bdi", graph.ops[op], "", this.add("span", undefined, "what", button));
      this.add("span", `${count}`, "how", button);
      button.onclick = () => this.onOperator(graph.ops[op]);
    }
  }

  model() {
    const graph = this.graph;
    this.chip(graph.format, this.look.families[10]);
    this.add("h1", graph.title);
    for (const problem of graph.problems) this.add("p", problem, "sad");
    const pairs = [["file", shortBytes(graph.fileBytes)], ["nodes", `${graph.size}`]];
    if (graph.functions.length) pairs.push(["functions", `${graph.functions.length}`]);
    this.pairs("", pairs);
    this.costs(graph.whole);
    this.changes();
    this.ends();
    for (const [title, kind] of [["Slowest", kTime], ["Most arithmetic", kFlops], ["Largest weights", kWeightBytes]]) if (this.largest(title, kind)) break;
    this.operators(this.below(graph.whole));
    const bad = Object.entries(graph.nodes.problems);
    this.links("Would not run", bad.map(([node]) => [graph.shown(+node), graph.nearName(+node), graph.op(+node), this.look.marks[kRemoved]]));
  }

  changes() {
    const graph = this.graph, marked = [];
    for (let i = 0; i < graph.size; ++i) {
      const mark = graph.nodes.mark[i];
      if (mark && !graph.nodes.folded[i]) marked.push([i, graph.nearName(i), `${"  ~+−"[mark + 1]} ${graph.op(i)}`, this.look.marks[mark]]);
    }
    this.links("Not the same", marked, 60);
  }

  ends() {
    const graph = this.graph, inputs = [], outputs = [];
    for (let i = 0; i < graph.size; ++i) {
      if (graph.nodes.fn[i] >= 0 || graph.nodes.folded[i]) continue;
      if (graph.op(i).startsWith("Placeholder")) inputs.push([i, graph.nearName(i), graph.facts(i)[0] || ""]);
      else if (graph.facts(i).length && !graph.users(i).length) outputs.push([i, graph.nearName(i), graph.facts(i)[0]]);
    }
    this.links("Model inputs", inputs, 12);
    this.links("Model outputs", outputs, 12);
  }

  largest(title, kind) {
    const graph = this.graph, total = graph.total(kind);
    if (!(total > 0)) return false;
    const sorted = [];
    for (let i = 0; i < graph.size; ++i) {
      const value = graph.cost(i, kind);
      if (value > 0) sorted.push([value, i]);
    }
    sorted.sort((a, b) => b[0] - a[0]);
    this.add("h2", title);
    for (const [value, node] of sorted.slice(0, 8)) {
      this.link(graph.shown(node), graph.nearName(node), costText(kind, value));
      this.add("div", undefined, "bar").style.width = `${value / sorted[0][0] * 100}%`;
    }
    return sorted.length > 0;
  }
}

function number(value) { return value === null ? "?" : Number(value.toPrecision(4)).toString(); }
