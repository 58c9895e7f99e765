// <file-upload>: sends a file piece by piece, so that a cut connection costs one piece; the form alone works as well.
const PIECE_BYTES = 8 * 1024 * 1024;

class FileUpload extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.state = this.querySelector("[data-state]");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send().catch((error) => this.tell(error.message));
    });
  }

  tell(text, done) {
    this.state.textContent = text;
    if (done !== undefined) {
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = done;
      bar.setAttribute("aria-label", text);
      this.state.append(" ", bar);
    }
  }

  async ask(path, options = {}) {
    const headers = { "x-csrf-token": document.body.dataset.csrf, accept: "application/json", ...options.headers };
    const answer = await fetch(`${this.dataset.base}/${path}`, { ...options, headers });
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${said.what} ${said.do}`), { status: answer.status });
    return said;
  }

  async send() {
    const fields = new FormData(this.form);
    const file = fields.get("file");
    const about = new URLSearchParams({ name: file.name, size_bytes: file.size, method: fields.get("method"), url: fields.get("url") });
    const button = this.form.querySelector("button");
    button.disabled = true;
    try {
      let { id, offset } = await this.ask("begin", { method: "POST", body: about });
      let tries = 0;
      while (offset < file.size) {
        this.tell(`${file.name}: ${Math.round((100 * offset) / file.size)} %`, offset / file.size);
        try {
          ({ offset } = await this.ask(`${id}?offset=${offset}`, { method: "PUT", body: file.slice(offset, offset + PIECE_BYTES) }));
          tries = 0;
        } catch (error) {
          if (error.status && error.status !== 409) throw error;
          tries += 1;
          if (tries > 8) throw error;
          await new Promise((go) => setTimeout(go, 500 * 2 ** tries));
          ({ offset } = await this.ask(id));
        }
      }
      this.tell(`${file.name}: 100 %`, 1);
      location.href = (await this.ask(`${id}/finish`, { method: "POST" })).next;
    } finally {
      button.disabled = false;
    }
  }
}

customElements.define("file-upload", FileUpload);
