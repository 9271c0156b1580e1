// Finds nodes and scopes by parts of their names, and operators.

const kMostFound = 60;

class Search {
  constructor(panes, go) {
    Object.assign(this, {panes, go, found: [], at: -1});
    this.input = document.getElementById("query");
    this.list = document.getElementById("found");
    this.input.addEventListener("input", () => this.update());
    this.input.addEventListener("focus", () => { if (this.input.value) this.update(); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#finder")) this.close(); });
  }

  focus() { this.input.focus(); this.input.select(); }

  ask(text) {
    this.input.value = text;
    this.input.focus();
    this.update();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  // All words must occur in the path or the operator's name; exact and short ones come first.
  match(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean), found = [];
    let count = 0;
    if (!words.length) return {found, count};
    this.panes.forEach((pane, side) => {
      const graph = pane.graph, total = graph.size + graph.groups.length;
      if (!pane.searched) {
        pane.searched = new Array(total);
        for (let item = 0; item < total; ++item)
          pane.searched[item] = (graph.path(item) + (graph.isGroup(item) ? "/" : ` ${graph.op(item)}`)).toLowerCase();
      }
      for (let item = 0; item < total; ++item) {
        if (item === graph.whole || !words.every((word) => pane.searched[item].includes(word))) continue;
        if (side > 0 && this.panes[0].graph.find(graph.key(item)) >= 0) continue;
        ++count;
        const label = graph.label(item).toLowerCase(), op = graph.isGroup(item) ? "" : graph.op(item).toLowerCase();
        const near = label === words[0] ? 0 : op === words[0] ? 1 : label.startsWith(words[0]) ? 2 : label.includes(words[0]) ? 3 : 4;
        const rank = near + (!graph.isGroup(item) && graph.nodes.folded[item] ? 5 : 0);  // what is only on cards comes last
        found.push({pane, item, rank});
      }
    });
    found.sort((a, b) => a.rank - b.rank || a.item - b.item);
    return {found: found.slice(0, kMostFound), count, words};
  }

  update() {
    const {found, count, words} = this.match(this.input.value);
    this.found = found;
    this.at = found.length ? 0 : -1;
    this.list.replaceChildren();
    found.forEach(({pane, item}, i) => this.line(pane.graph, item, i, words));
    if (!found.length || count > found.length) {
      const note = this.list.appendChild(document.createElement("li"));
      note.className = "note";
      note.textContent = found.length ? `and ${count - found.length} more` : this.input.value ? "Nothing is called that" : "Type a name or an operator";
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  line(graph, item, i, words) {
    const line = this.list.appendChild(document.createElement("li"));
    line.setAttribute("role", "option");
    line.id = `found${i}`;
    const name = line.appendChild(document.createElement("span"));
    name.className = "name";
    const path = name.appendChild(document.createElement("bdi"));
    highlight(path, graph.path(item) + (graph.isGroup(item) ? "/" : ""), words);
    const op = line.appendChild(document.createElement("span"));
    op.className = "op";
    op.textContent = graph.isGroup(item) ? graph.group(item).sub : graph.op(item);
    line.addEventListener("click", () => { this.at = i; this.choose(); });
  }

  mark() {
    [...this.list.children].forEach((line, i) => line.setAttribute("aria-selected", i === this.at));
    this.input.setAttribute("aria-activedescendant", this.at < 0 ? "" : `found${this.at}`);
    if (this.at >= 0) this.list.children[this.at].scrollIntoView({block: "nearest"});
  }

  choose() {
    if (this.at < 0) return;
    const {pane, item} = this.found[this.at];
    this.go(pane, item);
    this.close();
    pane.canvas.focus({preventScroll: true});
  }

  key(event) {
    if (event.key === "Escape") {
      this.close();
      this.panes[0].canvas.focus();
    } else if (event.key === "Enter") {
      this.choose();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (this.found.length) this.at = (this.at + step + this.found.length) % this.found.length;
      this.mark();
      event.preventDefault();
    }
    event.stopPropagation();
  }
}

function highlight(element, text, words) {
  const lower = text.toLowerCase();
  let at = 0;
  while (at < text.length) {
    let next = -1, length = 0;
    for (const word of words) {
      const found = lower.indexOf(word, at);
      if (found >= 0 && (next < 0 || found < next)) { next = found; length = word.length; }
    }
    if (next < 0) break;
    element.append(text.slice(at, next));
    element.appendChild(document.createElement("mark")).textContent = text.slice(next, next + length);
    at = next + length;
  }
  element.append(text.slice(at));
}
