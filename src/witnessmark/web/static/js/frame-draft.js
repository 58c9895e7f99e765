// What is being drawn, kept in this browser until it is saved: a lost connection or an ended session loses nothing.
export class Draft {
  constructor(name) {
    this.name = `draft ${name}`;
    const kept = JSON.parse(localStorage.getItem(this.name) || "{}");
    this.points = kept.points || [];
    this.edits = kept.edits || [];
    this.tool = kept.tool || null;
    this.fov = kept.fov || "";
  }

  keep(more) {
    Object.assign(this, more);
    const { points, edits, tool, fov } = this;
    localStorage.setItem(this.name, JSON.stringify({ points, edits, tool, fov }));
  }

  forget() {
    this.points = [];
    this.edits = [];
    localStorage.removeItem(this.name);
  }
}

export async function ask(path, fields) {
  let answer;
  try {
    const headers = { "x-csrf-token": document.body.dataset.csrf, accept: "application/json" };
    answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), headers });
  } catch (error) {
    throw new Error(`The desk does not answer (${error.message}). What you drew is kept here; try again.`);
  }
  const said = await answer.json();
  if (answer.status === 401) throw new Error("Your session has ended. Sign in again in another tab, load this page anew, and save: what you drew is kept.");
  if (answer.status === 403) throw new Error(`${said.what} ${said.do} What you drew is kept.`);
  if (!answer.ok) throw new Error(`${said.what} ${said.do}`);
  return said;
}
