// Colours and texts.

const kHeatNames = ["Operator", "Time", "Arithmetic", "Bytes", "Weights"];
const kHeatCosts = [-1, kTime, kFlops, kBytes, kWeightBytes];

class Look {
  constructor() {
    this.widths = new Map();
    this.meter = document.createElement("canvas").getContext("2d");
    this.read();
  }

  // From the style sheet, so that it is the one place where colours are.
  read() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    for (const name of ["back", "surface", "line", "hair", "text", "muted", "faint", "accent", "edge", "into", "out-of"]) this[name] = color(name);
    this.scope = (alpha) => `rgba(${color("scope")}, ${alpha})`;
    this.scopes = [0.05, 0.09].map(this.scope);
    this.marks = [null, color("changed"), color("added"), color("removed")];
    this.families = Array.from({length: 11}, (_, i) => color(`f${i}`));
    this.ramp = [0, 1, 2, 3, 4].map((i) => rgb(color(`heat${i}`)));
    this.font = color("font");
    this.isDark = document.documentElement.classList.contains("dark");
  }

  // The colour of a part of the whole, 0 to 1; small parts can still be told apart.
  heat(part) {
    const at = Math.min(Math.pow(part, 0.45), 1) * 4, from = Math.min(Math.floor(at), 3), t = at - from;
    const mixed = this.ramp[from].map((v, i) => Math.round(v + (this.ramp[from + 1][i] - v) * t));
    return {fill: `rgb(${mixed})`, isStrong: at > 2.6};
  }

  width(text, font) {
    const key = font + text;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 50000) this.widths.clear();
      this.meter.font = font;
      this.widths.set(key, width = this.meter.measureText(text).width);
    }
    return width;
  }

  // Cut in the middle, where names differ least.
  fit(text, font, room) {
    if (this.width(text, font) <= room) return text;
    let low = 0, high = text.length;
    while (low < high) {
      const keep = (low + high + 1) >> 1;
      if (this.width(cutTo(text, keep), font) <= room) low = keep; else high = keep - 1;
    }
    return low > 0 ? cutTo(text, low) : "";
  }
}

function cutTo(text, keep) {
  const head = Math.ceil(keep * 0.6);
  return `${text.slice(0, head)}…${text.slice(text.length - (keep - head))}`;
}

function rgb(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); }

// Short enough for an edge: most tensors are floats.
function edgeText(fact) { return fact.replace(/^float32 /, ""); }

function percent(part) { return part >= 0.0995 ? `${(part * 100).toFixed(0)} %` : part >= 0.0005 ? `${(part * 100).toFixed(1)} %` : ""; }
