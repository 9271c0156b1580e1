// Puts the page together.

class App {
  constructor() {
    const element = document.getElementById("data");
    this.data = JSON.parse(element.textContent);
    element.remove();
    this.setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
    this.look = new Look();
    const host = document.getElementById("panes");
    this.panes = this.data.models.map((model) => new Pane(new Graph(model), this.look, host, this));
    this.panel = new Panel(document.getElementById("panel"), this.look, (pane, item) => this.goTo(pane, item));
    this.panel.onOperator = (op) => this.search.ask(op);
    this.search = new Search(this.panes, (pane, item) => this.goTo(pane, item));
    this.active = this.panes[this.panes.length - 1];
    this.heading();
    this.heatButtons();
    this.tools();
    document.addEventListener("keydown", (event) => this.key(event));
    for (const pane of this.panes) pane.resize();  // the other pane and a filled bar have taken room
    this.setHeat(this.active.graph.timed ? 1 : 0);  // its legend takes room, too
    for (const pane of this.panes) pane.fit(true);
    for (const pane of this.panes) pane.fit(true, Math.min(...this.panes.map((each) => each.camera.k)));
    this.panel.show(this.active, -1);
  }

  heading() {
    const graphs = this.panes.map((pane) => pane.graph), last = graphs[graphs.length - 1];
    document.getElementById("title").textContent = graphs.map((graph) => graph.title).join("  →  ");
    const facts = [`${last.size} nodes`];
    if (last.total(kWeights)) facts.push(`${short(last.total(kWeights))} weights`);
    if (last.total(kFlops)) facts.push(`${short(last.total(kFlops))}FLOP`);
    if (last.timed) facts.push(costText(kTime, last.total(kTime)));
    document.getElementById("facts").textContent = facts.join(" · ");
    document.body.classList.toggle("two", this.panes.length === 2);
    if (this.panes.length === 2) this.tag();
  }

  // Which is which, and how many nodes differ.
  tag() {
    this.panes.forEach((pane, side) => {
      const counts = [0, 0, 0, 0], tag = pane.element.appendChild(document.createElement("div"));
      pane.graph.nodes.mark.forEach((mark) => { ++counts[mark]; });
      tag.className = "tag";
      tag.appendChild(document.createElement("b")).textContent = side === 0 ? "before" : "after";
      tag.append(side === 0 ? `${counts[kRemoved]} removed, ${counts[kChanged]} changed` : `${counts[kAdded]} added, ${counts[kChanged]} changed`);
    });
  }

  heatButtons() {
    const host = document.getElementById("heat");
    this.heats = kHeatNames.map((name, heat) => {
      const button = host.appendChild(document.createElement("button"));
      button.textContent = name;
      button.setAttribute("role", "radio");
      button.title = `Colour by ${name.toLowerCase()} (${heat})`;
      button.disabled = heat > 0 && !this.panes.some((pane) => pane.graph.total(kHeatCosts[heat]) > 0);
      if (heat === 1 && button.disabled) button.title = "rivulet view --profile measures times";
      button.onclick = () => this.setHeat(heat);
      return button;
    });
  }

  setHeat(heat) {
    if (this.heats[heat].disabled) return;
    this.heats.forEach((button, i) => button.setAttribute("aria-checked", i === heat));
    for (const pane of this.panes) { pane.heat = heat; pane.draw(); }
    this.heat = heat;
    this.legend();
  }

  legend() {
    const legend = document.getElementById("legend");
    legend.replaceChildren();
    const entry = (color, text) => {
      const span = legend.appendChild(document.createElement("span"));
      span.appendChild(document.createElement("i")).style.background = color;
      span.append(text);
    };
    if (this.panes.length === 2) ["changed", "added", "removed"].forEach((name, i) => entry(this.look.marks[i + 1], name));
    if (this.heat === 0) {
      const seen = new Set();
      for (const {graph} of this.panes) graph.families.forEach((family) => seen.add(family));
      this.data.familyNames.forEach((name, family) => { if (seen.has(family)) entry(this.look.families[family], name); });
      return;
    }
    legend.append(`share of all ${kHeatNames[this.heat].toLowerCase()}: 0 %`);
    const ramp = legend.appendChild(document.createElement("span"));
    ramp.className = "ramp";
    ramp.style.background = `linear-gradient(90deg, ${[0, 0.03, 0.1, 0.3, 0.6, 1].map((part) => `${this.look.heat(part).fill} ${part * 100}%`)})`;
    legend.append("100 %");
  }

  setTheme(isDark) {
    document.documentElement.classList.toggle("dark", isDark);
    this.isDark = isDark;
  }

  switchTheme() {
    this.setTheme(!this.isDark);
    this.look.read();
    for (const pane of this.panes) pane.draw();
    this.legend();
    this.panel.show(this.active, this.active.selected);
  }

  tools() {
    const on = (id, action) => { document.getElementById(id).onclick = action; };
    on("closer", () => this.active.zoom(1.35));
    on("farther", () => this.active.zoom(1 / 1.35));
    on("fit", () => { for (const pane of this.panes) pane.fit(); });
    on("theme", () => this.switchTheme());
    on("help", () => document.getElementById("keys").showModal());
  }

  other(pane) { return this.panes.find((at) => at !== pane); }

  // From a pane: something was selected there.
  selected(pane, item) {
    this.active = pane;
    this.panel.show(pane, item);
    this.say(pane.graph, item);
    const other = this.other(pane);
    if (!other) return;
    const twin = item < 0 ? -1 : other.graph.find(pane.graph.key(item));
    if (twin >= 0) {
      other.reveal(twin, true);
      other.moveTo(this.beside(other, twin, pane, item));
    } else {
      other.select(-1, true);
    }
  }

  // The camera that shows `twin` at the height at which the other pane shows its item.
  beside(other, twin, pane, item) {
    const box = other.boxOf(other.graph.visible(twin)), old = pane.boxOf(pane.graph.visible(item));
    const camera = pane.aim();
    return {x: box.x + box.w / 2 - (old.x + old.w / 2 - camera.x), y: box.y - (old.y - camera.y), k: camera.k};
  }

  toggled(pane, item, isOpen) {
    const other = this.other(pane);
    const twin = other ? other.graph.find(pane.graph.key(item)) : -1;
    if (twin >= 0) other.setOpen(twin, isOpen, true);
  }

  moved(pane) {
    const other = this.other(pane);
    if (!other) return;
    const at = pane.hit(pane.camera.x, pane.camera.y), twin = at < 0 ? -1 : other.graph.find(pane.graph.key(at));
    if (twin < 0 || !other.boxOf(twin)) {
      other.camera.k = pane.camera.k;
    } else {
      Object.assign(other.camera, this.beside(other, twin, pane, at));
    }
    other.draw();
  }

  goTo(pane, item) {
    this.active = pane;
    pane.reveal(item);
    const shown = pane.graph.isGroup(item) ? item : pane.graph.shown(item);
    if (shown !== item) this.panel.show(pane, item);
  }

  say(graph, item) {
    const text = item < 0 ? "nothing selected" : graph.isGroup(item)
      ? `scope ${graph.path(item)}, ${graph.group(item).sub}` : `${graph.op(item)} ${graph.path(item)}, ${graph.facts(item).join(", ")}`;
    document.getElementById("said").textContent = text;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("keys").open) return;
    if (event.target.closest("input, button") && (event.key === "Enter" || event.key === " ")) return;
    const pane = this.active, selected = pane.selected;
    const actions = {
      "/": () => this.search.focus(), "?": () => document.getElementById("keys").showModal(),
      ArrowUp: () => pane.walk(0, -1), ArrowDown: () => pane.walk(0, 1), ArrowLeft: () => pane.walk(-1, 0), ArrowRight: () => pane.walk(1, 0),
      Enter: () => pane.activate(pane.graph.visible(selected)), " ": () => pane.activate(pane.graph.visible(selected)),
      Backspace: () => this.goAround(pane), Escape: () => pane.select(-1),
      f: () => this.fit(pane), "+": () => pane.zoom(1.35), "=": () => pane.zoom(1.35), "-": () => pane.zoom(1 / 1.35),
      e: () => this.openBelow(pane, true), c: () => this.openBelow(pane, false), t: () => this.switchTheme(),
    };
    for (let heat = 0; heat < kHeatNames.length; ++heat) actions[heat] = () => this.setHeat(heat);
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (!action || (selected < 0 && (event.key === "Enter" || event.key === " "))) return;
    action();
    event.preventDefault();
  }

  goAround(pane) {
    const around = pane.selected < 0 ? -1 : pane.graph.parent(pane.graph.visible(pane.selected));
    if (around > pane.graph.whole) { pane.select(around); pane.goTo(around); }
  }

  // All; again at once, the selection.
  fit(pane) {
    const now = performance.now();
    if (pane.selected >= 0 && now - (this.fitted || 0) < 1500) pane.fitItem(pane.selected);
    else for (const each of this.panes) each.fit();
    this.fitted = now;
  }

  openBelow(pane, isOpen) {
    const item = pane.selected >= 0 && pane.graph.isGroup(pane.selected) ? pane.selected : pane.graph.whole;
    pane.setOpenBelow(item, isOpen);
    if (item === pane.graph.whole) pane.fit(); else pane.goTo(item);
  }
}

window.rivuletView = new App();
