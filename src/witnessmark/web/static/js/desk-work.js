// <desk-work>: the work going on, followed by server-sent events; without scripts the list is as the page was made.
class DeskWork extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ul");
    this.busy = this.list.querySelector(".running, .waiting") !== null;
    this.source = new EventSource(this.dataset.events);
    this.source.addEventListener("work", (event) => this.show(JSON.parse(event.data)));
  }

  disconnectedCallback() {
    this.source.close();
  }

  show(pieces) {
    const now = pieces.some((piece) => piece.state === "running" || piece.state === "waiting");
    this.list.replaceChildren(...pieces.slice(0, 6).map((piece) => this.row(piece)));
    if (this.busy && !now) {
      this.source.close();
      this.dispatchEvent(new CustomEvent("desk-work-done", { bubbles: true, detail: pieces }));
      const again = document.createElement("a");
      again.href = location.pathname + location.search;
      again.textContent = "The page has changed: show it anew";
      again.className = "button";
      this.append(again);
    }
    this.busy = now;
  }

  row(piece) {
    const row = document.createElement("li");
    row.className = piece.state;
    const what = document.createElement("span");
    what.className = "what";
    what.textContent = piece.title;
    row.append(what, " ");
    if (piece.state === "running") {
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = piece.done;
      bar.setAttribute("aria-label", piece.title);
      row.append(bar, " ");
    }
    const now = document.createElement("span");
    now.className = piece.state === "failed" ? "bad" : "now";
    const answer = piece.answer || {};
    now.textContent = piece.state === "failed" ? `${answer.what} ${answer.do}` : piece.state === "running" ? piece.what : piece.state;
    row.append(now);
    return row;
  }
}

customElements.define("desk-work", DeskWork);
