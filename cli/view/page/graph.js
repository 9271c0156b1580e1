// A model as the page has it. Items are numbers: nodes first, then groups; see cli/view/json.cc for the columns.

const kBend = -1, kInPort = -2, kOutPort = -3;
const kSame = 0, kChanged = 1, kAdded = 2, kRemoved = 3;
const kFlops = 0, kBytes = 1, kWeights = 2, kWeightBytes = 3, kTime = 4;

class Graph {
  constructor(data) {
    Object.assign(this, data);
    this.nodes.name = wholeTexts(this.nodes.name);
    wholeTexts(this.paths).forEach((path, id) => { this.groups[id].path = path; });
    this.size = this.nodes.name.length;
    this.whole = this.size;
    this.isOpen = new Uint8Array(this.groups.length);
    for (const group of data.open) this.isOpen[group] = 1;
    this.groups.forEach((group, id) => { group.id = id; });
  }

  isGroup(item) { return item >= this.size; }
  group(item) { return this.groups[item - this.size]; }
  isOpened(item) { return item >= this.size && this.isOpen[item - this.size] === 1; }
  // The group around an item, as an item; -1 for the whole.
  parent(item) {
    const group = this.isGroup(item) ? this.group(item).parent : this.nodes.group[item];
    return group < 0 ? -1 : this.size + group;
  }
  op(node) { return this.ops[this.nodes.op[node]]; }
  family(node) { return this.families[this.nodes.op[node]]; }
  // What of a name the groups around an item do not say: NameWithin of card.cc.
  label(item) {
    if (this.isGroup(item)) return this.group(item).label;
    const path = this.path(item);
    for (let g = this.nodes.group[item]; g > 0; g = this.groups[g].parent) {
      const around = this.groups[g].path;
      if (around && path.startsWith(`${around}/`)) return path.slice(around.length + 1);
      if (path === around) return shortName(path);
    }
    return this.nodes.name[item];
  }
  path(item) {
    if (this.isGroup(item)) return this.group(item).path;
    const fn = this.nodes.fn[item];
    return fn < 0 ? this.nodes.name[item] : `ƒ ${this.functions[fn]}/${this.nodes.name[item]}`;
  }
  // For lists, where the groups around an item are not seen.
  nearName(item) {
    const path = this.path(item).split("/");
    return path.length > 2 ? path.slice(-2).join("/") : path.join("/");
  }
  mark(item) { return this.isGroup(item) ? this.group(item).mark : this.nodes.mark[item]; }
  cost(item, kind) { return this.isGroup(item) ? this.group(item).cost[kind] : this.nodes.cost[item * 5 + kind]; }
  // Weights that are shown on a node's card count for it.
  shownCost(item, kind) {
    let sum = this.cost(item, kind);
    if (this.isGroup(item) || (kind !== kWeights && kind !== kWeightBytes)) return sum;
    for (const source of this.sources(item)) sum += this.cost(source, kind);
    return sum;
  }
  total(kind) { return this.groups[0].cost[kind]; }
  facts(node) { return this.nodes.out[node].map((text) => this.texts[text]); }

  // [node, slot, is control, is folded] of each input.
  inputs(node) {
    const flat = this.nodes.in[node], inputs = [];
    for (let i = 0; i < flat.length; i += 3) inputs.push([flat[i], flat[i + 1], flat[i + 2] & 1, flat[i + 2] >> 1]);
    return inputs;
  }

  // [node, slot, is control] of what reads a node.
  users(node) {
    if (!this.usersOf) this.indexUsers();
    return this.usersOf[node] || [];
  }

  indexUsers() {
    this.usersOf = new Array(this.size);
    for (let user = 0; user < this.size; ++user) {
      const flat = this.nodes.in[user];
      for (let i = 0; i < flat.length; i += 3) (this.usersOf[flat[i]] ||= []).push([user, flat[i + 1], flat[i + 2] & 1]);
    }
  }

  // The constants and variables on a node's card, each once, through what only reads them.
  sources(node, found = new Set(), depth = 0) {
    for (const [from, , control, folded] of this.inputs(node)) {
      if (control || !folded || found.has(from) || depth > 4) continue;
      if (this.inputs(from).some(([, , c, f]) => !c && f)) this.sources(from, found, depth + 1);
      else found.add(from);
    }
    return found;
  }

  // What stands in the picture for a node: itself, or the first user of what is on a card.
  shown(node) {
    for (let steps = 0; steps < 8 && this.nodes.folded[node]; ++steps) node = this.users(node)[0][0];
    return node;
  }

  find(path) {
    if (!this.byPath) {
      this.byPath = new Map();
      for (let i = 0; i < this.size; ++i) this.byPath.set(this.path(i), i);
      // A node of a scope's name stands within the scope; the scope is what is meant.
      for (const group of this.groups) if (group.path) this.byPath.set(`${group.path}/`, this.size + group.id);
    }
    return this.byPath.get(path) ?? -1;
  }
  key(item) { return this.isGroup(item) ? `${this.path(item)}/` : this.path(item); }

  // The group of a function of the library; -1 when it has no nodes.
  functionGroup(fn) {
    const path = `ƒ ${this.functions[fn]}`;
    const id = this.groups.findIndex((group) => group.path === path);
    return id < 0 ? -1 : this.size + id;
  }

  // The visible one of an item and the groups around it: the outermost that is not within a closed group.
  visible(item) {
    let seen = item;
    for (let at = this.parent(item); at >= 0; at = this.parent(at)) if (!this.isOpened(at)) seen = at;
    return seen;
  }

  // From the whole down to the item.
  chain(item) {
    const chain = [];
    for (let at = item; at >= 0; at = this.parent(at)) chain.push(at);
    return chain.reverse();
  }
}

// Of texts that say how much they share with the one before.
function wholeTexts({shared, rest}) {
  let last = "";
  return rest.map((text, i) => last = last.slice(0, shared[i]) + text);
}

function shortName(name) {
  const slash = name.lastIndexOf("/");
  return slash < 0 || slash + 1 === name.length ? name : name.slice(slash + 1);
}

function short(number) {
  const units = ["", " k", " M", " G", " T", " P"];
  let unit = 0;
  while (number >= 999.5 && unit + 1 < units.length) { number /= 1000; ++unit; }
  return (unit === 0 ? number.toFixed(0) : number.toFixed(number < 99.95 ? 1 : 0)) + units[unit];
}

function shortBytes(bytes) { return `${short(bytes)}${bytes >= 999.5 ? "" : " "}B`; }

function costText(kind, value) {
  if (kind === kTime) return value >= 1 ? `${value.toFixed(2)} ms` : `${(value * 1000).toFixed(1)} µs`;
  if (kind === kFlops) return `${short(value)}FLOP`;
  return kind === kWeights ? short(value) : shortBytes(value);
}
