// <frame-marks>: draw on a frame in its own pixels. Every point can be typed; what is drawn is kept until it is saved.
import { TOOLS, bodyOf, pointsOf } from "./frame-tools.js";
import { Draft, ask } from "./frame-draft.js";

const SVG = "http://www.w3.org/2000/svg";
const svg = (name, attributes = {}) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

class FrameMarks extends HTMLElement {
  connectedCallback() {
    this.width = Number(this.dataset.widthPx);
    this.height = Number(this.dataset.heightPx);
    this.here = this.dataset.here;
    this.stage = this.querySelector(".frame-stage");
    this.layer = svg("svg", { viewBox: `0 0 ${this.width} ${this.height}`, class: "frame-layer", tabindex: "0", role: "application" });
    this.layer.setAttribute("aria-label", "Frame to be marked: click points, or move the cross with the arrows and press Enter");
    this.stage.append(this.layer);
    this.view = { x: 0, y: 0, w: this.width, h: this.height };
    this.cross = [this.width / 2, this.height / 2];
    this.saved = [];
    this.draft = new Draft(`${this.here}@${this.dataset.atS}`);
    this.line = null;
    if ("mayMark" in this.dataset) this.wire();
    this.draw();
    this.load();
  }

  async load() {
    const answer = await fetch(`${this.here}/marks?at_s=${this.dataset.atS}`, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    this.saved = await answer.json();
    this.draw();
  }

  wire() {
    this.hint = this.querySelector("[data-hint]");
    this.rows = this.querySelector("[data-points]");
    this.fov = this.querySelector("[data-fov]");
    this.sigma = this.querySelector("[data-sigma]");
    for (const hidden of this.querySelectorAll("[data-tools], [data-side]")) hidden.hidden = false;
    const tool = this.querySelector(`input[value="${this.draft.tool || "line"}"]`);
    if (tool) tool.checked = true;
    this.addEventListener("change", (event) => {
      if (event.target.name === "tool") this.choose();
      if (event.target === this.fov) this.draft.keep({ fov: this.fov.value });
    });
    this.fov.value = this.draft.fov || "";
    this.addEventListener("click", (event) => {
      const act = event.target.dataset && event.target.dataset.do;
      if (act) this.act(act);
    });
    this.layer.addEventListener("pointerdown", (event) => this.press(event));
    this.layer.addEventListener("pointermove", (event) => this.move(event));
    this.layer.addEventListener("pointerup", () => (this.held = null));
    this.layer.addEventListener("keydown", (event) => this.key(event));
    this.layer.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.at(event));
    }, { passive: false });
    this.choose();
    if (this.draft.points.length || this.draft.edits.length) this.tell("What you drew here before is still there; it is not saved yet.");
  }

  get tool() {
    const chosen = this.querySelector("input[name=tool]:checked");
    return chosen ? { name: chosen.value, kind: chosen.dataset.kind, line: chosen.dataset.line, ...TOOLS[chosen.value] } : null;
  }

  choose() {
    const before = this.draft.tool;
    const tool = this.tool;
    if (!tool) return;
    if (before && before !== tool.name && this.draft.points.length) this.finish();
    this.draft.keep({ tool: tool.name });
    this.chosen = this.draft.points.length - 1;
    this.tell(tool.hint);
    this.draw();
  }

  tell(text, bad = false) {
    if (!this.hint) return;
    this.hint.textContent = text;
    this.hint.className = bad ? "bad" : "";
  }

  at(event) {
    const box = this.layer.getBoundingClientRect();
    const scale = Math.min(box.width / this.view.w, box.height / this.view.h);
    const left = (box.width - scale * this.view.w) / 2;
    const top = (box.height - scale * this.view.h) / 2;
    const x = this.view.x + (event.clientX - box.left - left) / scale;
    const y = this.view.y + (event.clientY - box.top - top) / scale;
    return [this.clip(x, this.width), this.clip(y, this.height)];
  }

  clip(value, most) {
    return Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
  }

  press(event) {
    const tool = this.tool;
    if (!tool || event.button > 0) return;
    this.layer.focus();
    this.layer.setPointerCapture(event.pointerId);
    const at = this.at(event);
    const near = this.draft.points.findIndex((point) => Math.hypot(point[0] - at[0], point[1] - at[1]) < this.view.w / 80);
    if (near >= 0) {
      this.held = near;
      this.chosen = near;
    } else {
      this.add(at);
      this.held = tool.drag ? "stroke" : this.chosen;
    }
    event.preventDefault();
  }

  move(event) {
    if (this.held === null || this.held === undefined) return;
    const at = this.at(event);
    if (this.held === "stroke") {
      const last = this.draft.points.at(-1);
      if (!last || Math.hypot(last[0] - at[0], last[1] - at[1]) > this.view.w / 100) this.add(at);
      return;
    }
    this.draft.points[this.held] = at;
    this.changed();
  }

  key(event) {
    const step = event.shiftKey ? 10 : 1;
    const arrows = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in arrows) {
      const [dx, dy] = arrows[event.key];
      const held = event.altKey ? this.cross : this.draft.points[this.chosen] || this.cross;
      held[0] = this.clip(held[0] + dx, this.width);
      held[1] = this.clip(held[1] + dy, this.height);
      if (held !== this.cross) this.cross = [...held];
      this.changed();
    } else if (event.key === "Enter") {
      this.add([...this.cross]);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      this.act("undo");
    } else if (event.key === "Escape") {
      this.chosen = -1;
      this.draw();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      this.act("undo");
    } else {
      return;
    }
    event.preventDefault();
  }

  add(point) {
    const tool = this.tool;
    if (!tool) return;
    if (tool.points && this.draft.points.length >= tool.points) this.draft.points.length = 0;
    this.draft.points.push(point);
    this.chosen = this.draft.points.length - 1;
    this.cross = [...point];
    this.changed();
    if (tool.points === this.draft.points.length) this.tell(`${tool.done} Save it, or move its points.`);
  }

  changed() {
    this.draft.keep({});
    this.draw();
  }

  act(what) {
    if (what === "undo") {
      if (this.draft.points.length) this.draft.points.pop();
      else if (this.draft.edits.pop()) this.propose();
      this.chosen = this.draft.points.length - 1;
      this.changed();
    } else if (what === "finish") this.finish();
    else if (what === "propose") this.propose();
    else if (what === "zoom-in") this.zoom(0.7, this.cross);
    else if (what === "zoom-out") this.zoom(1.43, this.cross);
    else if (what === "clear") {
      this.draft.forget();
      this.line = null;
      this.draw();
    } else if (what === "save" || what === "save-run") this.save(what === "save-run");
  }

  finish() {
    const tool = TOOLS[this.draft.tool] || {};
    if (!tool.edit || !this.draft.points.length) return;
    if (this.draft.points.length < (tool.least || 1)) return this.tell(`It needs ${tool.least} points.`, true);
    this.draft.edits.push(tool.edit(this.draft.points));
    this.draft.points.length = 0;
    this.changed();
    this.propose();
  }

  async propose() {
    this.tell("Working out the line ...");
    try {
      this.line = await ask(`${this.here}/skyline`, { at_s: this.dataset.atS, edits: JSON.stringify(this.draft.edits), hfov_deg: this.fov.value });
      const points = this.line.skyline_px || [];
      this.tell(points.length ? `A line of ${points.length} points. Correct it, or save it.` : `No line: ${this.line.abstained}`);
      this.draw();
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  async save(run) {
    const tool = this.tool;
    if (!tool) return this.tell("Choose what to mark first.", true);
    try {
      if (tool.edit) {
        this.finish();
        await this.propose();
        if (!this.line || !(this.line.skyline_px || []).length) return;
      } else if (this.draft.points.length < (tool.points || tool.least || 1)) {
        return this.tell(`It needs ${tool.points || tool.least} points.`, true);
      }
      const body = bodyOf(tool, this.draft.points, this.line, Number(this.sigma.value), this.draft.edits);
      const form = { kind: tool.kind, body: JSON.stringify(body), at_pts_s: this.dataset.atS, run: run ? tool.line : "" };
      const made = await ask(`${this.here}/marks`, form);
      this.draft.forget();
      location.href = run ? `${this.here}#work` : `${location.pathname}?at_s=${this.dataset.atS}&mark=${made.id}`;
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  zoom(by, about) {
    const view = this.view;
    const w = Math.min(this.width, Math.max(view.w * by, 40));
    const h = (w / this.width) * this.height;
    const x = Math.min(Math.max(about[0] - (about[0] - view.x) * (w / view.w), 0), this.width - w);
    const y = Math.min(Math.max(about[1] - (about[1] - view.y) * (h / view.h), 0), this.height - h);
    this.view = { x, y, w, h };
    this.draw();
  }

  draw() {
    const { x, y, w, h } = this.view;
    this.layer.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
    const scale = this.width / w;
    const image = this.stage.querySelector("img");
    image.style.transformOrigin = "0 0";
    image.style.transform = `scale(${scale}) translate(${(-100 * x) / this.width}%, ${(-100 * y) / this.height}%)`;
    const thick = w / 500;
    const shapes = [];
    for (const mark of this.saved) {
      for (const line of pointsOf(mark)) shapes.push(this.polyline(line, `saved${mark.id === this.dataset.chosen ? " chosen" : ""}`, thick));
    }
    if (this.line) shapes.push(this.polyline(this.line.skyline_px || [], "proposed", thick));
    for (const span of (this.line && this.line.ignore_px) || []) {
      shapes.push(svg("rect", { class: "ignored", x: span[0], y: 0, width: Math.max(span[1] - span[0], 1), height: this.height }));
    }
    if (this.rows) {
      shapes.push(this.polyline(this.draft.points, "drawing", 1.4 * thick));
      this.draft.points.forEach((point, index) => {
        shapes.push(svg("circle", { cx: point[0], cy: point[1], r: 3.2 * thick, class: index === this.chosen ? "point chosen" : "point", "stroke-width": thick }));
      });
      const [cx, cy] = this.cross;
      const arm = 8 * thick;
      shapes.push(svg("path", { class: "cross", "stroke-width": thick, d: `M${cx - arm} ${cy}h${2 * arm}M${cx} ${cy - arm}v${2 * arm}` }));
      this.table();
    }
    this.layer.replaceChildren(...shapes);
  }

  polyline(points, kind, thick) {
    return svg("polyline", { points: points.map((point) => point.join(",")).join(" "), class: `line ${kind}`, "stroke-width": thick });
  }

  table() {
    if (this.rows.contains(document.activeElement) && this.rows.children.length === this.draft.points.length) return;
    const names = (this.tool && this.tool.names) || [];
    this.rows.replaceChildren(
      ...this.draft.points.map((point, index) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = names[index] || `${index + 1}`;
        row.append(head);
        for (const axis of [0, 1]) {
          const cell = document.createElement("td");
          const field = document.createElement("input");
          Object.assign(field, { type: "number", step: "0.1", value: point[axis] });
          field.setAttribute("aria-label", `${axis ? "y" : "x"} of point ${head.textContent}`);
          field.addEventListener("input", () => {
            point[axis] = this.clip(Number(field.value), axis ? this.height : this.width);
            this.chosen = index;
            this.changed();
          });
          cell.append(field);
          row.append(cell);
        }
        const cell = document.createElement("td");
        const drop = document.createElement("button");
        Object.assign(drop, { type: "button", className: "quiet", textContent: "Remove" });
        drop.setAttribute("aria-label", `Remove point ${head.textContent}`);
        drop.addEventListener("click", () => {
          this.draft.points.splice(index, 1);
          this.chosen = -1;
          this.changed();
        });
        cell.append(drop);
        row.append(cell);
        return row;
      }),
    );
  }
}

customElements.define("frame-marks", FrameMarks);
